//! Messages of one call that arrive as log records in several requests.

use serde_json::{Value, json};
use spanlake_ingest::{Format, decode};

use crate::conformance::context;
use crate::fold::Fold;

fn record(name: &str, time: u64, body: &Value) -> Value {
    let members: Vec<Value> = body
        .as_object()
        .unwrap()
        .iter()
        .map(|(key, value)| json!({"key": key, "value": {"stringValue": value}}))
        .collect();
    json!({"traceId": "07".repeat(16), "spanId": "08".repeat(8), "eventName": name,
        "timeUnixNano": time.to_string(), "body": {"kvlistValue": {"values": members}}})
}

fn logs(records: &[Value]) -> String {
    json!({"resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]}).to_string()
}

#[test]
fn they_come_together_in_order_and_once() {
    let start = 1_795_440_000_000_000_000_u64;
    let system = record("gen_ai.system.message", start + 1, &json!({"content": "be brief"}));
    let user = record("gen_ai.user.message", start + 2, &json!({"content": "how long?"}));
    let tool = record("gen_ai.tool.message", start + 3, &json!({"content": "30", "id": "c1"}));
    let span = json!({"resourceSpans": [{"scopeSpans": [{"spans": [{
        "traceId": "07".repeat(16), "spanId": "08".repeat(8), "name": "chat gpt-4o",
        "startTimeUnixNano": start.to_string(), "endTimeUnixNano": (start + 9).to_string(),
        "attributes": [{"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}}]}]}]}]});
    let requests = [
        logs(&[system, user.clone()]),
        span.to_string(),
        // Sent again after a lost acknowledgement, with one more.
        logs(&[user, tool]),
    ];
    for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2], [0, 2, 1]] {
        let mut fold = Fold::default();
        for at in order {
            fold.add(decode(requests[at].as_bytes(), Format::OtlpJson, "t", &context()).batch);
        }
        let settled = fold.settle();
        let payload = settled.payloads.values().next().unwrap();
        let messages: Vec<Value> =
            serde_json::from_str(payload.input_messages.as_deref().unwrap()).unwrap();
        let roles: Vec<&str> =
            messages.iter().map(|message| message["role"].as_str().unwrap()).collect();
        assert_eq!(roles, ["system", "user", "tool"], "{order:?}");
    }
}

#[test]
fn answers_of_several_requests_make_one_list_of_calls() {
    let start = 1_795_440_000_000_000_000_u64;
    let choice = |time: u64, reason: &str, text: &str, call: Option<&str>| {
        let pair = |key: &str, value: Value| json!({"key": key, "value": value});
        let text_value = |text: &str| json!({"stringValue": text});
        let map = |members: Vec<Value>| json!({"kvlistValue": {"values": members}});
        let mut message = vec![pair("content", text_value(text))];
        if let Some(name) = call {
            let function = map(vec![
                pair("name", text_value(name)),
                pair("arguments", text_value("{\"city\":\"Paris\"}")),
            ]);
            let one = map(vec![
                pair("id", text_value(&format!("call_{name}"))),
                pair("type", text_value("function")),
                pair("function", function),
            ]);
            message.push(pair("tool_calls", json!({"arrayValue": {"values": [one]}})));
        }
        json!({"traceId": "07".repeat(16), "spanId": "08".repeat(8), "eventName": "gen_ai.choice",
            "timeUnixNano": time.to_string(), "body": map(vec![
                pair("finish_reason", text_value(reason)), pair("message", map(message))])})
    };
    let span = json!({"resourceSpans": [{"scopeSpans": [{"spans": [{
        "traceId": "07".repeat(16), "spanId": "08".repeat(8), "name": "chat gpt-4o",
        "startTimeUnixNano": start.to_string(), "endTimeUnixNano": (start + 9).to_string(),
        "attributes": [{"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}}]}]}]}]});
    let requests = [
        logs(&[choice(start + 1, "tool_calls", "wait", Some("weather"))]),
        span.to_string(),
        logs(&[choice(start + 2, "stop", "done", None)]),
        logs(&[choice(start + 3, "tool_calls", "", Some("news"))]),
    ];
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2], [2, 0, 3, 1]] {
        let mut fold = Fold::default();
        for at in order {
            fold.add(decode(requests[at].as_bytes(), Format::OtlpJson, "t", &context()).batch);
        }
        let settled = fold.settle();
        let payload = settled.payloads.values().next().unwrap();
        let span = settled.spans.values().next().unwrap();
        assert_eq!(span.tool_calls_requested, ["weather", "news"], "{order:?}");
        assert_eq!(span.finish_reasons, ["tool_calls", "stop", "tool_calls"]);
        assert_eq!(span.finish_reason.as_deref(), Some("tool_calls"));
        let calls: Vec<Value> =
            serde_json::from_str(payload.tool_calls.as_deref().unwrap()).unwrap();
        let ids: Vec<&str> = calls.iter().map(|call| call["id"].as_str().unwrap()).collect();
        assert_eq!(ids, ["call_weather", "call_news"]);
        assert_eq!(calls[0]["arguments"], json!({"city": "Paris"}));
        let text = payload.output_text.as_deref().unwrap();
        assert!(text.starts_with("wait\ndone"));
        // What the span shows of its answer is of all of them.
        assert_eq!(span.output_preview.as_deref(), Some(text));
        let bytes = text.len() + payload.tool_calls.as_deref().unwrap().len();
        assert_eq!(span.output_bytes, Some(bytes as i64));
    }
}
