//! Scores and labels.

use super::SpanRow;
use crate::units::{Day, Micros};

table! {
    /// One score or label on a span, trace, session or case.
    pub struct EvalRow {
        #[doc = "UTC day of `eval_time`."]
        date: Day [Plain, Delta];
        #[doc = "Content hash of the evaluation; a retried export has the same."]
        eval_id: String [Plain, Bloom];
        #[doc = "When it was made, microseconds, UTC."]
        eval_time: Micros [Plain, Delta];
        #[doc = "Trace judged."]
        trace_id: Option<String> [Plain, Bloom];
        #[doc = "Span judged; NULL for a whole trace, session or case."]
        span_id: Option<String> [Plain, Bloom];
        #[doc = "Provider's response id judged, where the evaluation names no span."]
        response_id: Option<String> [Identifier, None];
        #[doc = "Tenant."]
        tenant_id: Option<String> [Identity, None];
        #[doc = "End user."]
        user_id: Option<String> [Identity, Bloom];
        #[doc = "Session."]
        session_id: Option<String> [Identity, Bloom];
        #[doc = "Deployment environment."]
        environment: Option<String> [Identifier, Parquet];
        #[doc = "Workflow."]
        workflow: Option<String> [Identifier, Parquet];
        #[doc = "Name of the metric or label (faithfulness, correctness)."]
        name: String [Identifier, Parquet];
        #[doc = "Score."]
        score: Option<f64> [Plain, Delta];
        #[doc = "Label."]
        label: Option<String> [Text, None];
        #[doc = "Whether it passed."]
        passed: Option<bool> [Plain, Parquet];
        #[doc = "Why."]
        explanation: Option<String> [Text, None];
        #[doc = "reference, rule, model or human."]
        evaluator_type: Option<String> [Plain, Parquet];
        #[doc = "Evaluator."]
        evaluator: Option<String> [Identity, Parquet];
        #[doc = "Evaluator's version (profile@n)."]
        evaluator_version: Option<String> [Identifier, Parquet];
        #[doc = "Rubric's version."]
        rubric_version: Option<String> [Identifier, None];
        #[doc = "Evaluation run."]
        run_id: Option<String> [Identifier, None];
        #[doc = "Dataset case."]
        case_id: Option<String> [Identifier, None];
        #[doc = "Dataset."]
        dataset: Option<String> [Identifier, Parquet];
        #[doc = "Prompt name of the answer judged; where the evaluation names none, its span's."]
        prompt_name: Option<String> [Identifier, Parquet];
        #[doc = "Prompt version of the answer judged; where the evaluation names no prompt, its span's."]
        prompt_version: Option<String> [Identifier, Parquet];
        #[doc = "Whether all that it does not say was taken from what it judges; NULL as long as that may still say more."]
        span_seen: Option<bool> [Plain, Parquet];
        #[doc = "Why the answer was drawn for judging."]
        sample_reason: Option<String> [Text, None];
        #[doc = "Probability with which the answer was drawn; NULL means all were judged."]
        inclusion_probability: Option<f64> [Plain, Delta];
        #[doc = "Hash of the redaction policy applied; `none` without one."]
        policy_version: String [Plain, Parquet];
        #[doc = "Receipt, microseconds, UTC."]
        ingest_time: Micros [Plain, Delta];
        #[doc = "Version of this row."]
        row_version: i64 [Plain, Delta];
        #[doc = "Writer of this row."]
        writer_id: String [Plain, Parquet];
    }
}

impl EvalRow {
    /// Columns of a span that say what an evaluation of it, or of its trace, takes.
    pub const JUDGED: [&str; 9] = [
        "parent_span_id",
        "ingest_time",
        "tenant_id",
        "user_id",
        "session_id",
        "environment",
        "workflow",
        "prompt_name",
        "prompt_version",
    ];

    /// Days after its receipt in which a span may say more than it did: what it inherits from spans
    /// that come late.
    pub const OPEN_DAYS: i64 = 2;

    /// Takes what the evaluation does not say from a span of the trace that it judges, so that
    /// isolation, erasure and quality by prompt version need no join. A prompt is taken only where
    /// the evaluation judges that very span and names no prompt. With nothing left to take, or from
    /// a span that says no more, it has seen its span. Returns whether the evaluation changed.
    pub fn inherit(&mut self, span: &SpanRow, says_no_more: bool) -> bool {
        let (mut is_full, mut is_changed) = (true, false);
        let mut fill = |own: &mut Option<String>, theirs: &Option<String>| {
            if own.is_none() && theirs.is_some() {
                own.clone_from(theirs);
                is_changed = true;
            }
            is_full &= own.is_some();
        };
        fill(&mut self.tenant_id, &span.tenant_id);
        fill(&mut self.user_id, &span.user_id);
        fill(&mut self.session_id, &span.session_id);
        fill(&mut self.environment, &span.environment);
        fill(&mut self.workflow, &span.workflow);
        if self.span_id.is_some() && self.prompt_name.is_none() {
            self.prompt_version.clone_from(&span.prompt_version);
            fill(&mut self.prompt_name, &span.prompt_name);
        }
        if (is_full || says_no_more) && self.span_seen.is_none() {
            self.span_seen = Some(true);
            is_changed = true;
        }
        is_changed
    }
}
