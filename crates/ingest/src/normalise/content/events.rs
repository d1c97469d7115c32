//! Messages in the events of a span, or in log records that stand for such events.

use serde_json::{Value, json};

use crate::attrs::parse_json;
use crate::normalise::messages::{self, Message, Part};
use crate::otlp::RawEvent;

/// Reads the input from span events.
pub(super) fn event_input(events: &[RawEvent<'_>]) -> Vec<Message> {
    let mut found = Vec::new();
    for event in events {
        let role = match event.name.as_ref() {
            "gen_ai.system.message" => "system",
            "gen_ai.user.message" | "gen_ai.content.prompt" => "user",
            "gen_ai.assistant.message" => "assistant",
            "gen_ai.tool.message" => "tool",
            "gen_ai.client.inference.operation.details" => {
                if let Some(value) = event_json(event, "gen_ai.input.messages") {
                    found.extend(messages::read(&value, "user"));
                }
                continue;
            }
            _ => continue,
        };
        if event.name == "gen_ai.content.prompt" {
            if let Some(value) = event_json(event, "gen_ai.prompt") {
                found.extend(messages::read(&value, "user"));
            } else if let Some(text) = event_text(event, "gen_ai.prompt") {
                found.push(Message::text("user", text));
            }
        } else {
            found.extend(event_message(&event_body(event), role).map(|one| stamped(one, event)));
        }
    }
    found
}

/// A logged message keeps its record's time, so that those of several requests come together.
fn stamped(message: Message, event: &RawEvent<'_>) -> Message {
    Message { logged_at: event.is_logged.then_some(event.time_unix_nano), ..message }
}

/// Reads the output from span events.
pub(super) fn event_output(events: &[RawEvent<'_>]) -> Vec<Message> {
    let mut found = Vec::new();
    for event in events {
        match event.name.as_ref() {
            "gen_ai.choice" => {
                found.extend(choice_message(&event_body(event)).map(|one| stamped(one, event)));
            }
            "gen_ai.content.completion" => {
                if let Some(value) = event_json(event, "gen_ai.completion") {
                    found.extend(messages::read(&value, "assistant"));
                } else if let Some(text) = event_text(event, "gen_ai.completion") {
                    found.push(Message::text("assistant", text));
                }
            }
            "gen_ai.client.inference.operation.details" => {
                if let Some(value) = event_json(event, "gen_ai.output.messages") {
                    found.extend(messages::read(&value, "assistant"));
                }
            }
            _ => {}
        }
    }
    found
}

fn event_json(event: &RawEvent<'_>, key: &str) -> Option<Value> {
    let (_, val) = event.attributes.iter().rfind(|(name, _)| name == key)?;
    parse_json(val).filter(|value| value.is_array() || value.is_object())
}

fn event_text(event: &RawEvent<'_>, key: &str) -> Option<String> {
    let (_, val) = event.attributes.iter().rfind(|(name, _)| name == key)?;
    val.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// An event's attributes as one object, JSON text parsed.
fn event_body(event: &RawEvent<'_>) -> Value {
    let members = event.attributes.iter().map(|(key, val)| {
        let parsed = parse_json(val).filter(|value| value.is_array() || value.is_object());
        (key.to_string(), parsed.unwrap_or_else(|| val.to_json()))
    });
    Value::Object(members.collect())
}

/// Reads the body of a `gen_ai.*.message` event.
fn event_message(body: &Value, role: &str) -> Option<Message> {
    let Value::Object(members) = body else {
        let text = body.as_str().filter(|text| !text.is_empty())?;
        return Some(Message::text(role, text));
    };
    let mut members = members.clone();
    if let Some(content) =
        members.remove("gen_ai.event.content").or_else(|| members.remove("event.content"))
    {
        return event_message(&content_or_text(content), role);
    }
    members.retain(|key, _| !key.starts_with("gen_ai.") && !key.starts_with("event."));
    let role_given = messages::string(&members, &["role"]).unwrap_or_else(|| role.to_owned());
    members.insert("role".to_owned(), Value::from(role_given));
    members.entry("content").or_insert(Value::Null);
    messages::read(&Value::Object(members), role).pop()
}

fn content_or_text(content: Value) -> Value {
    match &content {
        Value::String(text) => {
            serde_json::from_str::<Value>(text).ok().filter(Value::is_object).unwrap_or(content)
        }
        _ => content,
    }
}

/// Reads the body of a `gen_ai.choice` event.
pub(super) fn choice_message(body: &Value) -> Option<Message> {
    let parsed;
    let body = match body {
        // Some exporters write the body as JSON text.
        Value::String(text) => {
            parsed = serde_json::from_str(text).unwrap_or_else(|_| json!({"message": text}));
            &parsed
        }
        other => other,
    };
    let members = body.as_object()?;
    let reason = messages::finish_reason(members)
        .or_else(|| messages::string(members, &["gen_ai.choice.finish_reason"]));
    let mut message = match members.get("message") {
        Some(Value::String(text)) => Message::text("assistant", text.as_str()),
        // Strands writes the list of content blocks.
        Some(list @ Value::Array(_)) => {
            event_message(&json!({"role": "assistant", "content": list}), "assistant")?
        }
        Some(message) => event_message(message, "assistant")?,
        None => event_message(body, "assistant")?,
    };
    // Strands puts tool calls beside the message.
    if let Some(Value::Array(calls)) = members.get("tool_calls") {
        let calls: Vec<Part> = calls.iter().filter_map(messages::tool_call).collect();
        let fresh: Vec<Part> =
            calls.into_iter().filter(|call| !message.parts.contains(call)).collect();
        message.parts.extend(fresh);
    }
    message.finish_reason = reason.or(message.finish_reason);
    Some(message)
}
