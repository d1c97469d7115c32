//! Messages of every SDK and provider, read into OpenTelemetry's form: {role, parts}.

mod message;
mod parts;

use serde_json::{Map, Value, json};
use spanlake_model::LOGGED_AT;

use message::message;
use parts::content_parts;
pub(crate) use parts::{finish_reason, string, tool_call};

/// A piece of a message.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Part {
    Text(String),
    Reasoning(String),
    ToolCall {
        id: Option<String>,
        name: String,
        arguments: Value,
    },
    ToolResponse {
        id: Option<String>,
        response: Value,
    },
    /// Anything else, binary content already replaced.
    Other(Value),
}

/// One message.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Message {
    pub role: String,
    pub name: Option<String>,
    pub parts: Vec<Part>,
    pub finish_reason: Option<String>,
    /// Time of the log record that brought it.
    pub logged_at: Option<u64>,
}

impl Message {
    pub(crate) fn text(role: &str, text: impl Into<String>) -> Self {
        Self { role: role.to_owned(), parts: vec![Part::Text(text.into())], ..Self::default() }
    }

    /// Returns the message's text, or `None` when no part is text.
    pub(crate) fn joined_text(&self) -> Option<String> {
        let mut joined = None;
        for part in &self.parts {
            if let Part::Text(text) = part {
                joined.get_or_insert_with(String::new).push_str(text);
            }
        }
        joined
    }
}

/// Writes messages as a JSON list.
pub(crate) fn to_json(messages: &[Message]) -> String {
    Value::Array(messages.iter().map(message_json).collect()).to_string()
}

fn message_json(message: &Message) -> Value {
    let mut members = Map::new();
    members.insert("role".to_owned(), Value::from(message.role.as_str()));
    if let Some(name) = &message.name {
        members.insert("name".to_owned(), Value::from(name.as_str()));
    }
    let parts = message.parts.iter().map(part_json).collect();
    members.insert("parts".to_owned(), Value::Array(parts));
    if let Some(reason) = &message.finish_reason {
        members.insert("finish_reason".to_owned(), Value::from(reason.as_str()));
    }
    if let Some(time) = message.logged_at {
        members.insert(LOGGED_AT.to_owned(), Value::from(time));
    }
    Value::Object(members)
}

fn part_json(part: &Part) -> Value {
    match part {
        Part::Text(text) => json!({"type": "text", "content": text}),
        Part::Reasoning(text) => json!({"type": "reasoning", "content": text}),
        Part::ToolCall { id, name, arguments } => {
            json!({"type": "tool_call", "id": id, "name": name, "arguments": arguments})
        }
        Part::ToolResponse { id, response } => {
            json!({"type": "tool_call_response", "id": id, "response": response})
        }
        Part::Other(value) => value.clone(),
    }
}

/// Reads messages from a request, a response, a list or a single message, in any known form.
/// Returns nothing when the value is none of these.
pub(crate) fn read(value: &Value, default_role: &str) -> Vec<Message> {
    let mut messages = Vec::new();
    collect(value, default_role, 0, &mut messages);
    messages
}

/// Forms nest by a few levels only; deeper ones are not messages.
const MAX_NESTING: usize = 6;

fn collect(value: &Value, default_role: &str, depth: usize, out: &mut Vec<Message>) {
    if depth > MAX_NESTING {
        return;
    }
    match value {
        Value::Array(items) => {
            // LangChain's (role, text).
            if let [Value::String(role), Value::String(text)] = items.as_slice()
                && matches!(role.as_str(), "user" | "human" | "system" | "assistant" | "ai")
            {
                return out.push(Message::text(message::role_word(role), text.as_str()));
            }
            if items.iter().all(Value::is_string) {
                let texts = items.iter().filter_map(Value::as_str);
                out.extend(texts.map(|text| Message::text(default_role, text)));
                return;
            }
            for item in items {
                collect(item, default_role, depth + 1, out);
            }
        }
        Value::Object(members) => object(members, default_role, depth, out),
        _ => {}
    }
}

