use std::{
    collections::{HashMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
};

use opentelemetry_proto::tonic::{
    collector::{logs::v1::ExportLogsServiceRequest, trace::v1::ExportTraceServiceRequest},
    common::v1::any_value::Value,
    trace::v1::Span,
};
use prost::Message;

use super::*;

fn options(traces: u64, faults: FaultSet) -> DemoOptions {
    DemoOptions { traces, faults, ..DemoOptions::default() }
}

fn hash(options: DemoOptions) -> u64 {
    let mut hasher = DefaultHasher::new();
    for request in Demo::new(options).requests() {
        (request.received, &request.body).hash(&mut hasher);
    }
    hasher.finish()
}

fn spans(body: &[u8]) -> Vec<Span> {
    let request = ExportTraceServiceRequest::decode(body).unwrap();
    let scopes = request.resource_spans.into_iter().flat_map(|resource| resource.scope_spans);
    scopes.flat_map(|scope| scope.spans).collect()
}

fn text<'s>(span: &'s Span, key: &str) -> Option<&'s str> {
    let attribute = span.attributes.iter().find(|attribute| attribute.key == key)?;
    match attribute.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text),
        _ => None,
    }
}

/// Runs a demo to its end and returns what it counted.
fn truth(options: DemoOptions) -> TruthTable {
    let demo = Demo::new(options);
    let mut requests = demo.requests();
    requests.by_ref().for_each(drop);
    requests.truth().clone()
}

/// Sums two counts over the keys that `is_in` accepts.
fn share(
    truth: &TruthTable,
    is_in: impl Fn(&TruthKey) -> bool,
    counts: impl Fn(&Truth) -> (u64, u64),
) -> (u64, u64) {
    let parts = truth.iter().filter(|(key, _)| is_in(key)).map(|(_, truth)| counts(truth));
    parts.fold((0, 0), |(hits, n), (h, m)| (hits + h, n + m))
}

/// Asserts that `hits` of `n` is within 4.5 standard deviations of the rate.
#[track_caller]
fn assert_rate((hits, n): (u64, u64), rate: f64) {
    let (mean, n) = (rate * n as f64, n as f64);
    let bound = 4.5 * (mean * (1.0 - rate)).sqrt() + 1.0;
    assert!(n > 50.0, "only {n} in scope");
    assert!((hits as f64 - mean).abs() <= bound, "{hits} of {n}, expected {mean:.1} ± {bound:.1}");
}

#[test]
fn same_options_give_the_same_bytes() {
    let base = options(600, FaultSet::all());
    assert_eq!(hash(base), hash(base));
    assert_ne!(hash(base), hash(DemoOptions { seed: 43, ..base }));
    assert_ne!(hash(base), hash(DemoOptions { faults: FaultSet::none(), ..base }));
}

#[test]
fn bodies_decode_and_come_in_order() {
    let demo = Demo::new(options(3000, FaultSet::all()));
    let (mut last, mut sent, mut logged) = (i64::MIN, 0, 0);
    let mut requests = demo.requests();
    for request in requests.by_ref() {
        assert!(request.received >= last);
        last = request.received;
        match request.signal {
            Signal::Traces => {
                let spans = spans(&request.body);
                assert!(!spans.is_empty() && spans.len() <= 512);
                for span in &spans {
                    let ended = span.end_time_unix_nano / 1000;
                    assert!(ended as i64 <= request.received, "sent before it ended");
                    assert!(
                        span.end_time_unix_nano == 0
                            || ended * 1000 >= span.start_time_unix_nano / 1000 * 1000
                    );
                }
                sent += spans.len() as u64;
            }
            Signal::Logs => {
                let request = ExportLogsServiceRequest::decode(&request.body[..]).unwrap();
                let scopes = request.resource_logs.iter().flat_map(|resource| &resource.scope_logs);
                let records: Vec<_> = scopes.flat_map(|scope| &scope.log_records).collect();
                assert!(records.iter().all(|r| r.event_name == "gen_ai.evaluation.result"));
                logged += records.len() as u64;
            }
        }
    }
    let (spans, partial) = share(requests.truth(), |_| true, |t| (t.spans, t.partial_spans));
    assert!(sent > spans + partial, "some requests are sent twice");
    assert!(sent < (spans + partial) * 104 / 100);
    let estimate = demo.estimated_spans() as f64;
    assert!((spans as f64 / estimate - 1.0).abs() < 0.06, "{spans} spans, estimated {estimate}");
    let (evals, _) = share(requests.truth(), |_| true, |t| (t.evals, 0));
    assert_eq!(logged, evals);
    assert!(last < demo.bounds().1 + 3 * 3600 * 1_000_000);
}

