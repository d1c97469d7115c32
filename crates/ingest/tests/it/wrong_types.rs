//! JSON that is well formed and not what OTLP says it is: named by place, with what stands beside it
//! kept. And text that is no format at all.

use serde_json::{Value, json};
use spanlake_ingest::{Decoded, Format, decode, decode_any};

use crate::conformance::context;

fn read(body: &str) -> Decoded {
    decode_any(body.as_bytes(), None, "test", &context())
}

fn hints(decoded: &Decoded) -> Vec<&str> {
    decoded.batch.errors.iter().filter_map(|error| error.hint.as_deref()).collect()
}

fn span(name: &str) -> Value {
    json!({"traceId": "07".repeat(16), "spanId": "08".repeat(8), "name": name,
        "startTimeUnixNano": "1795440000000000000", "endTimeUnixNano": "1795440001000000000"})
}

fn of_resource(spans: &Value) -> Value {
    json!({"scopeSpans": [{"spans": spans}]})
}

fn request(resources: &Value) -> String {
    json!({"resourceSpans": resources}).to_string()
}

/// Rejected records, and the place named first.
fn first_place(body: &str) -> (u64, String) {
    let decoded = read(body);
    assert!(decoded.batch.errors.iter().all(|error| error.code == "wrong_type"), "{body}");
    let rejected: i64 = decoded.batch.errors.iter().map(|error| error.rejected).sum();
    assert_eq!(decoded.counts.rejected, rejected.unsigned_abs());
    let hint = decoded.batch.errors[0].hint.clone().unwrap();
    (decoded.counts.rejected, hint)
}

#[test]
fn a_container_of_another_type_is_named() {
    for (body, want) in [
        (r#"{"resourceSpans":{"a":1}}"#.to_owned(), "resourceSpans must be a list, not an object"),
        (r#"{"resourceSpans":"x"}"#.to_owned(), "resourceSpans must be a list, not text"),
        (r#"{"resourceLogs":7}"#.to_owned(), "resourceLogs must be a list, not a number"),
        (
            r#"{"resourceSpans":[[[1]]]}"#.to_owned(),
            "resourceSpans[0] must be an object, not a list",
        ),
        // Not even closed.
        (r#"{"resourceSpans":[[["#.to_owned(), "resourceSpans[0] must be an object, not a list"),
        (
            request(&json!([{"scopeSpans": 5}])),
            "resourceSpans[0].scopeSpans must be a list, not a number",
        ),
        (
            request(&json!([{"scopeSpans": [true]}])),
            "resourceSpans[0].scopeSpans[0] must be an object, not true or false",
        ),
        (
            request(&json!([of_resource(&json!({"traceId": 1}))])),
            "resourceSpans[0].scopeSpans[0].spans must be a list, not an object",
        ),
        (
            request(&json!([of_resource(&json!([null]))])),
            "resourceSpans[0].scopeSpans[0].spans[0] must be an object, not null",
        ),
    ] {
        assert_eq!(first_place(&body), (1, want.to_owned()), "{body}");
    }
}

#[test]
fn what_stands_beside_it_is_kept() {
    let spans = json!([span("a"), "no span", span("b")]);
    let body = request(&json!([
        [],
        {"resource": 4, "scopeSpans": [{"scope": [], "spans": spans}, {"spans": 1}]},
        of_resource(&json!([span("c")])),
    ]));
    let decoded = read(&body);
    let names: Vec<&str> = decoded.batch.spans.iter().map(|span| span.name.as_str()).collect();
    assert_eq!((names, decoded.counts.rejected), (vec!["a", "b", "c"], 3));
    assert_eq!(
        hints(&decoded),
        [
            "resourceSpans[0] must be an object, not a list",
            "resourceSpans[1].resource must be an object, not a number",
            "resourceSpans[1].scopeSpans[0].scope must be an object, not a list",
            "resourceSpans[1].scopeSpans[0].spans[1] must be an object, not text",
            "resourceSpans[1].scopeSpans[1].spans must be a list, not a number",
        ]
    );
    // Every place is one in the body.
    let at = decoded.batch.errors[3].offset.unwrap();
    assert!(body[usize::try_from(at).unwrap()..].starts_with("\"no span\""));
}

#[test]
fn a_span_is_kept_without_the_member_that_does_not_fit() {
    for (member, value, want) in [
        ("attributes", json!({"a": 1}), ".attributes must be a list, not an object"),
        ("attributes", json!(["x"]), ".attributes[0] must be an object, not text"),
        (
            "attributes",
            json!([{"key": "k", "value": "plain"}]),
            ".attributes[0].value must be an object, not text",
        ),
        (
            "attributes",
            json!([{"key": 1, "value": {}}]),
            ".attributes[0].key must be text, not a number",
        ),
        (
            "attributes",
            json!([{"key": "k", "value": {"stringValue": 5}}]),
            ".attributes[0].value.stringValue must be text, not a number",
        ),
        (
            "attributes",
            json!([{"key": "k", "value": {"intValue": "many"}}]),
            ".attributes[0].value.intValue must be a number, not text",
        ),
        (
            "attributes",
            json!([{"key": "k", "value": {"arrayValue": {"values": "x"}}}]),
            ".attributes[0].value.values must be a list, not text",
        ),
        ("events", json!("x"), ".events must be a list, not text"),
        ("events", json!([{"name": []}]), ".events[0].name must be text, not a list"),
        ("links", json!([[]]), ".links[0] must be an object, not a list"),
        ("status", json!(2), ".status must be an object, not a number"),
        (
            "status",
            json!({"code": true}),
            ".status.code must be a number or a name, not true or false",
        ),
        ("startTimeUnixNano", json!([]), ".startTimeUnixNano must be a number, not a list"),
        ("name", json!({}), ".name must be text, not an object"),
        ("kind", json!([]), ".kind must be a number or a name, not a list"),
        ("parentSpanId", json!(1), ".parentSpanId must be text, not a number"),
    ] {
        let mut one = span("a");
        one[member] = value;
        let decoded = read(&request(&json!([of_resource(&json!([one]))])));
        assert_eq!((decoded.counts.spans, decoded.counts.rejected), (1, 0), "{want}");
        let want = format!("resourceSpans[0].scopeSpans[0].spans[0]{want}");
        assert_eq!(hints(&decoded), [want]);
    }
    // Absent, empty and unknown members are no misfits.
    let mut one = span("a");
    one["attributes"] = Value::Null;
    one["events"] = json!([]);
    one["unknown"] = json!([[1]]);
    one["droppedAttributesCount"] = json!("3");
    let body = json!({"resourceSpans": [of_resource(&json!([one]))], "resourceLogs": null});
    assert_eq!(read(&body.to_string()).batch.errors.len(), 0);
}

#[test]
fn log_records_are_held_to_their_types_too() {
    let record = json!({"timeUnixNano": {}, "body": "text", "attributes": 1});
    let body = json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [record, 5]}]}]});
    let decoded = read(&body.to_string());
    assert_eq!((decoded.counts.log_records, decoded.counts.rejected), (1, 1));
    let places: Vec<String> = hints(&decoded)
        .iter()
        .map(|hint| hint.replace("resourceLogs[0].scopeLogs[0].", ""))
        .collect();
    assert_eq!(
        places,
        [
            "logRecords[0].timeUnixNano must be a number, not an object",
            "logRecords[0].body must be an object, not text",
            "logRecords[0].attributes must be a list, not a number",
            "logRecords[1] must be an object, not a number",
        ]
    );
}

