//! What went into a span and what came out: which of many sources is read, and how.

mod events;
mod input;
mod output;

use serde_json::{Map, Value};

use super::flatten;
use super::messages::{self, Message, Part};
use crate::otlp::Val;
pub(crate) use input::input;
pub(crate) use output::output;

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
            let by_assistant = |message: &&Message| message.role == "assistant";
            let is_history = self.messages.iter().any(|message| message.role == "user");
            // Of a conversation's state the answer is what was said last.
            let texts: Vec<String> = if is_history {
                let said = self.messages.iter().filter(by_assistant);
                said.rev().find_map(Message::joined_text).into_iter().collect()
            } else {
                self.messages.iter().filter_map(Message::joined_text).collect()
            };
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
    ["mlflow.", "traceloop.entity.", "lmnr.", "genkit:", "braintrust."]
        .iter()
        .any(|prefix| key.starts_with(prefix))
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
    if let Some(parts) = members.get("content").and_then(listed_parts) {
        members.insert("content".to_owned(), parts);
    }
    if !members.contains_key("role") && !members.contains_key("content") {
        members.insert("content".to_owned(), Value::Null);
    }
    members
}

/// What a provider calls the parts of a message that are no text.
const PART_KINDS: &[&str] = &[
    "image_url",
    "input_image",
    "image",
    "input_audio",
    "file",
    "tool_use",
    "tool_call",
    "tool_result",
    "thinking",
];

/// Reads a content that is a provider's list of typed parts, written as JSON.
fn listed_parts(content: &Value) -> Option<Value> {
    let text = content.as_str().filter(|text| text.starts_with("[{"))?;
    let parts: Vec<Value> = serde_json::from_str(text).ok()?;
    let is_part = |part: &Value| {
        let kind = part.get("type").and_then(Value::as_str).unwrap_or_default();
        if kind == "text" {
            return part.get("text").is_some_and(Value::is_string);
        }
        PART_KINDS.contains(&kind)
    };
    parts.iter().all(is_part).then_some(Value::Array(parts))
}
