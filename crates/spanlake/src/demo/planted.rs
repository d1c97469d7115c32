//! The catalogue of planted faults as written to `faults.json`.

use chrono::{DateTime, SecondsFormat};
use serde::Serialize;

use super::{
    calendar::{Calendar, DAY},
    faults::{Fault, FaultSet, rate},
    people::FAULT_TENANT,
    registry::Flow,
    sessions::SILENT,
};

/// A planted fault.
#[derive(Clone, Debug, Serialize)]
pub struct PlantedFault {
    /// Name as in `--faults`.
    pub id: &'static str,
    /// What it is, in a sentence.
    pub title: &'static str,
    /// Workflow it is in; none if in all.
    pub workflow: Option<&'static str>,
    /// Prompt it came with.
    pub prompt_name: Option<&'static str>,
    /// Prompt version it came with.
    pub prompt_version: Option<&'static str>,
    /// Tenant it is confined to.
    pub tenant: Option<&'static str>,
    /// First instant, RFC 3339.
    pub start: String,
    /// Instant after the last, RFC 3339.
    pub end: String,
    /// Metric that moves.
    pub metric: &'static str,
    /// How.
    pub expected_effect: Effect,
    /// SQL that shows it.
    pub how_to_see: String,
}

/// How a metric moves; shares are 0 to 1.
#[derive(Clone, Debug, Serialize)]
pub struct Effect {
    /// Value without the fault.
    pub baseline: f64,
    /// Value where the fault acts.
    pub planted: f64,
    /// What the two numbers are.
    pub note: &'static str,
}

pub(super) fn catalogue(calendar: &Calendar, faults: FaultSet) -> Vec<PlantedFault> {
    Fault::ALL
        .into_iter()
        .filter(|fault| faults.has(*fault))
        .map(|fault| describe(calendar, fault))
        .collect()
}

fn describe(calendar: &Calendar, fault: Fault) -> PlantedFault {
    let (start, end) = calendar.window(fault);
    let flow = flow(fault);
    let has_release = matches!(
        fault,
        Fault::ParseFailures | Fault::FaithfulnessTenant | Fault::CostJump | Fault::ToolArguments
    );
    let released = flow.filter(|_| has_release);
    let (title, metric, expected_effect) = story(fault);
    PlantedFault {
        id: fault.name(),
        title,
        workflow: flow.map(Flow::workflow),
        prompt_name: released.map(Flow::prompt),
        prompt_version: released
            .and_then(|flow| flow.versions().last().map(|version| version.name)),
        tenant: (fault == Fault::FaithfulnessTenant).then_some(FAULT_TENANT),
        start: rfc3339(start),
        end: rfc3339(end),
        metric,
        expected_effect,
        how_to_see: sql(calendar, fault),
    }
}

fn flow(fault: Fault) -> Option<Flow> {
    match fault {
        Fault::ParseFailures => Some(Flow::Invoice),
        Fault::FaithfulnessTenant | Fault::IndexChange => Some(Flow::Support),
        Fault::SlowDrift => Some(Flow::Intent),
        Fault::CostJump => Some(Flow::Summary),
        Fault::ToolArguments | Fault::GuardrailOpen | Fault::PartialSpans => Some(Flow::Agent),
        Fault::SilentWorkflow => Some(SILENT),
        Fault::SecretsInPrompts | Fault::LateSpans | Fault::DuplicateSpans => None,
    }
}

/// Title, metric and effect.
fn story(fault: Fault) -> (&'static str, &'static str, Effect) {
    let effect = |baseline, planted, note| Effect { baseline, planted, note };
    match fault {
        Fault::ParseFailures => (
            "a release whose JSON output fails to parse more often: fenced, wrapped in prose, cut off, trailing commas",
            "parse_failure_rate",
            effect(rate::PARSE, rate::PARSE_PLANTED, "share of outputs that are not strict JSON"),
        ),
        Fault::FaithfulnessTenant => (
            "a release that invents facts in its answers for one tenant",
            "faithfulness",
            effect(
                rate::UNFAITHFUL,
                rate::UNFAITHFUL_PLANTED,
                "share of answers with an invented sentence",
            ),
        ),
        Fault::SlowDrift => (
            "more complaints and longer messages, a little every day for two weeks",
            "drift",
            effect(
                0.07,
                0.31,
                "share of messages whose intent is complaint, at the start and at the end",
            ),
        ),
        Fault::CostJump => (
            "a release with worked examples in its prompt, at about four times the input tokens",
            "cost_usd",
            effect(1.0, 2.0, "average cost of a trace against the version before, about"),
        ),
        Fault::ToolArguments => (
            "a release whose tool arguments break their schema, rolled back after 36 hours",
            "tool_argument_failure_rate",
            effect(
                rate::TOOL_ARGUMENTS,
                rate::TOOL_ARGUMENTS_PLANTED,
                "share of tool calls of the version",
            ),
        ),
        Fault::GuardrailOpen => (
            "guardrail checks that time out and let the text through",
            "guardrail_open_rate",
            effect(0.0, rate::GUARDRAIL_OPEN_PLANTED, "share of checks whose outcome is error"),
        ),
        Fault::IndexChange => (
            "a new version of the search index that finds nothing or the wrong articles more often; more answers give up",
            "empty_retrieval_rate",
            effect(
                rate::EMPTY,
                rate::EMPTY_PLANTED,
                "share of retrievals without a document; off-topic ones rise from 0.01 to 0.12",
            ),
        ),
        Fault::SilentWorkflow => (
            "a workflow that stops sending",
            "volume",
            effect(1.0, 0.0, "traces against the usual number"),
        ),
        Fault::SecretsInPrompts => (
            "keys, tokens, passwords, emails, phones and cards in what users type",
            "redactions",
            effect(0.0, rate::SECRETS_PLANTED, "share of traces whose input carries one"),
        ),
        Fault::LateSpans => (
            "spans that arrive 6 to 40 hours after their end",
            "late_spans",
            effect(0.0, rate::LATE_PLANTED, "share of spans"),
        ),
        Fault::DuplicateSpans => (
            "requests sent again byte by byte after a lost acknowledgement",
            "duplicate_spans",
            effect(
                0.0,
                rate::DUPLICATE_PLANTED,
                "share of requests; the store must show each span once",
            ),
        ),
        Fault::PartialSpans => (
            "agent runs exported at their start and again, complete, at their end",
            "partial_spans",
            effect(
                0.0,
                rate::PARTIAL_PLANTED,
                "share of agent runs; the store must show the complete one",
            ),
        ),
    }
}

