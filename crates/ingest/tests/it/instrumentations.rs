//! Spans of SDKs that the captures do not cover, written from their sources.

use serde_json::{Value, json};
use spanlake_ingest::{Format, decode};
use spanlake_model::{Kind, PayloadRow, SpanRow};

use crate::conformance::context;

/// Decodes one span from attributes and events given as plain JSON.
pub(crate) fn one(name: &str, attributes: &Value, events: &Value) -> (SpanRow, PayloadRow) {
    let list = |value: &Value| -> Vec<Value> {
        let members = value.as_object().unwrap();
        members.iter().map(|(key, value)| json!({"key": key, "value": any(value)})).collect()
    };
    let events: Vec<Value> = events
        .as_array()
        .unwrap()
        .iter()
        .map(|event| {
            json!({"name": event["name"], "attributes": list(&event["attributes"]),
                "timeUnixNano": event["time"]})
        })
        .collect();
    let body = json!({"resourceSpans": [{"scopeSpans": [{"spans": [{
        "traceId": "07".repeat(16), "spanId": "08".repeat(8), "name": name,
        "startTimeUnixNano": "1795440000000000000", "endTimeUnixNano": "1795440001000000000",
        "attributes": list(attributes), "events": events,
    }]}]}]});
    let mut decoded = decode(body.to_string().as_bytes(), Format::OtlpJson, "test", &context());
    (decoded.batch.spans.remove(0), decoded.batch.payloads.pop().unwrap_or_default())
}

fn any(value: &Value) -> Value {
    match value {
        Value::Bool(flag) => json!({"boolValue": flag}),
        Value::Number(number) if number.is_i64() => json!({"intValue": number}),
        Value::Number(number) => json!({"doubleValue": number}),
        Value::Array(items) => {
            let values: Vec<Value> = items.iter().map(any).collect();
            json!({"arrayValue": {"values": values}})
        }
        other => json!({"stringValue": other}),
    }
}

#[test]
fn strands_writes_messages_as_span_events() {
    let (span, payload) = one(
        "chat",
        &json!({"gen_ai.operation.name": "chat", "gen_ai.system": "strands-agents",
            "gen_ai.request.model": "claude", "gen_ai.usage.prompt_tokens": 10,
            "gen_ai.usage.input_tokens": 10, "gen_ai.usage.output_tokens": 4}),
        &json!([
            {"name": "gen_ai.user.message", "attributes": {"content": "[{\"text\": \"hi\"}]"}},
            {"name": "gen_ai.choice", "attributes": {"finish_reason": "tool_use",
                "message": "[{\"text\": \"wait\"}, {\"toolUse\": {\"toolUseId\": \"t1\", \"name\": \"search\", \"input\": {\"q\": 1}}}]"}},
        ]),
    );
    assert_eq!((span.kind, span.input_tokens), (Kind::Llm, Some(10)));
    assert_eq!(payload.output_text.as_deref(), Some("wait"));
    assert_eq!(span.tool_calls_requested, ["search"]);
    assert_eq!(span.finish_reason.as_deref(), Some("tool_calls"));
    let input = r#"[{"role":"user","parts":[{"type":"text","content":"hi"}]}]"#;
    assert_eq!(payload.input_messages.as_deref(), Some(input));
}

#[test]
fn google_adk_keeps_request_and_response_as_json() {
    let (span, payload) = one(
        "call_llm",
        &json!({"gen_ai.system": "gcp.vertex.agent", "gen_ai.request.model": "gemini-2.5-flash",
            "gen_ai.usage.input_tokens": 5, "gen_ai.usage.output_tokens": 2,
            "gcp.vertex.agent.llm_request": "{\"model\":\"gemini-2.5-flash\",\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"weather?\"}]}]}",
            "gcp.vertex.agent.llm_response": "{\"content\":{\"parts\":[{\"text\":\"sunny\"}],\"role\":\"model\"},\"finish_reason\":\"STOP\",\"partial\":false}"}),
        &json!([]),
    );
    assert_eq!(span.kind, Kind::Llm);
    assert_eq!(payload.output_text.as_deref(), Some("sunny"));
    assert_eq!(span.finish_reasons, ["STOP"]);
    assert_eq!(span.finish_reason.as_deref(), Some("stop"));
    assert!(payload.input_messages.unwrap().contains("weather?"));
}

#[test]
fn openlit_writes_text_into_content_events() {
    let (span, payload) = one(
        "chat gpt-4o",
        &json!({"gen_ai.operation.name": "chat", "gen_ai.system": "openai",
            "gen_ai.request.model": "gpt-4o", "gen_ai.request.is_stream": false,
            "gen_ai.usage.cost": 0.25, "gen_ai.response.finish_reasons": ["stop"]}),
        &json!([
            {"name": "gen_ai.content.prompt", "attributes": {"gen_ai.prompt": "user: hi"}},
            {"name": "gen_ai.content.completion", "attributes": {"gen_ai.completion": "hello"}},
        ]),
    );
    assert_eq!((span.cost_usd, span.is_streaming), (Some(0.25), Some(false)));
    assert_eq!(payload.output_text.as_deref(), Some("hello"));
    assert_eq!(span.input_preview.as_deref(), Some("user: hi"));
}

