//! Hostile and broken bodies: what is good is kept, what is not is counted, placed and named.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, KeyValueList, any_value::Value};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;
use spanlake_ingest::{Decoded, Format, IngestContext, Limits, decode, decode_any};

use crate::conformance::context;

fn pair(key: &str, value: Value) -> KeyValue {
    let value = Some(AnyValue { value: Some(value) });
    KeyValue { key: key.to_owned(), value, ..KeyValue::default() }
}

fn text(key: &str, value: impl Into<String>) -> KeyValue {
    pair(key, Value::StringValue(value.into()))
}

fn span(id: u8, attributes: Vec<KeyValue>) -> Span {
    Span {
        trace_id: vec![7; 16],
        span_id: vec![id; 8],
        name: "s".to_owned(),
        start_time_unix_nano: 1_795_440_000_000_000_000,
        end_time_unix_nano: 1_795_440_001_000_000_000,
        attributes,
        ..Span::default()
    }
}

fn body(spans: Vec<Span>) -> Vec<u8> {
    let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
    let resource_spans = vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }];
    ExportTraceServiceRequest { resource_spans }.encode_to_vec()
}

fn decoded(spans: Vec<Span>) -> Decoded {
    decode(&body(spans), Format::OtlpTracesProto, "test", &context())
}

fn codes(decoded: &Decoded) -> Vec<&str> {
    decoded.batch.errors.iter().map(|error| error.code.as_str()).collect()
}

#[test]
fn a_span_with_a_bad_id_does_not_block_its_neighbours() {
    let mut short = span(2, Vec::new());
    short.trace_id.pop();
    let zero = Span { span_id: vec![0; 8], ..span(3, Vec::new()) };
    let decoded = decoded(vec![span(1, Vec::new()), short, zero, span(4, Vec::new())]);
    assert_eq!((decoded.counts.spans, decoded.counts.rejected), (2, 2));
    assert_eq!(codes(&decoded), ["invalid_trace_id", "invalid_span_id"]);
    let places: Vec<_> = decoded.batch.errors.iter().map(|e| (e.offset, e.length)).collect();
    assert!(places.iter().all(|(offset, length)| *offset > Some(0) && *length > Some(20)));
}

#[test]
fn a_cut_body_gives_what_is_whole() {
    let whole = body((1..=5).map(|id| span(id, vec![text("k", "v".repeat(50))])).collect());
    for missing in 1..80 {
        let cut = &whole[..whole.len() - missing];
        let decoded = decode(cut, Format::OtlpTracesProto, "test", &context());
        assert_eq!((decoded.counts.spans, decoded.counts.rejected), (4, 1), "{missing}");
        assert_eq!(codes(&decoded), ["truncated_protobuf"]);
    }
}

#[test]
fn broken_text_is_repaired_where_it_stands() {
    let mut bytes = body(vec![span(1, vec![text("app.note", "goodXbye"), text("app.b", "whole")])]);
    let at = bytes.iter().position(|byte| *byte == b'X').unwrap();
    bytes[at] = 0xff;
    assert!(ExportTraceServiceRequest::decode(bytes.as_slice()).is_err());
    let decoded = decode(&bytes, Format::OtlpTracesProto, "test", &context());
    let attributes = decoded.batch.spans[0].attributes.as_deref().unwrap();
    assert_eq!(attributes, "{\"app.note\":\"good\u{fffd}bye\",\"app.b\":\"whole\"}");
    assert_eq!(decoded.counts.rejected, 0);
}

#[test]
fn a_huge_value_is_cut_and_says_so() {
    let limits = Limits { max_value_bytes: 1_000, ..Limits::default() };
    let ctx = IngestContext { limits, ..context() };
    let bytes = body(vec![span(1, vec![text("app.big", "é".repeat(1_000)), text("app.b", "x")])]);
    let decoded = decode(&bytes, Format::OtlpTracesProto, "test", &ctx);
    let attributes = decoded.batch.spans[0].attributes.clone().unwrap();
    assert!(attributes.contains("…[truncated 1000 bytes]") && attributes.contains("app.b"));
    assert_eq!((codes(&decoded), decoded.counts.rejected), (vec!["value_truncated"], 0));
    assert_eq!(decoded.batch.errors[0].length, Some(2_000));
}

#[test]
fn a_hundred_thousand_attributes_are_too_many() {
    let many = (0..100_000).map(|n| text(&format!("app.k{n}"), "v")).collect();
    let decoded = decoded(vec![span(1, many), span(2, Vec::new())]);
    assert_eq!((decoded.counts.spans, codes(&decoded)), (2, vec!["too_many_attributes"]));
    let attributes = decoded.batch.spans[0].attributes.as_deref().unwrap();
    assert!(attributes.contains("app.k9999\"") && !attributes.contains("app.k10000\""));
    assert!(attributes.contains("spanlake.dropped_attributes"));
}