#[test]
fn without_faults_every_span_is_sent_once_and_nothing_is_planted() {
    let demo = Demo::new(options(3000, FaultSet::none()));
    assert!(demo.faults().is_empty());
    assert!(demo.releases().iter().all(|release| release.action == "release"));
    let mut ids = HashSet::new();
    let mut parents = HashMap::new();
    let mut requests = demo.requests();
    for request in requests.by_ref().filter(|request| request.signal == Signal::Traces) {
        for span in spans(&request.body) {
            assert_ne!(span.end_time_unix_nano, 0);
            assert!(ids.insert((span.trace_id.clone(), span.span_id.clone())));
            *parents.entry(span.trace_id).or_insert(0) += u64::from(span.parent_span_id.is_empty());
        }
    }
    assert_eq!(parents.len(), 3000);
    assert!(parents.values().all(|roots| *roots == 1));
    let truth = requests.truth();
    assert_eq!(share(truth, |_| true, |t| (t.guardrail_open, t.secrets)), (0, 0));
    assert_eq!(share(truth, |_| true, |t| (t.late_spans, t.partial_spans)), (0, 0));
}

#[test]
fn without_faults_rates_are_the_same_everywhere() {
    let truth = truth(options(40_000, FaultSet::none()));
    for flow in registry::Flow::ALL {
        for version in flow.versions() {
            for last_week in [false, true] {
                let is_in = |key: &TruthKey| {
                    key.workflow == flow.workflow()
                        && key.prompt_version == version.name
                        && key.last_week == last_week
                };
                let check = |counts: fn(&Truth) -> (u64, u64), rate| {
                    let found = share(&truth, is_in, counts);
                    if found.1 > 50 {
                        assert_rate(found, rate);
                    }
                };
                check(|t| (t.parse_failures, t.json_outputs), faults::rate::PARSE);
                check(|t| (t.unfaithful, t.grounded_answers), faults::rate::UNFAITHFUL);
                check(|t| (t.empty_retrievals, t.retrievals), faults::rate::EMPTY);
                check(|t| (t.wrong_retrievals, t.retrievals), faults::rate::WRONG);
            }
        }
    }
}

#[test]
fn tenants_do_not_depend_on_the_version() {
    let truth = truth(options(40_000, FaultSet::all()));
    for flow in registry::Flow::ALL {
        for version in flow.versions() {
            for tenant in &people::TENANTS {
                let mix = share(
                    &truth,
                    |key| key.workflow == flow.workflow() && key.prompt_version == version.name,
                    |t| (0, t.traces),
                );
                let own = share(
                    &truth,
                    |key| {
                        key.workflow == flow.workflow()
                            && key.prompt_version == version.name
                            && key.tenant == tenant.id
                    },
                    |t| (t.traces, 0),
                );
                // Sessions of up to four turns widen the spread: count sessions, roughly.
                assert_rate((own.0 / 3, mix.1 / 3), tenant.share);
            }
        }
    }
}

#[test]
fn planted_faults_reach_their_rates_and_only_there() {
    let truth = truth(options(60_000, FaultSet::all()));
    let newest = |flow: registry::Flow| flow.versions().last().unwrap().name;

    let counts = |t: &Truth| (t.parse_failures, t.json_outputs);
    let version = newest(registry::Flow::Invoice);
    let is_bad =
        |key: &TruthKey| key.workflow == "invoice_extraction" && key.prompt_version == version;
    assert_rate(share(&truth, is_bad, counts), faults::rate::PARSE_PLANTED);
    assert_rate(share(&truth, |key| !is_bad(key), counts), faults::rate::PARSE);

    let counts = |t: &Truth| (t.unfaithful, t.grounded_answers);
    let version = newest(registry::Flow::Support);
    let is_bad = |key: &TruthKey| {
        key.workflow == "support_answers"
            && key.prompt_version == version
            && key.tenant == people::FAULT_TENANT
    };
    assert_rate(share(&truth, is_bad, counts), faults::rate::UNFAITHFUL_PLANTED);
    assert_rate(share(&truth, |key| !is_bad(key), counts), faults::rate::UNFAITHFUL);

    let counts = |t: &Truth| (t.tool_argument_failures, t.tool_calls);
    let version = newest(registry::Flow::Agent);
    let is_bad = |key: &TruthKey| key.workflow == "order_agent" && key.prompt_version == version;
    let (broken, calls) = share(&truth, is_bad, counts);
    // Corrections and hand-overs are calls that cannot fail.
    assert!(broken as f64 / calls as f64 > 0.15 && (broken as f64) < 0.3 * calls as f64);
    let (broken, calls) = share(&truth, |key| !is_bad(key), counts);
    assert!(broken > 0 && (broken as f64) < 0.015 * calls as f64);

    let all = |_: &TruthKey| true;
    assert_rate(share(&truth, all, |t| (t.secrets, t.traces)), faults::rate::SECRETS_PLANTED);
    assert_rate(share(&truth, all, |t| (t.late_spans, t.spans)), faults::rate::LATE_PLANTED);
    let (open, checks) =
        share(&truth, |key| key.last_week, |t| (t.guardrail_open, t.guardrail_checks));
    assert!(open > 20 && open < checks / 10);
    let before = share(&truth, |key| !key.last_week, |t| (t.guardrail_open, t.guardrail_checks));
    assert_eq!(before.0, 0);
}

