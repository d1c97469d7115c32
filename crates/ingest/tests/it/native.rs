//! Native JSONL.

use spanlake_ingest::{Format, SchemaRegistry, decode, decode_any};
use spanlake_model::{CostSource, Kind};

use crate::conformance::context;

const LINES: &str = r#"
{"trace_id":"0AF7651916CD43DD8448EB211C80319C","span_id":"b7ad6b7169203331","name":"answer","start_time":"2026-11-23T09:00:00Z","duration_ms":820.5,"kind":"llm","status":"OK","request_model":"gpt-4o-mini","provider":"OpenAI","input_tokens":310,"output_tokens":25,"prompt_name":"support","prompt_version":"12","input_messages":[{"role":"user","content":"May I return it?"}],"output_text":"{\"days\": 30}","documents":[{"id":"kb-7","content":"30 days"}],"team":"blue"}
{"trace_id":"0af7651916cd43dd8448eb211c80319c","span_id":"b7ad6b7169203331","name":"hallucinated","label":"no","passed":true,"evaluator_type":"human","eval_time":"2026-11-23T10:00:00Z"}
{"table":"evals","name":"tone","score":0.4,"case_id":"c-1","dataset":"golden"}
"#;

#[test]
fn spans_with_content_and_evaluations_become_rows() {
    let mut ctx = context();
    let schema = r#"{"type":"object","required":["days"]}"#.to_owned();
    ctx.schemas = SchemaRegistry::new([("support".to_owned(), "12".to_owned(), schema)]);
    let decoded = decode_any(LINES.as_bytes(), Some("traffic.jsonl"), "traffic.jsonl", &ctx);
    assert_eq!((decoded.counts.spans, decoded.counts.evals, decoded.counts.rejected), (1, 2, 0));
    let span = &decoded.batch.spans[0];
    assert_eq!(span.trace_id, "0af7651916cd43dd8448eb211c80319c");
    assert_eq!((span.kind, span.provider.as_deref()), (Kind::Llm, Some("openai")));
    assert_eq!((span.duration_ms, span.is_final), (Some(820.5), true));
    assert_eq!(span.date.iso(), "2026-11-23");
    assert_eq!(span.attributes.as_deref(), Some(r#"{"team":"blue"}"#));
    assert_eq!(span.input_preview.as_deref(), Some("May I return it?"));
    assert_eq!(span.cost_source, CostSource::Computed);
    // 310 input and 25 output tokens at 0.15 and 0.60 dollars a million.
    assert!((span.cost_usd.unwrap() - 61.5e-6).abs() < 1e-12);
    assert_eq!(span.parse_status.as_deref(), Some("ok"));
    assert_eq!(span.schema_status.as_deref(), Some("valid"));
    let payload = &decoded.batch.payloads[0];
    let messages = r#"[{"role":"user","parts":[{"type":"text","content":"May I return it?"}]}]"#;
    assert_eq!(payload.input_messages.as_deref(), Some(messages));
    assert_eq!(payload.documents[0].id.as_deref(), Some("kb-7"));
    let eval = &decoded.batch.evals[0];
    assert_eq!((eval.passed, eval.evaluator_type.as_deref()), (Some(true), Some("human")));
    assert_eq!(eval.eval_time.day().iso(), "2026-11-23");
    assert_eq!(decoded.batch.evals[1].case_id.as_deref(), Some("c-1"));
}

#[test]
fn an_evaluation_sent_again_is_the_same_row() {
    let again = decode(LINES.as_bytes(), Format::Native, "b", &context()).batch.evals;
    let evals = decode(LINES.as_bytes(), Format::Native, "a", &context()).batch.evals;
    assert_eq!(evals[0].eval_id, again[0].eval_id);
    assert_ne!(evals[0].eval_id, evals[1].eval_id);
    let mut other_key = context();
    other_key.hash_key = Some(b"another".to_vec());
    let keyed = decode(LINES.as_bytes(), Format::Native, "a", &other_key).batch.evals;
    assert_ne!(evals[0].eval_id, keyed[0].eval_id);
}

#[test]
fn a_case_judged_alike_for_two_versions_is_two_rows() {
    let line = |version: &str| {
        format!(
            "{{\"table\":\"evals\",\"name\":\"exact\",\"score\":1,\"case_id\":\"c-1\",\
             \"prompt_name\":\"support\",\"prompt_version\":\"{version}\"}}\n"
        )
    };
    let text = [line("1"), line("2"), line("1")].concat();
    let evals = decode(text.as_bytes(), Format::Native, "a", &context()).batch.evals;
    assert_ne!(evals[0].eval_id, evals[1].eval_id);
    assert_eq!(evals[0].eval_id, evals[2].eval_id);
}

#[test]
fn columns_that_redaction_passes_over_take_words_only() {
    let line = r#"{"trace_id":"0af7651916cd43dd8448eb211c80319c","span_id":"b7ad6b7169203331","name":"n","start_time":1,"parse_status":"my card is 4111 1111 1111 1111"}"#;
    let decoded = decode(line.as_bytes(), Format::Native, "x", &context());
    assert_eq!((decoded.counts.spans, decoded.counts.rejected), (0, 1));
    assert_eq!(decoded.batch.errors[0].code, "wrong_type");
    for value in ["jane.roe@corp.example", "192.168.0.7", "key_live_4e39HqLy"] {
        let line = line.replace("my card is 4111 1111 1111 1111", value);
        let decoded = decode(line.as_bytes(), Format::Native, "x", &context());
        assert_eq!((decoded.counts.spans, decoded.counts.rejected), (0, 1), "{value}");
    }
    let line = line.replace("my card is 4111 1111 1111 1111", "markdown_fence");
    let decoded = decode(line.as_bytes(), Format::Native, "x", &context());
    assert_eq!(decoded.batch.spans[0].parse_status.as_deref(), Some("markdown_fence"));
}

#[test]
fn langfuse_scores_are_evaluations() {
    let scores = r#"[{"id":"1","traceId":"953afe37f672fa1cb6367933de4be214",
        "observationId":"97c8c5347e325ed8","name":"user-feedback","value":1.0,"comment":"good",
        "timestamp":"2026-11-23T15:45:24.945304Z"}]"#;
    let evals = decode_any(scores.as_bytes(), None, "scores", &context()).batch.evals;
    assert_eq!((evals[0].score, evals[0].explanation.as_deref()), (Some(1.0), Some("good")));
    assert_eq!(evals[0].span_id.as_deref(), Some("97c8c5347e325ed8"));
}
