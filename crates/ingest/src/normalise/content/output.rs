//! What came out of a span.

use serde_json::{Value, json};
use spanlake_model::Kind;

use super::events::{choice_message, event_output};
use super::{Output, flattened, is_json_encoded};
use crate::attrs::{Attrs, Family, lookup};
use crate::conventions::Column;
use crate::normalise::messages::{self, Message, Part};
use crate::normalise::otel_messages;
use crate::otlp::{RawEvent, Val};

/// Reads the output of a span.
pub(crate) fn output(attrs: &Attrs<'_, '_>, events: &[RawEvent<'_>], kind: Kind) -> Output {
    let mut output = first_output(attrs, events, kind).settle();
    if !output.messages.is_empty() || output.text.is_some() {
        let rest = ["output.value", "traceloop.entity.output", "ai.response.text"];
        for key in rest {
            attrs.take(key);
        }
    }
    // Flattened messages have no place for the reason; the raw response beside them has.
    if output.finish_reasons.is_empty()
        && let Some(Value::Object(members)) = attrs.json("output.value")
    {
        output.finish_reasons = messages::finish_reason(members).into_iter().collect();
    }
    // Vercel says "" where a step answered with tool calls only.
    if output.text.is_none() && attrs.has("ai.response.text") {
        output.text = Some(String::new());
    }
    output
}

fn first_output(attrs: &Attrs<'_, '_>, events: &[RawEvent<'_>], kind: Kind) -> Output {
    let mut output = Output::default();
    // The raw response stands beside the flattened messages and alone has the id.
    if matches!(kind, Kind::Llm)
        && let Some(value @ Value::Object(_)) = attrs.json("output.value")
    {
        identity(value, &mut output);
        // A stream's last chunk comes in an envelope.
        if let Some(inner @ Value::Object(_)) = value.get("data") {
            identity(inner, &mut output);
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
        if output.messages.iter().all(|message| message.parts.is_empty()) {
            // LiteLLM leaves a tool call out here and writes it the older way.
            let older = flattened(&attrs.family(Family::GenAiCompletion), "assistant");
            let parts = older.into_iter().flat_map(|message| message.parts);
            if let Some(message) = output.messages.first_mut() {
                message.parts.extend(parts);
                output.json = output.json.filter(|_| message.parts.is_empty());
            }
        }
        if !output.messages.is_empty() {
            return output;
        }
    }
    for family in [Family::OiOutput, Family::GenAiCompletion, Family::GenAiOutput] {
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

/// Members of a provider's answer, whose `id` and `model` are the answer's.
const ANSWER: &[&str] = &["choices", "candidates", "output", "content"];

/// Reads which answer it is out of a provider's response or `LangChain`'s result.
fn identity(value: &Value, output: &mut Output) {
    let text = |path: &str| lookup(value, path).and_then(Value::as_str).map(str::to_owned);
    let Some(members) = value.as_object() else { return };
    let (ids, models): (&[&str], &[&str]) = if members.contains_key("generations") {
        (
            &[
                "generations.0.0.message.kwargs.response_metadata.id",
                "generations.0.0.message.data.response_metadata.id",
                "llm_output.id",
            ],
            &[
                "generations.0.0.message.kwargs.response_metadata.model_name",
                "generations.0.0.message.data.response_metadata.model_name",
                "generations.0.0.message.kwargs.response_metadata.model",
                "llm_output.model_name",
            ],
        )
    } else if ANSWER.iter().any(|name| members.contains_key(*name)) {
        (&["id", "response_id", "responseId"], &["model", "modelVersion", "model_version"])
    } else {
        (&["id"], &[])
    };
    output.response_id = output.response_id.take().or_else(|| ids.iter().find_map(|id| text(id)));
    output.response_model =
        output.response_model.take().or_else(|| models.iter().find_map(|model| text(model)));
}

/// Python's description of an object says nothing.
fn is_repr(text: &str) -> bool {
    text.starts_with('<') && text.ends_with('>') && text.contains(" object at 0x")
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
        identity(value, output);
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
    let is_no_message = key == "gen_ai.output.messages" && text.trim() == "[]";
    if text.is_empty() || text == "null" || is_no_message || is_repr(&text) {
        return false;
    }
    output.text = Some(text);
    true
}
