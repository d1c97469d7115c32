//! The store that `sql/tests/report` speaks of: the one of `fixture.rs`, received one second after
//! the end of each span, judged by Spanlake's own evaluator, with contents and one more trace.
//!
//! Trace 11: day 4, 12:00, beta u4 s6 (the session of 10), support. The index `kb@2026-11` finds 0,
//! `rr` reranks at 0.4, `answer@1` by `small` takes 200 ms, 60+20 tokens and $0.0006 and answers
//! `{"intent": "refund"}` with the variable `context`, guardrail pii is in error. Its span 6 comes two
//! hours late and names a parent that is not there; its span 7 never ended, has a suspect time, and
//! an API key was removed from it twice.
//!
//! Outputs begin: 01 with a sentence of 41 characters, 05 with `{"category": "invoice"}`, 10 with
//! `refund` (6 bytes), 11 with `{"intent": "refund"}` (20 bytes, for an input of 1000). Three phone
//! numbers were removed from 05.
//!
//! | call of | support@1: faithfulness | citation validity |
//! |---|---|---|
//! | 01 | 0.9 passed (support@0: 0.1) | 1.0 passed |
//! | 03 | 0.4 failed | 0.5 failed |
//! | 10 | 0.8 passed | – |
//! | 11 | 0.6 passed | – |
//!
//! Answers of 01, 03, 10 and 11 and documents of 01, 03 and 11 are stored; 10 searched nothing.

use spanlake_model::{
    Day, Document, EvalRow, IngestErrorRow, Kind, Micros, PayloadRow, Redaction, Rows, SpanRow,
};
use spanlake_store::Snapshot;

use crate::fixture::{
    self, HIDDEN, Trace, at, call, day_four, day_three, day_two, retriever, text, trace,
};
use crate::support::Builder;