#[test]
fn depth_costs_a_value_not_the_process() {
    let deep_text = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    let mut deep = Value::StringValue("bottom".to_owned());
    for _ in 0..2_000 {
        let values = vec![pair("k", deep)];
        deep = Value::KvlistValue(KeyValueList { values });
    }
    let messages = text("gen_ai.input.messages", deep_text.clone());
    let decoded = decoded(vec![
        span(1, vec![pair("app.deep", deep), text("app.text", deep_text.clone()), messages]),
        span(2, Vec::new()),
    ]);
    assert_eq!((decoded.counts.spans, codes(&decoded)), (2, vec!["value_too_deep"]));
    assert!(decoded.batch.spans[0].attributes.as_deref().unwrap().contains(&deep_text));
    let json = format!(
        r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[
            {{"traceId":"{0}","spanId":"{1}","name":"deep","attributes":[{{"key":"k","value":{2}}}]}},
            {{"traceId":"{0}","spanId":"{1}","name":"flat"}}]}}]}}]}}"#,
        "07".repeat(16),
        "08".repeat(8),
        deep_text,
    );
    let decoded = decode_any(json.as_bytes(), None, "test", &context());
    assert_eq!((decoded.counts.spans, codes(&decoded)), (1, vec!["json_too_deep"]));
    assert_eq!(decoded.batch.spans[0].name, "flat");
}

#[test]
fn absurd_times_are_kept_and_filed_under_the_receipt() {
    let odd = |id, start, end| Span {
        start_time_unix_nano: start,
        end_time_unix_nano: end,
        ..span(id, Vec::new())
    };
    let rows = decoded(vec![odd(1, u64::MAX, u64::MAX), odd(2, 0, 5), odd(3, 9, 1)]).batch.spans;
    assert!(rows[0].time_suspect && rows[1].time_suspect && !rows[2].time_suspect);
    assert_eq!(rows[0].start_unix_nano, i64::MAX);
    assert_eq!(rows[0].date.iso(), "2026-11-24");
    assert_eq!((rows[2].duration_ms, rows[2].end_unix_nano), (None, 1));
}

#[test]
fn unknown_attributes_stay_and_mapped_ones_do_not_repeat() {
    let decoded = decoded(vec![span(
        1,
        vec![
            text("gen_ai.operation.name", "chat"),
            text("gen_ai.request.model", "m"),
            text("app.custom", "kept"),
            text("", "empty key"),
            pair("app.number", Value::IntValue(3)),
        ],
    )]);
    let row = &decoded.batch.spans[0];
    assert_eq!(row.request_model.as_deref(), Some("m"));
    let attributes = row.attributes.as_deref().unwrap();
    assert_eq!(attributes, r#"{"app.custom":"kept","":"empty key","app.number":3}"#);
}

#[test]
fn error_rows_hold_no_content() {
    let planted = "a very private thing";
    let lines = format!(
        "{{\"trace_id\":\"{planted}\",\"span_id\":\"x\",\"name\":\"n\",\"start_time\":1}}\n\
         {{\"name\": {planted}\n[1,\n{{\"name\":\"e\",\"score\":1,\"trace_id\":\"{planted}\"}}\n"
    );
    let decoded = decode(lines.as_bytes(), Format::Native, "lines.jsonl", &context());
    assert_eq!(decoded.counts.rejected, 4);
    for error in &decoded.batch.errors {
        let shown = format!("{} {:?} {}", error.code, error.hint, error.source);
        assert!(!shown.contains("private"), "{shown}");
    }
}

#[test]
fn garbage_and_empty_bodies_are_named() {
    let ctx = context();
    for (bytes, code) in [
        (&b"\xff\xff\xff\xff\xff\xff"[..], "not_otlp"),
        (b"hello world, this is no trace", "not_otlp"),
        (b"{\"hello\": 1", "malformed_json"),
        (b"[1, 2]", "malformed_json"),
        (b"\x1f\x8b\x08nonsense", "damaged_compression"),
    ] {
        let decoded = decode_any(bytes, None, "garbage", &ctx);
        assert!(decoded.counts.rejected > 0 && decoded.counts.spans == 0);
        assert!(codes(&decoded).contains(&code), "{:?}", codes(&decoded));
    }
    assert_eq!(decode_any(b"", None, "empty", &ctx).counts, spanlake_ingest::Counts::default());
    assert_eq!(decode_any(b"{}", None, "empty", &ctx).counts.rejected, 0);
}
