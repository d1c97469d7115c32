//! What must hold for every input: no panic, and a settlement that depends on nothing but the rows.

use proptest::prelude::*;
use spanlake_ingest::{
    Chunks, Format, IngestContext, Limits, TraceSettler, decode, decode_any, detect,
};
use spanlake_model::{Kind, PayloadRow, Settle, SpanRow, TraceRows};

use crate::conformance::{bodies, context, manifest, shared_corpus, small_corpus};
use crate::fold::{Fold, Settled};

const FORMATS: [Format; 6] = [
    Format::OtlpTracesProto,
    Format::OtlpLogsProto,
    Format::OtlpMetricsProto,
    Format::OtlpJson,
    Format::JsonLines,
    Format::Native,
];

fn decode_all_ways(bytes: &[u8]) {
    let ctx = IngestContext { limits: tight(), ..context() };
    for format in FORMATS {
        decode(bytes, format, "property", &ctx);
    }
    decode_any(bytes, None, "property", &ctx);
    let chunks = Chunks::new(bytes, None, 16, &ctx.limits).unwrap();
    for chunk in chunks.take(1_000).flatten() {
        chunk.decode("property", &ctx);
    }
}

/// 64 cases, or `PROPTEST_CASES`.
fn cases() -> ProptestConfig {
    let given = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    ProptestConfig {
        cases: given.unwrap_or(64),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

fn tight() -> Limits {
    Limits { max_value_bytes: 100, max_attributes: 20, max_depth: 5, ..Limits::default() }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn no_bytes_panic_a_decoder(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        decode_all_ways(&bytes);
    }

    #[test]
    fn no_json_panics_a_decoder(text in r#"[\[\]{}":,a-z0-9.\\-]{0,200}"#) {
        decode_all_ways(text.as_bytes());
        for key in ["resourceSpans", "resourceLogs"] {
            decode_all_ways(format!("{{\"{key}\":{text}}}").as_bytes());
        }
    }

    #[test]
    fn a_mutated_capture_never_panics(at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>(), which in any::<prop::sample::Index>()) {
        let corpus = small_corpus();
        let manifest = manifest(&corpus);
        let flows = manifest["flows"].as_array().unwrap();
        for (name, body) in bodies(&corpus, which.get(flows)) {
            let ctx = context();
            let mut body = spanlake_ingest::decompress(&body, &ctx.limits).unwrap().into_owned();
            let place = at.index(body.len());
            body[place] = byte;
            decode_any(&body, Some(&name), &name, &ctx);
            body.truncate(cut.index(body.len() + 1));
            decode_any(&body, Some(&name), &name, &ctx);
        }
    }

    #[test]
    fn settling_depends_on_the_rows_alone(trace in trace(), split in 0..14_usize, turn in 0..14_usize) {
        let at_once = settled(trace.clone());
        // Again.
        prop_assert!(settled(at_once.clone()) == at_once);
        // In another order.
        let mut turned = trace.clone();
        let count = turned.spans.len().max(1);
        turned.spans.rotate_left(turn % count);
        turned.payloads.reverse();
        prop_assert!(settled(turned) == at_once);
        // Some rows first, the others later.
        let mut first = trace.clone();
        let later = first.spans.split_off(split.min(first.spans.len()));
        let content = first.payloads.split_off((split / 2).min(first.payloads.len()));
        let mut grown = settled(first);
        grown.spans.extend(later);
        grown.payloads.extend(content);
        prop_assert!(settled(grown) == at_once);
    }
}

/// Settles and sorts, so that traces can be compared.
fn settled(mut trace: TraceRows) -> TraceRows {
    TraceSettler.settle(&mut trace);
    trace.spans.sort_by(|a, b| a.span_id.cmp(&b.span_id));
    trace.payloads.sort_by(|a, b| a.span_id.cmp(&b.span_id));
    trace
}

fn word(words: &'static [&'static str]) -> impl Strategy<Value = Option<String>> {
    prop::option::weighted(0.4, prop::sample::select(words))
        .prop_map(|word| word.map(str::to_owned))
}

fn span() -> impl Strategy<Value = SpanRow> {
    let identity = (word(&["s1", "s2"]), word(&["u1"]), word(&["t1", "t2"]), word(&["w1"]));
    let call = (
        word(&["m1", "m2"]),
        word(&["r1", "r2"]),
        prop::option::of(0..3_i64),
        prop::option::of(0..2_i64),
        word(&["stop", "tool_calls"]),
    );
    let kinds = prop::sample::select(
        &[
            Kind::Llm,
            Kind::Llm,
            Kind::Agent,
            Kind::Chain,
            Kind::Tool,
            Kind::Prompt,
            Kind::Retriever,
        ][..],
    );
    let rest =
        (kinds, 0..5_i64, prop::option::of(0..16_u8), any::<bool>(), word(&["p1", "p2"]), 0..9_u8);
    (identity, call, rest).prop_map(|(identity, call, rest)| {
        let (kind, start, parent, is_error, prompt, placeholder) = rest;
        let mut span = SpanRow {
            trace_id: "t".to_owned(),
            kind,
            start_unix_nano: start,
            name: format!("n{start}"),
            parent_span_id: parent.map(|parent| format!("{parent:02}")),
            session_id: identity.0,
            user_id: identity.1,
            tenant_id: identity.2,
            workflow: identity.3,
            request_model: call.0,
            response_id: call.1,
            input_tokens: call.2,
            output_tokens: call.3,
            finish_reason: call.4,
            is_error,
            is_final: true,
            prompt_name: prompt.clone(),
            tool_name: (kind == Kind::Tool).then(|| "search".to_owned()),
            ..SpanRow::default()
        };
        if placeholder == 0 {
            let link = r#"[{"span_id":"03","attributes":{"spanlake.placeholder_of":true}}]"#;
            span.links = Some(link.to_owned());
            span.is_final = false;
        }
        span
    })
}

fn payload() -> impl Strategy<Value = PayloadRow> {
    let tools = r#"[{"name":"search","parameters":{"type":"object","required":["q"]}}]"#;
    (word(&["template {x}"]), any::<bool>(), any::<bool>()).prop_map(
        move |(template, offers, calls)| PayloadRow {
            trace_id: "t".to_owned(),
            prompt_template: template,
            tool_definitions: offers.then(|| tools.to_owned()),
            tool_arguments: calls.then(|| "{}".to_owned()),
            output_text: calls.then(|| "I cannot help with that.".to_owned()),
            ..PayloadRow::default()
        },
    )
}

fn trace() -> impl Strategy<Value = TraceRows> {
    let spans = prop::collection::vec(span(), 0..14);
    let payloads = prop::collection::vec(payload(), 0..14);
    (spans, payloads).prop_map(|(mut spans, mut payloads)| {
        for (at, span) in spans.iter_mut().enumerate() {
            span.span_id = format!("{at:02}");
        }
        for (at, payload) in payloads.iter_mut().enumerate() {
            payload.span_id = format!("{at:02}");
        }
        TraceRows { spans, payloads }
    })
}

#[test]
fn a_long_chain_and_a_wide_trace_settle_in_linear_time() {
    let span = |at: usize, parent: usize| SpanRow {
        span_id: format!("{at:016x}"),
        parent_span_id: Some(format!("{parent:016x}")),
        kind: if at.is_multiple_of(2) { Kind::Llm } else { Kind::Agent },
        input_tokens: Some(at as i64),
        start_unix_nano: at as i64,
        is_error: at.is_multiple_of(3),
        ..SpanRow::default()
    };
    // A quadratic step would take minutes here.
    let chain = (0..30_000).map(|at| span(at, at.saturating_sub(1))).collect();
    let wide = (0..30_000).map(|at| span(at, 0)).collect();
    for spans in [chain, wide] {
        let trace = settled(TraceRows { spans, payloads: Vec::new() });
        assert_eq!(trace.spans.len(), 30_000);
    }
}

#[test]
fn the_order_of_requests_does_not_matter() {
    let Some(corpus) = shared_corpus() else { return };
    let manifest = manifest(&corpus);
    for flow in manifest["flows"].as_array().unwrap() {
        // Two finished spans of one id that differ: the later one wins, so their order matters.
        if flow["flow"] == "partial_then_final_same_span_id" {
            continue;
        }
        let mut bodies = bodies(&corpus, flow);
        let fold = |bodies: &[(String, Vec<u8>)]| -> Settled {
            let mut fold = Fold::default();
            for (name, body) in bodies {
                fold.add(decode_any(body, Some(name), name, &context()).batch);
            }
            fold.settle()
        };
        let in_order = fold(&bodies);
        for _ in 0..bodies.len() {
            bodies.rotate_left(1);
            assert!(fold(&bodies) == in_order, "{}", flow["flow"]);
        }
        bodies.reverse();
        assert!(fold(&bodies) == in_order, "{}", flow["flow"]);
    }
}

#[test]
fn formats_are_told_apart_without_names() {
    let Some(corpus) = shared_corpus() else { return };
    let manifest = manifest(&corpus);
    for flow in manifest["flows"].as_array().unwrap() {
        for file in flow["files"].as_array().unwrap() {
            let name = file["file"].as_str().unwrap();
            if name.contains("garbage") || name.contains("native") {
                continue;
            }
            let bytes = std::fs::read(corpus.join(name)).unwrap();
            let body = spanlake_ingest::decompress(&bytes, &Limits::default()).unwrap();
            let want = match (name.contains(".json"), file["signal"].as_str()) {
                (true, _) => Format::OtlpJson,
                (_, Some("logs")) => Format::OtlpLogsProto,
                (_, Some("metrics")) => Format::OtlpMetricsProto,
                _ => Format::OtlpTracesProto,
            };
            assert_eq!(detect(&body, None), want, "{name}");
        }
    }
}
