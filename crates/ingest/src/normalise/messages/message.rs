//! One message of any SDK.

use serde_json::{Map, Value};

use super::parts::{content_parts, finish_reason, parsed, part, string, tool_calls};
use super::{Message, Part};

/// Members that hold what a message says.
const CONTENT_KEYS: &[&str] =
    &["content", "parts", "contents", "tool_calls", "function_call", "toolCalls"];

/// Members that a message without a role may have beside its content.
const MESSAGE_KEYS: &[&str] = &[
    "content",
    "type",
    "name",
    "id",
    "tool_calls",
    "tool_call_id",
    "usage",
    "stop_reason",
    "finish_reason",
    "refusal",
    "annotations",
    "function_call",
    "additional_kwargs",
    "response_metadata",
    "usage_metadata",
    "example",
    "invalid_tool_calls",
    "reasoning_content",
    "model",
    "index",
];

/// Reads an item of the Responses API that is no message, as one of the assistant's or tool's.
fn response_item(members: &Map<String, Value>, kind: &str) -> Option<Message> {
    let role = match kind {
        "function_call_output" => "tool",
        "function_call" | "reasoning" | "tool_call" | "text" | "tool_use" | "tool-call"
        | "custom_tool_call" | "output_text" => "assistant",
        _ => return None,
    };
    if members.contains_key("role") {
        return None;
    }
    let parts = vec![part(&Value::Object(members.clone()))];
    Some(Message { role: role.to_owned(), parts, ..Message::default() })
}

/// Reads one message; `None` when the object is none.
pub(super) fn message(members: &Map<String, Value>, default_role: &str) -> Option<Message> {
    // LangChain's serialised constructors and its {type, data}.
    if let Some(Value::Object(kwargs)) = members.get("kwargs") {
        let class = members.get("id").and_then(|id| id.as_array()?.last()?.as_str());
        return body(kwargs, class.map_or(default_role, class_role), class.is_some());
    }
    let kind = members.get("type").and_then(Value::as_str);
    if let Some(Value::Object(data)) = members.get("data") {
        return body(data, kind.map_or(default_role, class_role), kind.is_some());
    }
    body(members, default_role, false)
}

/// Reads a message's members. An object that is `known` to be a message may have any others.
fn body(members: &Map<String, Value>, default_role: &str, known: bool) -> Option<Message> {
    let kind = members.get("type").and_then(Value::as_str);
    if let Some(item) = kind.and_then(|kind| response_item(members, kind)) {
        return Some(item);
    }
    let has_role = members.contains_key("role");
    let has_content = CONTENT_KEYS.iter().any(|key| members.contains_key(*key));
    let text_only = members.len() <= 3
        && members.get("text").is_some_and(Value::is_string)
        && (default_role == "assistant" && members.contains_key("generation_info")
            || members.get("type").and_then(Value::as_str) == Some("Generation"));
    if !has_role && !has_content && !text_only {
        return None;
    }
    // An answer that happens to be JSON with a `content` of its own is no message.
    if !has_role
        && !known
        && kind.is_none_or(|kind| class_role(kind) == kind)
        && members.contains_key("content")
    {
        let foreign = members.keys().any(|key| !MESSAGE_KEYS.contains(&key.as_str()));
        if foreign {
            return None;
        }
    }
    let role = members.get("role").and_then(Value::as_str).map_or_else(
        || {
            kind.map_or(default_role, |kind| {
                let role = class_role(kind);
                if role == kind && kind != "system" && kind != "tool" { default_role } else { role }
            })
        },
        role_word,
    );
    let mut message = Message {
        role: role.to_owned(),
        name: string(members, &["name"]),
        finish_reason: finish_reason(members),
        ..Message::default()
    };
    if message.finish_reason.is_none()
        && let Some(Value::Object(metadata)) = members.get("response_metadata")
    {
        message.finish_reason = finish_reason(metadata);
    }
    // OpenInference's older form of one call.
    if let Some(name) = string(members, &["function_call_name"]) {
        let arguments = members.get("function_call_arguments_json").map_or(Value::Null, parsed);
        message.parts.push(Part::ToolCall { id: None, name, arguments });
    }
    for key in ["reasoning_content", "thinking"] {
        if let Some(Value::String(text)) = members.get(key).filter(|v| *v != "") {
            message.parts.push(Part::Reasoning(text.clone()));
        }
    }
    for key in ["parts", "content", "contents"] {
        if let Some(content) = members.get(key) {
            let mut found = Message::default();
            content_parts(content, &mut found.parts);
            // Some SDKs write the same text whole and in parts.
            if found.joined_text() == message.joined_text() {
                found.parts.retain(|part| !matches!(part, Part::Text(_)));
            }
            message.parts.append(&mut found.parts);
        }
    }
    // The AI SDK's answer has its text beside its calls.
    let text_beside =
        !["parts", "content", "contents"].iter().any(|key| members.contains_key(*key));
    if (text_only || text_beside)
        && let Some(text) = string(members, &["text"]).filter(|text| text_only || !text.is_empty())
    {
        message.parts.push(Part::Text(text));
    }
    if let Some(Value::String(refusal)) = members.get("refusal").filter(|text| *text != "") {
        message.parts.push(Part::Text(refusal.clone()));
    }
    tool_calls(members, &mut message.parts);
    respond(members, &mut message);
    Some(message)
}

/// Makes the content of a tool's message its response.
fn respond(members: &Map<String, Value>, message: &mut Message) {
    let id = string(members, &["tool_call_id", "tool_use_id", "toolCallId"]);
    if message.role != "tool" && id.is_none() {
        return;
    }
    let answered = message.parts.iter().any(|part| matches!(part, Part::ToolResponse { .. }));
    if answered {
        return;
    }
    "tool".clone_into(&mut message.role);
    let id = id.or_else(|| string(members, &["id"]));
    let given = || members.get("content").filter(|content| content.is_object()).cloned();
    let response = message.joined_text().map(Value::from).or_else(given).unwrap_or(Value::Null);
    let is_given = response.is_object();
    message.parts.retain(|part| match part {
        Part::Text(_) => false,
        Part::Other(_) => !is_given,
        _ => true,
    });
    message.parts.push(Part::ToolResponse { id, response });
}

pub(super) fn role_word(role: &str) -> &str {
    match role {
        "human" | "USER" | "User" => "user",
        "ai" | "model" | "ASSISTANT" | "Assistant" => "assistant",
        "SYSTEM" | "System" => "system",
        "function" | "TOOL" => "tool",
        other => other,
    }
}

/// Returns the role that a message class or type stands for, or the word itself.
pub(super) fn class_role(class: &str) -> &str {
    match class {
        "human" | "HumanMessage" | "HumanMessageChunk" => "user",
        "ai" | "AIMessage" | "AIMessageChunk" | "ChatGeneration" | "ChatMessage" | "message" => {
            "assistant"
        }
        "SystemMessage" | "SystemMessageChunk" => "system",
        "ToolMessage" | "FunctionMessage" | "function" | "ToolMessageChunk" => "tool",
        other => other,
    }
}
