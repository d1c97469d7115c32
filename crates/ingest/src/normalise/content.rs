//! What went into a span and what came out: which of many sources is read, and how.

use serde_json::{Map, Value, json};
use spanlake_model::Kind;

use super::flatten;
use super::messages::{self, Message, Part};
use super::otel_messages;
use crate::attrs::{Attrs, Family, lookup, parse_json, unquote};
use crate::conventions::Column;
use crate::otlp::{RawEvent, Val};

/// The input of a span.
#[derive(Default)]
pub(crate) struct Input {
    pub messages: Vec<Message>,
    /// The messages as sent, where they were in our form already.
    pub json: Option<String>,
    /// The text as sent, where the input is no list of messages.
    pub raw: Option<String>,
}

/// The output of a span.
#[derive(Default)]
pub(crate) struct Output {
    pub messages: Vec<Message>,
    /// The messages as sent, where they were in our form already.
    pub json: Option<String>,
    pub text: Option<String>,
    pub structured: Option<String>,
    pub finish_reasons: Vec<String>,
    pub response_id: Option<String>,
    pub response_model: Option<String>,
}

impl Output {
    /// Returns the tool calls of the messages.
    pub(crate) fn tool_calls(&self) -> impl Iterator<Item = &Part> {
        let parts = self.messages.iter().flat_map(|message| message.parts.iter());
        parts.filter(|part| matches!(part, Part::ToolCall { .. }))
    }

    /// Fills text and finish reasons from the messages where nothing better was said.
    fn settle(mut self) -> Self {
        if self.text.is_none() {
            let texts: Vec<String> =
                self.messages.iter().filter_map(Message::joined_text).collect();
            self.text = (!texts.is_empty()).then(|| texts.join("\n"));
        }
        if self.finish_reasons.is_empty() {
            let reasons = self.messages.iter().filter_map(|message| message.finish_reason.clone());
            self.finish_reasons = reasons.filter(|reason| !reason.is_empty()).collect();
        }
        self
    }
}

/// Keys whose text is always JSON, so that a quoted text is unquoted.
fn is_json_encoded(key: &str) -> bool {
    key.starts_with("mlflow.") || key.starts_with("traceloop.entity.")
}