/// The statement that shows a fault; `{from}` and `{week}` are dates.
fn sql(calendar: &Calendar, fault: Fault) -> String {
    let pattern = match fault {
        Fault::ParseFailures => {
            "select prompt_version, count(*) n, avg(case when parse_status like 'ok%' then 0.0 else 1.0 end) failing \
             from spans where prompt_name = 'invoice-extractor' and kind = 'llm' and parse_status is not null \
             and date >= date '{before}' group by 1 order by 1"
        }
        Fault::FaithfulnessTenant => {
            "select e.tenant_id, e.prompt_version, count(*) n, avg(e.score) faithfulness from evals e \
             where e.workflow = 'support_answers' and e.name = 'faithfulness' and e.date >= date '{week}' \
             group by 1, 2 order by 4"
        }
        Fault::SlowDrift => {
            "select s.date, count(*) n, avg(case when p.output_text like '%complaint%' then 1.0 else 0.0 end) complaints, \
             avg(s.input_tokens) input_tokens from spans s join payloads p using (trace_id, span_id) \
             where s.prompt_name = 'intent-classifier' and s.kind = 'llm' and s.date >= date '{month}' group by 1 order by 1"
        }
        Fault::CostJump => {
            "select prompt_version, count(*) n, avg(cost_usd) cost_usd, avg(input_tokens) input_tokens \
             from spans where prompt_name = 'ticket-summary' and token_role = 'leaf' and date >= date '{before}' \
             group by 1 order by 1"
        }
        Fault::ToolArguments => {
            "select prompt_version, date_trunc('hour', start_time) as hour, count(*) n, \
             avg(case when tool_args_status = 'ok' then 0.0 else 1.0 end) failing \
             from spans where workflow = 'order_agent' and kind = 'tool' and tool_args_status is not null \
             and date >= date '{week}' group by 1, 2 order by 2, 1"
        }
        Fault::GuardrailOpen => {
            "select date_trunc('hour', start_time) as hour, guardrail_name, count(*) n, \
             sum(case when guardrail_outcome = 'error' then 1 else 0 end) failed_open \
             from spans where kind = 'guardrail' and date >= date '{week}' group by 1, 2 order by 1, 2"
        }
        Fault::IndexChange => {
            "select retrieval_index_version, count(*) n, avg(case when retrieved_count = 0 then 1.0 else 0.0 end) empty \
             from spans where kind = 'retriever' group by 1 order by 1"
        }
        Fault::SilentWorkflow => {
            "select date, count(*) traces from spans where workflow = 'ticket_summary' and parent_span_id is null \
             and date >= date '{before}' group by 1 order by 1"
        }
        Fault::SecretsInPrompts => {
            "select r['class'] as class, sum(r['count']) n from \
             (select unnest(redactions) r from spans where redactions is not null) group by 1 order by 2 desc"
        }
        Fault::LateSpans => {
            "select count(*) late from spans where end_unix_nano > 0 \
             and ingest_time - to_timestamp_nanos(end_unix_nano) > interval '5 hours'"
        }
        Fault::DuplicateSpans => {
            "select count(*) n, count(distinct concat(trace_id, span_id)) distinct_spans from spans"
        }
        Fault::PartialSpans => {
            "select is_final, count(*) n from spans where workflow = 'order_agent' and parent_span_id is null group by 1"
        }
    };
    let day = |time: i64| rfc3339(time).chars().take(10).collect::<String>();
    pattern
        .replace("{week}", &day(calendar.week))
        .replace("{before}", &day(calendar.week - 7 * DAY))
        .replace("{month}", &day(calendar.start))
}

fn rfc3339(micros: i64) -> String {
    DateTime::from_timestamp_micros(micros)
        .unwrap_or_default()
        .to_rfc3339_opts(SecondsFormat::Secs, true)
}