#[test]
fn pydantic_ai_listed_its_events_in_an_attribute() {
    let events = json!([
        {"role": "user", "content": "hi", "gen_ai.message.index": 0, "event.name": "gen_ai.user.message"},
        {"index": 0, "message": {"role": "assistant", "content": "hello"}, "event.name": "gen_ai.choice"},
    ]);
    let (span, payload) = one(
        "chat gpt-4o",
        &json!({"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o",
            "logfire.span_type": "span", "events": events.to_string()}),
        &json!([]),
    );
    assert_eq!(payload.output_text.as_deref(), Some("hello"));
    assert_eq!(span.input_preview.as_deref(), Some("hi"));
}

#[test]
fn anthropic_answers_inside_mlflow_and_langchain_inside_langsmith() {
    let answer = json!({"id": "msg_1", "role": "assistant", "model": "claude", "type": "message",
        "stop_reason": "end_turn", "content": [{"type": "text", "text": "yes"}]});
    let (span, payload) = one(
        "messages",
        &json!({"mlflow.spanType": "\"CHAT_MODEL\"", "mlflow.spanOutputs": answer.to_string()}),
        &json!([]),
    );
    assert_eq!(payload.output_text.as_deref(), Some("yes"));
    assert_eq!(span.response_id.as_deref(), Some("msg_1"));
    assert_eq!(span.finish_reasons, ["end_turn"]);
    let answer = json!({"generations": [[{"text": "yes", "generation_info": {"finish_reason": "stop"},
        "type": "ChatGeneration", "message": {"lc": 1, "type": "constructor",
        "id": ["langchain", "schema", "messages", "AIMessage"], "kwargs": {"content": "yes",
        "response_metadata": {"id": "chatcmpl-9"}, "tool_calls": []}}}]], "llm_output": {}});
    let (span, payload) = one(
        "ChatOpenAI",
        &json!({"langsmith.span.kind": "llm", "gen_ai.completion": answer.to_string()}),
        &json!([]),
    );
    assert_eq!(payload.output_text.as_deref(), Some("yes"));
    assert_eq!(span.response_id.as_deref(), Some("chatcmpl-9"));
    assert_eq!(span.finish_reasons, ["stop"]);
}

#[test]
fn langfuse_usage_comes_in_three_shapes() {
    for (usage, input, cached) in [
        (json!({"input": 56, "output": 9, "input_cached_tokens": 32, "total": 97}), 88, 32),
        (
            json!({"prompt_tokens": 88, "completion_tokens": 9,
                "prompt_tokens_details": {"cached_tokens": 32}}),
            88,
            32,
        ),
        (json!({"input_tokens": 56, "output_tokens": 9, "cache_read_input_tokens": 32}), 88, 32),
        (json!({"input": 56, "output": 9, "cache_read_input_tokens": 32}), 88, 32),
        (json!({"input": 88, "output": 9, "total": 97, "cache_read_input_tokens": 32}), 88, 32),
        (
            json!({"input_tokens": 88, "output_tokens": 9,
                "input_tokens_details": {"cached_tokens": 32}}),
            88,
            32,
        ),
    ] {
        let attributes = json!({"langfuse.observation.type": "generation",
            "langfuse.observation.usage_details": usage.to_string()});
        let (span, _) = one("g", &attributes, &json!([]));
        let read = (span.input_tokens, span.output_tokens, span.cache_read_tokens);
        assert_eq!(read, (Some(input), Some(9), Some(cached)), "{usage}");
    }
}

#[test]
fn responses_api_items_and_structured_objects_are_answers() {
    let items = json!({"id": "resp_1", "model": "gpt-5", "output": [
        {"type": "reasoning", "summary": []},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "ok"}]},
        {"type": "function_call", "call_id": "c1", "name": "lookup", "arguments": "{\"id\":1}"}]});
    let (span, payload) = one(
        "Responses",
        &json!({"openinference.span.kind": "LLM", "output.value": items.to_string()}),
        &json!([]),
    );
    assert_eq!(payload.output_text.as_deref(), Some("ok"));
    assert_eq!(span.tool_calls_requested, ["lookup"]);
    assert_eq!(span.response_id.as_deref(), Some("resp_1"));
    // An answer that is JSON with members of its own is text, byte for byte.
    let text = "{\"content\": \"x\", \"city\": \"Bern\"}";
    let (_, payload) = one(
        "g",
        &json!({"langfuse.observation.type": "generation", "langfuse.observation.output": text}),
        &json!([]),
    );
    assert_eq!(payload.output_text.as_deref(), Some(text));
    let (span, payload) = one(
        "ai.generateObject.doGenerate",
        &json!({"ai.operationId": "ai.generateObject.doGenerate", "ai.settings.output": "object",
            "ai.response.object": "{\"a\":1}"}),
        &json!([]),
    );
    assert_eq!(payload.structured_output.as_deref(), Some("{\"a\":1}"));
    assert_eq!(span.parse_status.as_deref(), Some("ok"));
}