fn trace_eleven() -> Vec<SpanRow> {
    let eleven = Trace { session: Some("s6"), ..trace(11, at(4, 12, 0), "beta", "u4") };
    let answer = SpanRow {
        input_bytes: Some(1000),
        output_bytes: Some(20),
        output_preview: text(r#"{"intent": "refund"}"#),
        prompt_variable_names: vec!["context".to_owned()],
        ..call(eleven.span(4, Kind::Llm, "chat", 60, 200), ("answer", "1"), "small", (60, 20), 6e-4)
    };
    let rerank = SpanRow {
        reranker_model: text("rr"),
        reranker_score_max: Some(0.4),
        retrieved_count: Some(0),
        ..eleven.span(3, Kind::Reranker, "rerank", 40, 10)
    };
    let guardrail = SpanRow {
        guardrail_name: text("pii"),
        guardrail_policy: text("outgoing"),
        guardrail_outcome: text("error"),
        ..eleven.span(5, Kind::Guardrail, "check", 270, 5)
    };
    let orphan = SpanRow {
        parent_span_id: text("ffffffffffffffff"),
        ..eleven.span(6, Kind::Other, "log", 280, 5)
    };
    let unended = SpanRow {
        is_final: false,
        time_suspect: true,
        redactions: vec![Redaction {
            field: text("attributes"),
            class: text("api_key"),
            count: Some(2),
        }],
        ..eleven.span(7, Kind::Other, "log", 290, 0)
    };
    vec![
        eleven.span(1, Kind::Chain, "handle", 0, 300),
        retriever(eleven.span(2, Kind::Retriever, "search", 10, 20), 0, "2026-11"),
        rerank,
        answer,
        guardrail,
        orphan,
        unended,
    ]
}

/// One second after its end, or two hours for the span that comes late.
fn received(mut spans: Vec<SpanRow>) -> Rows {
    for span in &mut spans {
        let is_late = span.parent_span_id.as_deref() == Some("ffffffffffffffff");
        let delay_s = if is_late { 7200 } else { 1 };
        span.ingest_time = Micros(span.end_unix_nano / 1000 + delay_s * 1_000_000);
    }
    Rows::Spans(spans)
}

/// The spans of `fixture.rs` with what their outputs begin with.
fn days() -> [Vec<SpanRow>; 3] {
    let (mut two, mut three, mut four) = (day_two(), day_three(), day_four());
    two[4].output_preview = text("The capital of France is Paris, says [1].");
    three[5].output_preview = text(r#"{"category": "invoice"}"#);
    three[5].redactions =
        vec![Redaction { field: text("output_text"), class: text("phone"), count: Some(3) }];
    four[9].output_preview = text("refund");
    four[9].output_bytes = Some(6);
    [two, three, four]
}

/// The calls that have an answer worth judging: of traces 01, 03, 10 and 11.
fn answers() -> Vec<SpanRow> {
    let ([two, three, four], eleven) = (days(), trace_eleven());
    vec![two[4].clone(), three[2].clone(), four[9].clone(), eleven[3].clone()]
}

fn own_evals() -> Vec<EvalRow> {
    let eval = |call: &SpanRow, name: &str, score: f64, passed: bool, version: &str| EvalRow {
        date: call.date,
        eval_id: format!("{name}-{version}-{}", call.span_id),
        eval_time: Micros(call.start_time.0 + 60_000_000),
        trace_id: Some(call.trace_id.clone()),
        span_id: Some(call.span_id.clone()),
        name: name.to_owned(),
        score: Some(score),
        passed: Some(passed),
        evaluator_type: text("rule"),
        evaluator: text("spanlake"),
        evaluator_version: text(version),
        prompt_name: call.prompt_name.clone(),
        prompt_version: call.prompt_version.clone(),
        ..EvalRow::default()
    };
    let [one, three, ten, eleven] = answers().try_into().unwrap_or_default();
    vec![
        eval(&one, "faithfulness", 0.1, true, "support@0"),
        eval(&one, "faithfulness", 0.9, true, "support@1"),
        eval(&one, "citation_validity", 1.0, true, "support@1"),
        eval(&three, "faithfulness", 0.4, false, "support@1"),
        eval(&three, "citation_validity", 0.5, false, "support@1"),
        eval(&ten, "faithfulness", 0.8, true, "support@1"),
        eval(&eleven, "faithfulness", 0.6, true, "support@1"),
    ]
}

fn contents() -> Vec<PayloadRow> {
    let of = |span: &SpanRow| PayloadRow {
        date: span.date,
        trace_id: span.trace_id.clone(),
        span_id: span.span_id.clone(),
        start_time: span.start_time,
        ..PayloadRow::default()
    };
    let document = |content: &str, in_context| Document {
        id: text(content),
        in_context,
        content: text(content),
        ..Document::default()
    };
    let ([two, three, _], eleven) = (days(), trace_eleven());
    let mut contents: Vec<PayloadRow> = answers()
        .iter()
        .zip(["Paris [1].", "Rome [3].", "Hello.", r#"{"intent": "refund"}"#])
        .map(|(call, answer)| PayloadRow { output_text: text(answer), ..of(call) })
        .collect();
    contents[3].input_variables = text(r#"{"context": "Refunds take a week."}"#);
    contents.extend([
        PayloadRow {
            retrieval_query: text("capital of france"),
            retrieval_query_original: text("capital?"),
            documents: vec![document("Paris", Some(true)), document("Lyon", Some(false))],
            ..of(&two[1])
        },
        PayloadRow { documents: vec![document("Paris", None)], ..of(&two[2]) },
        PayloadRow {
            retrieval_query: text("rome"),
            documents: vec![document("Rome", None), document("Milan", None)],
            ..of(&three[1])
        },
        PayloadRow { retrieval_query: text("refund"), ..of(&eleven[1]) },
    ]);
    contents
}

fn errors() -> Vec<IngestErrorRow> {
    let error = |code: &str, rejected| IngestErrorRow {
        date: Day(fixture::FIRST),
        time: at(1, 8, 0),
        code: code.to_owned(),
        rejected,
        ..IngestErrorRow::default()
    };
    vec![error("truncated_protobuf", 3), error("truncated_protobuf", 0), error("bad_json", 5)]
}

pub(crate) async fn store() -> Snapshot {
    let mut builder = Builder::new(4);
    let [two, three, four] = days();
    builder.file(&received(two), vec![HIDDEN]).await;
    builder.file(&received(three), vec![]).await;
    builder.memory(&received(four));
    builder.memory(&received(trace_eleven()));
    builder.memory(&Rows::Evals(fixture::evals()));
    builder.memory(&Rows::Evals(own_evals()));
    builder.file(&Rows::Payloads(fixture::payloads()), vec![]).await;
    builder.memory(&Rows::Payloads(contents()));
    builder.memory(&Rows::Releases(fixture::releases()));
    builder.memory(&Rows::IngestErrors(errors()));
    builder.build()
}
