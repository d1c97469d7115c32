//! Messages of every SDK and provider, read into OpenTelemetry's form: {role, parts}.

use serde_json::{Map, Value, json};

use super::binary;

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
fn message(members: &Map<String, Value>, default_role: &str) -> Option<Message> {
    // LangChain's serialised constructors and its {type, data}.
    if let Some(Value::Object(kwargs)) = members.get("kwargs") {
        let class = members.get("id").and_then(|id| id.as_array()?.last()?.as_str());
        return message(kwargs, class.map_or(default_role, class_role));
    }
    let kind = members.get("type").and_then(Value::as_str);
    if let Some(Value::Object(data)) = members.get("data") {
        return message(data, kind.map_or(default_role, class_role));
    }
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
        parts: Vec::new(),
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
            content_parts(content, &mut message.parts);
        }
    }
    if text_only && let Some(text) = string(members, &["text"]) {
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
    let response = message.joined_text().map_or(Value::Null, Value::from);
    message.parts.retain(|part| !matches!(part, Part::Text(_)));
    message.parts.push(Part::ToolResponse { id, response });
}

fn tool_calls(members: &Map<String, Value>, parts: &mut Vec<Part>) {
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
    let id = string(members, &["id", "toolCallId", "call_id", "toolUseId", "tool_call_id"]);
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
fn parsed(value: &Value) -> Value {
    if let Value::String(text) = value
        && text.trim_start().starts_with(['{', '['])
        && let Ok(inner) = serde_json::from_str(text)
    {
        return inner;
    }
    value.clone()
}

fn content_parts(content: &Value, parts: &mut Vec<Part>) {
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
fn part(value: &Value) -> Part {
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
    let call = ["functionCall", "function_call", "toolUse", "tool_call", "toolCall"];
    if let Some(call) = call.iter().find_map(|key| members.get(*key)) {
        return tool_call(call);
    }
    let response = ["functionResponse", "function_response", "toolResult"];
    let response = response.iter().find_map(|key| members.get(*key)?.as_object())?;
    let id = string(response, &["id", "toolUseId", "name"]);
    let value = ["response", "content"].iter().find_map(|key| response.get(*key));
    Some(Part::ToolResponse { id, response: value.cloned().unwrap_or(Value::Null) })
}

pub(crate) fn finish_reason(members: &Map<String, Value>) -> Option<String> {
    let keys = ["finish_reason", "stop_reason", "finishReason", "stopReason", "done_reason"];
    string(members, &keys)
}

pub(crate) fn string(members: &Map<String, Value>, keys: &[&str]) -> Option<String> {
    keys.iter().find_map(|key| members.get(*key)?.as_str()).map(str::to_owned)
}

fn role_word(role: &str) -> &str {
    match role {
        "human" | "USER" | "User" => "user",
        "ai" | "model" | "ASSISTANT" | "Assistant" => "assistant",
        "SYSTEM" | "System" => "system",
        "function" | "TOOL" => "tool",
        other => other,
    }
}

/// Returns the role that a message class or type stands for, or the word itself.
fn class_role(class: &str) -> &str {
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
