//! The parts of a message: text, reasoning, tool calls and their answers, anything else.

use serde_json::{Map, Value};

use super::Part;
use crate::normalise::binary;

pub(super) fn tool_calls(members: &Map<String, Value>, parts: &mut Vec<Part>) {
    let lists = ["tool_calls", "toolCalls"].iter().filter_map(|key| members.get(*key)?.as_array());
    let single = members.get("function_call").filter(|call| call.is_object());
    for call in lists.flatten().chain(single) {
        let Some(call) = tool_call(call) else { continue };
        let Part::ToolCall { id, name, .. } = &call else { continue };
        let repeated = parts.iter().any(|part| match part {
            Part::ToolCall { id: known, name: known_name, .. } => {
                known == id && (id.is_some() || known_name == name)
            }
            _ => false,
        });
        if !repeated {
            parts.push(call);
        }
    }
    // LangChain repeats OpenAI's calls under additional_kwargs.
    if let Some(Value::Object(more)) = members.get("additional_kwargs")
        && !parts.iter().any(|part| matches!(part, Part::ToolCall { .. }))
    {
        let more: Map<String, Value> = more
            .iter()
            .filter(|(key, _)| *key != "additional_kwargs")
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        if more.contains_key("tool_calls") || more.contains_key("function_call") {
            tool_calls(&more, parts);
        }
    }
}

/// Reads a tool call in any known form.
pub(crate) fn tool_call(value: &Value) -> Option<Part> {
    let members = value.as_object()?;
    let members = match members.get("tool_call").or_else(|| members.get("toolUse")) {
        Some(Value::Object(inner)) => inner,
        _ => members,
    };
    let function = members.get("function").and_then(Value::as_object);
    let id = string(members, &["id", "toolCallId", "call_id", "toolUseId", "tool_call_id", "ref"]);
    let name = function
        .and_then(|function| string(function, &["name"]))
        .or_else(|| string(members, &["name", "toolName", "tool_name"]))?;
    let arguments = function
        .and_then(|function| function.get("arguments"))
        .or_else(|| {
            ["arguments", "input", "args", "parameters"].iter().find_map(|key| members.get(*key))
        })
        .map_or(Value::Null, parsed);
    Some(Part::ToolCall { id, name, arguments })
}

/// Parses text that is a JSON object or list; keeps anything else.
pub(super) fn parsed(value: &Value) -> Value {
    if let Value::String(text) = value
        && text.trim_start().starts_with(['{', '['])
        && let Ok(inner) = serde_json::from_str(text)
    {
        return inner;
    }
    value.clone()
}

pub(super) fn content_parts(content: &Value, parts: &mut Vec<Part>) {
    match content {
        Value::Null => {}
        Value::String(text) => parts.push(Part::Text(text.clone())),
        Value::Array(items) => parts.extend(items.iter().map(part)),
        Value::Object(members) => match members.get("parts") {
            Some(Value::Array(items)) => parts.extend(items.iter().map(part)),
            _ => parts.push(part(content)),
        },
        other => parts.push(Part::Text(other.to_string())),
    }
}

/// Reads one part of a message in any known form.
pub(super) fn part(value: &Value) -> Part {
    let members = match value {
        Value::String(text) => return Part::Text(text.clone()),
        Value::Object(members) => members,
        other => return Part::Other(other.clone()),
    };
    if let Some(inner) = members.get("message_content") {
        return part(inner);
    }
    let kind = members.get("type").and_then(Value::as_str).unwrap_or_default();
    let read = match kind {
        "text" | "input_text" | "output_text" | "TEXT" => {
            string(members, &["text", "content", "value"]).map(Part::Text)
        }
        "refusal" => string(members, &["refusal", "content"]).map(Part::Text),
        "reasoning" | "thinking" => {
            string(members, &["content", "thinking", "text", "reasoning"]).map(Part::Reasoning)
        }
        "tool_call" | "tool_use" | "tool-call" | "function_call" | "custom_tool_call" => {
            tool_call(value)
        }
        "function" if members.contains_key("function") => tool_call(value),
        "tool_call_response" | "tool_result" | "tool-result" | "function_call_output" => {
            Some(tool_response(members))
        }
        "" => untyped(members),
        _ => None,
    };
    read.unwrap_or_else(|| {
        let mut other = value.clone();
        binary::scrub(&mut other);
        Part::Other(other)
    })
}

fn tool_response(members: &Map<String, Value>) -> Part {
    let id = string(members, &["tool_call_id", "tool_use_id", "toolCallId", "call_id", "id"]);
    let keys = ["response", "result", "content", "output"];
    let mut response =
        keys.iter().find_map(|key| members.get(*key)).cloned().unwrap_or(Value::Null);
    binary::scrub(&mut response);
    Part::ToolResponse { id, response }
}

/// Gemini's and Bedrock's parts are told apart by their only member.
fn untyped(members: &Map<String, Value>) -> Option<Part> {
    if members.get("thought") == Some(&Value::Bool(true)) {
        return string(members, &["text"]).map(Part::Reasoning);
    }
    if let Some(text) = string(members, &["text", "content"]) {
        return Some(Part::Text(text));
    }
    let call = ["functionCall", "function_call", "toolUse", "tool_call", "toolCall", "toolRequest"];
    if let Some(call) = call.iter().find_map(|key| members.get(*key)) {
        return tool_call(call);
    }
    let response = ["functionResponse", "function_response", "toolResult", "toolResponse"];
    let response = response.iter().find_map(|key| members.get(*key)?.as_object())?;
    let id = string(response, &["id", "toolUseId", "ref", "name"]);
    let value = ["response", "content", "output"].iter().find_map(|key| response.get(*key));
    Some(Part::ToolResponse { id, response: value.cloned().unwrap_or(Value::Null) })
}

pub(crate) fn finish_reason(members: &Map<String, Value>) -> Option<String> {
    let keys = ["finish_reason", "stop_reason", "finishReason", "stopReason", "done_reason"];
    string(members, &keys)
}

pub(crate) fn string(members: &Map<String, Value>, keys: &[&str]) -> Option<String> {
    keys.iter().find_map(|key| members.get(*key)?.as_str()).map(str::to_owned)
}