#[test]
fn the_costly_release_at_least_doubles_input_tokens() {
    let truth = truth(options(10_000, FaultSet::all()));
    let average = |version: &str| {
        let is_in =
            |key: &TruthKey| key.workflow == "ticket_summary" && key.prompt_version == version;
        let (tokens, answers) = share(&truth, is_in, |t| (t.input_tokens, t.answers));
        tokens as f64 / answers as f64
    };
    assert!(average("2.1.0") > 2.0 * average("2.0.0"));
    let truth = self::truth(options(10_000, FaultSet::none()));
    let average = |version: &str| {
        let is_in =
            |key: &TruthKey| key.workflow == "ticket_summary" && key.prompt_version == version;
        let (tokens, answers) = share(&truth, is_in, |t| (t.input_tokens, t.answers));
        tokens as f64 / answers as f64
    };
    assert!((average("2.1.0") / average("2.0.0") - 1.0).abs() < 0.02);
}

#[test]
fn a_silent_workflow_sends_nothing_in_its_window() {
    let demo = Demo::new(options(4000, FaultSet::none().with(Fault::SilentWorkflow)));
    let from = demo.world.calendar.window(Fault::SilentWorkflow).0;
    let mut before = 0;
    for request in demo.requests().filter(|request| request.signal == Signal::Traces) {
        for span in spans(&request.body) {
            if text(&span, "gen_ai.workflow.name") == Some("ticket_summary") {
                assert!(((span.start_time_unix_nano / 1000) as i64) < from);
                before += 1;
            }
        }
    }
    assert!(before > 300);
}

#[test]
fn structured_attributes_are_json() {
    let demo = Demo::new(options(1500, FaultSet::all()));
    let keys = [
        "gen_ai.input.messages",
        "gen_ai.output.messages",
        "gen_ai.system_instructions",
        "gen_ai.tool.definitions",
        "gen_ai.tool.call.result",
        "gen_ai.tool.call.arguments",
        "langfuse.observation.usage_details",
        "llm.invocation_parameters",
        "llm.prompt_template.variables",
        "metadata",
    ];
    let mut seen = HashSet::new();
    for request in demo.requests().filter(|request| request.signal == Signal::Traces) {
        for span in spans(&request.body) {
            for key in keys {
                if let Some(value) = text(&span, key) {
                    seen.insert(key);
                    serde_json::from_str::<serde_json::Value>(value).unwrap();
                }
            }
            let mut names: Vec<_> = span.attributes.iter().map(|a| a.key.as_str()).collect();
            let written = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), written, "a key twice in {}", span.name);
        }
    }
    assert_eq!(seen.len(), keys.len());
    for prompt in demo.prompts() {
        for json in
            [Some(prompt.variable_schema.as_str()), Some(&prompt.params), prompt.output_schema]
        {
            let Some(json) = json else { continue };
            serde_json::from_str::<serde_json::Value>(json).unwrap();
        }
    }
}

#[test]
fn fault_sets_parse_and_unknown_names_are_told() {
    assert_eq!(FaultSet::parse("all"), Ok(FaultSet::all()));
    assert_eq!(FaultSet::parse("none"), Ok(FaultSet::none()));
    let two = FaultSet::parse("cost_jump, late_spans").unwrap();
    assert!(two.has(Fault::CostJump) && two.has(Fault::LateSpans) && !two.has(Fault::SlowDrift));
    let error = FaultSet::parse("cost_jump,cost").unwrap_err().to_string();
    assert!(error.starts_with("unknown fault `cost`") && error.contains("cost_jump"));
    assert!(Fault::ALL.iter().all(|fault| FaultSet::all().has(*fault)));
}

#[test]
fn the_week_is_the_last_complete_one() {
    let day = |text: &str| calendar::micros(text.parse().unwrap());
    for (end, monday) in
        [("2026-06-29", "2026-06-22"), ("2026-06-30", "2026-06-22"), ("2026-07-05", "2026-06-22")]
    {
        let options = DemoOptions { end: end.parse().unwrap(), ..DemoOptions::default() };
        assert_eq!(Demo::new(options).week(), day(monday), "{end}");
    }
    let faults = Demo::new(DemoOptions::default()).faults();
    assert_eq!(faults.len(), Fault::ALL.len());
    assert!(faults.iter().all(|fault| fault.start < fault.end && !fault.how_to_see.contains('{')));
    let json = serde_json::to_string(&faults).unwrap();
    assert!(json.contains("2026-06-22T10:00:00Z"));
}