/// Reads the input of a span.
pub(crate) fn input(attrs: &Attrs<'_, '_>, events: &[RawEvent<'_>]) -> Input {
    let input = first_input(attrs, events);
    let rest = ["input.value", "ai.prompt", "ai.prompt.messages", "traceloop.entity.input"];
    if !input.messages.is_empty() || input.raw.is_some() {
        for key in rest {
            attrs.take(key);
        }
    }
    input
}

fn first_input(attrs: &Attrs<'_, '_>, events: &[RawEvent<'_>]) -> Input {
    if let Some(val) = attrs.peek("gen_ai.input.messages") {
        attrs.take("gen_ai.input.messages");
        if let Some(text) = val.as_str()
            && let Some(messages) = otel_messages::read(text)
        {
            return Input { messages, json: Some(text.to_owned()), raw: None };
        }
        return read_input(val, attrs.json("gen_ai.input.messages"), false);
    }
    for family in [Family::OiInput, Family::GenAiPrompt] {
        if attrs.has_family(family) {
            let messages = flattened(&attrs.family(family), "user");
            if !messages.is_empty() {
                return Input { messages, ..Input::default() };
            }
        }
    }
    let messages = event_input(events);
    if !messages.is_empty() {
        return Input { messages, ..Input::default() };
    }
    if let Some(found) = attrs.first_attr(Column::InputMessages) {
        let input = read_input(found.val, found.json(), is_json_encoded(found.key()));
        if !input.messages.is_empty() || input.raw.is_some() {
            found.take();
            return input;
        }
    }
    if attrs.has_family(Family::OiPrompts) {
        let members = attrs.family(Family::OiPrompts);
        let texts = members.iter().filter_map(|(_, val)| val.as_str());
        let messages: Vec<_> = texts.map(|text| Message::text("user", text)).collect();
        if !messages.is_empty() {
            return Input { messages, ..Input::default() };
        }
    }
    for key in ["llm.prompts", "input.value", "traceloop.entity.input"] {
        if let Some(val) = attrs.peek(key) {
            attrs.take(key);
            return read_input(val, attrs.json(key), is_json_encoded(key));
        }
    }
    Input::default()
}

fn read_input(val: &Val<'_>, parsed: Option<&Value>, json_encoded: bool) -> Input {
    match parsed {
        Some(Value::Object(members)) if members.is_empty() => return Input::default(),
        Some(Value::Array(items)) if items.is_empty() => return Input::default(),
        Some(value @ (Value::Object(_) | Value::Array(_))) => {
            let messages = messages::read(value, "user");
            if !messages.is_empty() {
                return Input { messages, ..Input::default() };
            }
        }
        _ => {}
    }
    let raw = match val {
        Val::Str(text) if json_encoded => unquote(text).into_owned(),
        Val::Str(text) => text.clone().into_owned(),
        Val::Null => return Input::default(),
        other => other.to_json().to_string(),
    };
    Input { raw: (!raw.is_empty() && raw != "null").then_some(raw), ..Input::default() }
}

/// Reads flattened message lists of OpenInference and OpenLLMetry.
fn flattened(members: &[(&str, &Val<'_>)], default_role: &str) -> Vec<Message> {
    let items = flatten::list(members);
    items
        .iter()
        .filter_map(|item| {
            let item = item.as_object()?;
            let body = item.get("message").and_then(Value::as_object).unwrap_or(item);
            let mut found = messages::read(&Value::Object(unwrapped(body)), default_role);
            if found.is_empty() && body.contains_key("role") {
                let role = messages::string(body, &["role"]).unwrap_or_default();
                return Some(Message { role, ..Message::default() });
            }
            found.pop()
        })
        .collect()
}

/// Takes OpenInference's wrappers off a message's parts and gives it a role to be known by.
fn unwrapped(body: &Map<String, Value>) -> Map<String, Value> {
    let mut members = body.clone();
    members.entry("role").or_insert_with(|| Value::from(""));
    if members.get("role") == Some(&Value::from("")) {
        members.remove("role");
    }
    if !members.contains_key("role") && !members.contains_key("content") {
        members.insert("content".to_owned(), Value::Null);
    }
    members
}

/// Reads the input from span events.
fn event_input(events: &[RawEvent<'_>]) -> Vec<Message> {
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
            found.extend(event_message(&event_body(event), role));
        }
    }
    found
}

/// Reads the output from span events.
fn event_output(events: &[RawEvent<'_>]) -> Vec<Message> {
    let mut found = Vec::new();
    for event in events {
        match event.name.as_ref() {
            "gen_ai.choice" => found.extend(choice_message(&event_body(event))),
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
pub(crate) fn event_message(body: &Value, role: &str) -> Option<Message> {
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
pub(crate) fn choice_message(body: &Value) -> Option<Message> {
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

/// Reads the output of a span.
pub(crate) fn output(attrs: &Attrs<'_, '_>, events: &[RawEvent<'_>], kind: Kind) -> Output {
    let mut output = first_output(attrs, events, kind).settle();
    if !output.messages.is_empty() || output.text.is_some() {
        let rest = ["output.value", "traceloop.entity.output", "ai.response.text"];
        for key in rest {
            attrs.take(key);
        }
    }
    // Vercel says "" where a step answered with tool calls only.
    if output.text.is_none() && attrs.has("ai.response.text") {
        output.text = Some(String::new());
    }
    output
}

fn first_output(attrs: &Attrs<'_, '_>, events: &[RawEvent<'_>], kind: Kind) -> Output {
    let mut output = Output::default();
    if matches!(kind, Kind::Llm) {
        // The raw response stands beside the flattened messages and alone has the id.
        if let Some(Value::Object(members)) = attrs.json("output.value") {
            output.response_id = messages::string(members, &["id"]);
        }
    }
    if let Some(val) = attrs.peek("gen_ai.output.messages") {
        attrs.take("gen_ai.output.messages");
        if let Some(text) = val.as_str()
            && let Some(messages) = otel_messages::read(text)
            && !messages.is_empty()
        {
            output.messages = messages;
            output.json = Some(text.to_owned());
        } else if let Some(value) = attrs.json("gen_ai.output.messages") {
            output.messages = messages::read(value, "assistant");
        } else {
            // Cut off by an attribute length limit: kept as it is, not as an answer.
            let cut = val.as_str().unwrap_or_default();
            output.messages = vec![Message {
                role: "assistant".to_owned(),
                parts: vec![Part::Other(json!({"type": "truncated", "content": cut}))],
                ..Message::default()
            }];
        }
        if !output.messages.is_empty() {
            return output;
        }
    }
    for family in [Family::OiOutput, Family::GenAiCompletion] {
        if attrs.has_family(family) {
            output.messages = flattened(&attrs.family(family), "assistant");
            if output.messages.iter().any(|message| !message.parts.is_empty()) {
                return output;
            }
        }
    }
    let from_events = event_output(events);
    if !from_events.is_empty() {
        output.messages = from_events;
        return output;
    }
    if attrs.has_family(Family::OiChoices) {
        let members = attrs.family(Family::OiChoices);
        let texts = members.iter().filter_map(|(_, val)| val.as_str());
        output.messages = texts.map(|text| Message::text("assistant", text)).collect();
        return output;
    }
    // Pydantic AI's first format lists its events in one attribute.
    if let Some(Value::Array(events)) = attrs.json("events") {
        let is_choice = |event: &&Value| {
            event.get("event.name").and_then(Value::as_str) == Some("gen_ai.choice")
        };
        output.messages = events.iter().filter(is_choice).filter_map(choice_message).collect();
        if !output.messages.is_empty() {
            return output;
        }
    }
    if vercel_output(attrs, &mut output) {
        return output;
    }
    if let Some(found) = attrs.first_attr(Column::OutputMessages) {
        let key = found.key();
        if read_output(found.val, found.json(), key, &mut output) {
            found.take();
            return output;
        }
    }
    for key in ["output.value", "traceloop.entity.output"] {
        if let Some(val) = attrs.peek(key)
            && !matches!(kind, Kind::Embedding)
            && read_output(val, attrs.json(key), key, &mut output)
        {
            attrs.take(key);
            return output;
        }
    }
    output
}

fn vercel_output(attrs: &Attrs<'_, '_>, output: &mut Output) -> bool {
    let mut parts = Vec::new();
    for key in ["ai.response.text", "ai.result.text"] {
        if let Some(text) = attrs.peek_str(key) {
            attrs.take(key);
            parts.push(Part::Text(text.to_owned()));
            break;
        }
    }
    for key in ["ai.response.object", "ai.result.object"] {
        if let Some(text) = attrs.peek_str(key) {
            output.structured = Some(text.to_owned());
            if parts.is_empty() {
                parts.push(Part::Text(text.to_owned()));
            }
            attrs.take(key);
            break;
        }
    }
    for key in ["ai.response.toolCalls", "ai.result.toolCalls"] {
        if let Some(Value::Array(calls)) = attrs.json(key) {
            attrs.take(key);
            parts.extend(calls.iter().filter_map(messages::tool_call));
            break;
        }
    }
    if parts.is_empty() {
        return false;
    }
    output.messages = vec![Message { role: "assistant".to_owned(), parts, ..Message::default() }];
    true
}

/// Reads one output attribute; `false` when it says nothing.
fn read_output(val: &Val<'_>, parsed: Option<&Value>, key: &str, output: &mut Output) -> bool {
    let unwrapped = match parsed {
        // LangSmith wraps everything that is no chat completion.
        Some(Value::Object(members)) if key == "gen_ai.completion" && members.len() == 1 => {
            members.get("output").or(parsed)
        }
        _ => parsed,
    };
    if let Some(value @ (Value::Object(_) | Value::Array(_))) = unwrapped {
        output.messages = messages::read(value, "assistant");
        if let Value::Object(members) = value {
            let is_response = ["choices", "candidates", "output", "generations", "content"]
                .iter()
                .any(|name| members.contains_key(*name));
            if is_response && output.response_id.is_none() {
                output.response_id =
                    messages::string(members, &["id", "response_id"]).or_else(|| {
                        let path = "generations.0.0.message.kwargs.response_metadata.id";
                        lookup(value, path).and_then(Value::as_str).map(str::to_owned)
                    });
            }
            if is_response {
                output.response_model = messages::string(members, &["model"]);
            }
        }
        if !output.messages.is_empty() {
            return true;
        }
    }
    // Logfire joins the chunks of a stream.
    let joined = unwrapped.and_then(|value| value.get("combined_chunk_content")?.as_str());
    let text = match unwrapped {
        Some(_) if joined.is_some() => joined.unwrap_or_default().to_owned(),
        Some(Value::String(inner)) if is_json_encoded(key) || key == "gen_ai.completion" => {
            inner.clone()
        }
        Some(Value::Null) => return false,
        Some(other) if key == "gen_ai.completion" => other.to_string(),
        _ => match val {
            Val::Str(text) => text.clone().into_owned(),
            Val::Null => return false,
            other => other.to_json().to_string(),
        },
    };
    if text.is_empty() || text == "null" {
        return false;
    }
    output.text = Some(text);
    true
}
