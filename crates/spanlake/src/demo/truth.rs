//! What the generator did, counted as it did it: the reference for tests and for `faults.json`.

use std::collections::BTreeMap;

use serde::Serialize;

/// Where counts belong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct TruthKey {
    /// Workflow.
    pub workflow: &'static str,
    /// Prompt version.
    pub prompt_version: &'static str,
    /// Tenant.
    pub tenant: &'static str,
    /// Whether the trace started in the last complete ISO week.
    pub last_week: bool,
}

/// Counts of what was generated, duplicates and partial exports excluded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Truth {
    /// Traces.
    pub traces: u64,
    /// Spans.
    pub spans: u64,
    /// Successful final model answers.
    pub answers: u64,
    /// Input tokens of all model calls.
    pub input_tokens: u64,
    /// Outputs that should be JSON, and those that are not strict JSON.
    pub json_outputs: u64,
    /// Outputs damaged on purpose.
    pub parse_failures: u64,
    /// Answers that have contexts and are no refusal, and those with an invented sentence.
    pub grounded_answers: u64,
    /// Answers with an invented sentence.
    pub unfaithful: u64,
    /// Tool calls with a schema.
    pub tool_calls: u64,
    /// Tool calls whose arguments break their schema.
    pub tool_argument_failures: u64,
    /// Guardrail checks.
    pub guardrail_checks: u64,
    /// Guardrail checks that erred and let the input through.
    pub guardrail_open: u64,
    /// Retrievals.
    pub retrievals: u64,
    /// Retrievals without a document.
    pub empty_retrievals: u64,
    /// Retrievals whose documents are about something else.
    pub wrong_retrievals: u64,
    /// Refusals and "could not find it".
    pub refusals: u64,
    /// Model calls that failed.
    pub failed_calls: u64,
    /// Inputs that carry a planted secret.
    pub secrets: u64,
    /// Evaluation results.
    pub evals: u64,
    /// Spans sent hours late.
    pub late_spans: u64,
    /// Spans sent once at their start and again at their end.
    pub partial_spans: u64,
}

/// Counts by workflow, version, tenant and week.
pub type TruthTable = BTreeMap<TruthKey, Truth>;
