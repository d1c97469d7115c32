//! What went into a span.

use serde_json::Value;

use super::events::event_input;
use super::{Input, flattened, is_json_encoded};
use crate::attrs::{Attrs, Family, unquote};
use crate::conventions::Column;
use crate::normalise::messages::{self, Message};
use crate::normalise::otel_messages;
use crate::otlp::{RawEvent, Val};

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
    for family in [Family::OiInput, Family::GenAiPrompt, Family::GenAiInput] {
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