fn object(members: &Map<String, Value>, default_role: &str, depth: usize, out: &mut Vec<Message>) {
    let nested = |key: &str| members.get(key).filter(|value| value.is_array() || value.is_object());
    if let Some(messages) = nested("messages") {
        system(members, out);
        return collect(messages, "user", depth + 1, out);
    }
    if let Some(contents) = nested("contents").filter(|_| !members.contains_key("role")) {
        system(members, out);
        return collect(contents, "user", depth + 1, out);
    }
    // `LangWatch` says what kind of value it is.
    if let Some(value) = nested("value")
        && members.get("type").is_some_and(Value::is_string)
        && members.len() == 2
    {
        return collect(value, default_role, depth + 1, out);
    }
    if let Some(Value::Array(choices)) = members.get("choices") {
        return choices.iter().for_each(|choice| read_choice(choice, out));
    }
    if let Some(Value::Array(candidates)) = members.get("candidates") {
        return candidates.iter().for_each(|candidate| read_choice(candidate, out));
    }
    // Gemini's answer, as Google's ADK records it.
    if nested("content").is_some_and(|content| content.get("parts").is_some())
        && !members.contains_key("role")
    {
        return read_choice(&Value::Object(members.clone()), out);
    }
    if let Some(generations) = nested("generations") {
        return collect(generations, "assistant", depth + 1, out);
    }
    if let Some(message) = nested("message").filter(|message| message.is_object()) {
        // A LangChain generation, OpenInference's wrapper, or Bedrock's and Ollama's answer.
        let before = out.len();
        collect(message, default_role, depth + 1, out);
        let reason = finish_reason(members)
            .or_else(|| members.get("generation_info")?.as_object().and_then(finish_reason));
        if let Some(last) = out.last_mut().filter(|_| reason.is_some()) {
            last.finish_reason = reason;
        }
        if out.len() > before {
            return;
        }
    }
    if let Some(output) = nested("output")
        && (output.is_array() || members.len() <= 2 || output.get("message").is_some())
        && !members.contains_key("role")
    {
        return collect(output, "assistant", depth + 1, out);
    }
    if let Some(input) = members
        .get("input")
        .filter(|_| members.contains_key("model") && !members.contains_key("role"))
    {
        system(members, out);
        return match input {
            Value::String(text) => out.push(Message::text("user", text.as_str())),
            other => collect(other, "user", depth + 1, out),
        };
    }
    if let Some(prompt) = members.get("prompt").filter(|_| !members.contains_key("role")) {
        system(members, out);
        return match prompt {
            Value::String(text) => out.push(Message::text("user", text.as_str())),
            other => collect(other, "user", depth + 1, out),
        };
    }
    if let Some(message) = message(members, default_role) {
        out.push(message);
    }
}

/// Reads the system text that some requests carry beside their messages.
fn system(members: &Map<String, Value>, out: &mut Vec<Message>) {
    let names = ["system", "instructions", "system_instruction", "systemInstruction"];
    let Some(system) = names.iter().find_map(|name| members.get(*name)) else { return };
    let mut parts = Vec::new();
    content_parts(system, &mut parts);
    if !parts.is_empty() {
        out.push(Message { role: "system".to_owned(), parts, ..Message::default() });
    }
}

fn read_choice(value: &Value, out: &mut Vec<Message>) {
    let Some(members) = value.as_object() else { return };
    let reason = finish_reason(members);
    let inner = ["message", "delta", "content"].iter().find_map(|key| members.get(*key));
    let mut message = match inner {
        Some(Value::Object(inner)) => message(inner, "assistant").unwrap_or_default(),
        _ => members
            .get("text")
            .and_then(Value::as_str)
            .map_or_else(Message::default, |text| Message::text("assistant", text)),
    };
    if message.role.is_empty() {
        "assistant".clone_into(&mut message.role);
    }
    message.finish_reason = reason.or(message.finish_reason);
    out.push(message);
}