#[test]
fn an_unknown_format_is_called_so() {
    for body in [r#"{"foo":[1]}"#, r#"{"name":"package","version":"1.0"}"#, r#"[{"foo":1}]"#] {
        let decoded = read(body);
        let error = &decoded.batch.errors[0];
        assert_eq!((error.code.as_str(), decoded.counts.rejected), ("unknown_format", 1), "{body}");
        assert!(error.hint.as_deref().unwrap().starts_with("format not recognised"));
    }
    // Meant to be a span, and none.
    assert_eq!(read(r#"{"name":"s","start_time":1}"#).batch.errors[0].code, "invalid_trace_id");
    // Requests in a list, or after lines of our own.
    let request = request(&json!([of_resource(&json!([span("a")]))]));
    assert_eq!(read(&format!("[{request},{request}]")).counts.spans, 2);
    assert_eq!(read(&format!("{{\"foo\":1}}\n{request}\n")).counts.spans, 1);
}

#[test]
fn broken_characters_cost_themselves_only() {
    let line = |name: &str| {
        format!(
            r#"{{"trace_id":"{}","span_id":"{}","name":"{name}","start_time":1}}"#,
            "07".repeat(16),
            "08".repeat(8)
        )
    };
    let lines = format!("{}\n{}\n", line(r"a\ud800b"), line(r"\ud83d\ude00"));
    let mut bytes = lines.into_bytes();
    bytes.extend(line("cXd").bytes());
    let at = bytes.iter().position(|byte| *byte == b'X').unwrap();
    bytes[at] = 0xff;
    let decoded = decode(&bytes, Format::Native, "lines", &context());
    let names: Vec<&str> = decoded.batch.spans.iter().map(|span| span.name.as_str()).collect();
    assert_eq!(names, ["a\u{fffd}b", "\u{1f600}", "c\u{fffd}d"]);
    assert_eq!((decoded.counts.rejected, decoded.batch.errors.len()), (0, 0));
    // In a request, and in JSON inside an attribute.
    let mut one = span("PLACE");
    one["attributes"] = json!([{"key": "gen_ai.output.messages", "value": {"stringValue":
        r#"[{"role":"assistant","parts":[{"type":"text","content":"x\udc00y"}]}]"#}}]);
    let body = request(&json!([of_resource(&json!([one]))])).replace("PLACE", r"q\ud800");
    for body in [body.clone(), format!("{body}\n{body}\n")] {
        let decoded = read(&body);
        assert!(decoded.batch.errors.is_empty());
        assert_eq!(decoded.batch.spans[0].name, "q\u{fffd}");
        assert_eq!(decoded.batch.payloads[0].output_text.as_deref(), Some("x\u{fffd}y"));
    }
}
