//! The content columns of a span, and what of it the span's own row shows.

use serde_json::{Map, Value, json};
use spanlake_model::{Kind, PayloadRow, SpanRow, SpanStatus};

use super::content::{self, Input, Output};
use super::messages::{self, Message, Part};
use super::{binary, call_names, documents, flatten, keyed_hash};
use crate::attrs::{Attrs, Family, from_json};
use crate::context::IngestContext;
use crate::conventions::Column;
use crate::otlp::{RawEvent, Val};

/// Reads the content of a span and fills the columns of its row that depend on it.
pub(crate) fn fill(
    ctx: &IngestContext,
    attrs: &Attrs<'_, '_>,
    events: &[RawEvent<'_>],
    span: &mut SpanRow,
) -> PayloadRow {
    let mut payload = PayloadRow::default();
    prompt(ctx, attrs, span, &mut payload);
    payload.documents = documents::read(attrs, events, span.kind);
    payload.citations = json_text(attrs, Column::Citations);
    payload.structured_output = json_text(attrs, Column::StructuredOutput)
        .filter(|text| text.trim_start().starts_with(['{', '[']));
    payload.tool_definitions = tool_definitions(attrs);
    let input = content::input(attrs, events);
    let output = content::output(attrs, events, span.kind);
    match span.kind {
        Kind::Tool => tool(attrs, input, output, span, &mut payload),
        Kind::Retriever | Kind::Reranker => retrieval(attrs, &input, span, &mut payload),
        _ => {
            take_input(attrs, input, span, &mut payload);
            let is_logged = events.iter().any(|event| event.is_logged);
            take_output(output, is_logged, span, &mut payload);
        }
    }
    if let Some(query) = attrs.text(Column::RetrievalQueryOriginal) {
        payload.retrieval_query_original = Some(query);
    }
    payload
}

/// Template, variables, rendered prompt.
fn prompt(
    ctx: &IngestContext,
    attrs: &Attrs<'_, '_>,
    span: &mut SpanRow,
    payload: &mut PayloadRow,
) {
    payload.prompt_template = attrs.first(Column::PromptTemplate, |val| match val {
        Val::Str(text) => Some(text.clone().into_owned()),
        Val::List(_) | Val::Map(_) => Some(val.to_json().to_string()),
        _ => None,
    });
    span.prompt_hash =
        payload.prompt_template.as_deref().and_then(|template| keyed_hash(ctx, template));
    payload.rendered_prompt = attrs.text(Column::RenderedPrompt);
    payload.prompt_ir = json_text(attrs, Column::PromptIr);
    let mut variables = Map::new();
    for family in [Family::PromptVariable, Family::TraceloopVariable] {
        if variables.is_empty() && attrs.has_family(family) {
            let members = attrs.family(family);
            variables.extend(members.iter().map(|(name, val)| ((*name).to_owned(), val.to_json())));
        }
    }
    if variables.is_empty()
        && let Some(found) = attrs.first_attr(Column::PromptVariables)
        && let Some(Value::Object(members)) = found.json()
    {
        found.take();
        variables.clone_from(members);
    }
    if !variables.is_empty() {
        span.prompt_variable_names = variables.keys().cloned().collect();
        payload.input_variables = Some(Value::Object(variables).to_string());
    }
}

/// Reads a column that holds JSON: text as it is, structures written as JSON.
fn json_text(attrs: &Attrs<'_, '_>, column: Column) -> Option<String> {
    attrs.first(column, |val| match val {
        Val::Str(text) => Some(crate::attrs::unquote(text).into_owned()),
        Val::Null => None,
        other => Some(other.to_json().to_string()),
    })
}

fn tool_definitions(attrs: &Attrs<'_, '_>) -> Option<String> {
    if attrs.has_family(Family::OiTools) {
        let items = flatten::list(&attrs.family(Family::OiTools));
        let schemas = items.into_iter().map(|mut item| {
            let schema = item.pointer_mut("/tool/json_schema").map(Value::take);
            match schema {
                Some(Value::String(text)) => serde_json::from_str(&text).unwrap_or(json!(text)),
                Some(schema) => schema,
                None => item,
            }
        });
        return Some(Value::Array(schemas.collect()).to_string());
    }
    if attrs.has_family(Family::LlmFunctions) {
        let mut items = flatten::list(&attrs.family(Family::LlmFunctions));
        for item in &mut items {
            if let Some(Value::String(text)) = item.get_mut("parameters").map(Value::take) {
                item["parameters"] = serde_json::from_str(&text).unwrap_or(Value::Null);
            }
        }
        return Some(Value::Array(items).to_string());
    }
    attrs.first(Column::ToolDefinitions, |val| match val {
        Val::Str(text) if matches!(text.trim(), "[]" | "null") => None,
        Val::Str(text) => Some(text.clone().into_owned()),
        Val::List(items) if items.is_empty() => None,
        // Vercel sends a list of JSON texts.
        Val::List(items) => {
            let items = items.iter().map(|item| match item {
                Val::Str(text) => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
                other => other.to_json(),
            });
            Some(Value::Array(items.collect()).to_string())
        }
        Val::Map(_) => Some(Value::Array(vec![val.to_json()]).to_string()),
        _ => None,
    })
}

fn take_input(
    attrs: &Attrs<'_, '_>,
    mut input: Input,
    span: &mut SpanRow,
    payload: &mut PayloadRow,
) {
    payload.system_instructions = json_text(attrs, Column::SystemInstructions);
    if payload.system_instructions.is_none() {
        let is_system = |message: &Message| matches!(message.role.as_str(), "system" | "developer");
        let texts: Vec<Value> = input
            .messages
            .iter()
            .filter(|message| is_system(message))
            .filter_map(Message::joined_text)
            .map(|text| json!({"type": "text", "content": text}))
            .collect();
        if !texts.is_empty() {
            payload.system_instructions = Some(Value::Array(texts).to_string());
        }
    }
    if let Some(raw) = input.raw.take() {
        span.input_bytes = Some(raw.len() as i64);
        span.input_preview = Some(raw.clone());
        input.messages.push(Message::text("user", raw));
    } else if !input.messages.is_empty() {
        span.input_preview = preview(&input.messages);
    }
    if !input.messages.is_empty() {
        let text = input.json.unwrap_or_else(|| messages::to_json(&input.messages));
        span.input_bytes.get_or_insert(text.len() as i64);
        payload.input_messages = Some(text);
    }
}

/// The last thing a person said, else the last message.
fn preview(messages: &[Message]) -> Option<String> {
    let last_user = messages.iter().rfind(|message| message.role == "user");
    last_user
        .and_then(Message::joined_text)
        .or_else(|| messages.iter().rev().find_map(Message::joined_text))
}

/// `is_logged`: log records say what a call answered, without saying that it is one.
fn take_output(output: Output, is_logged: bool, span: &mut SpanRow, payload: &mut PayloadRow) {
    let calls: Vec<Value> = output.tool_calls().map(call_json).collect();
    span.tool_calls_requested = call_names(output.tool_calls());
    if !calls.is_empty() {
        payload.tool_calls = Some(Value::Array(calls).to_string());
    }
    let said = [&output.text, &payload.tool_calls];
    let bytes: usize = said.into_iter().flatten().map(String::len).sum();
    if output.text.is_some() || payload.tool_calls.is_some() {
        span.output_bytes = Some(bytes as i64);
    }
    span.output_preview =
        output.text.clone().filter(|text| !text.is_empty()).or_else(|| payload.tool_calls.clone());
    if span.finish_reasons.is_empty() && (span.kind == Kind::Llm || is_logged) {
        span.finish_reasons = output.finish_reasons;
    }
    if span.kind == Kind::Llm {
        span.response_id = span.response_id.take().or(output.response_id);
        span.response_model = span.response_model.take().or(output.response_model);
    }
    payload.structured_output = payload.structured_output.take().or(output.structured);
    if !output.messages.is_empty() {
        let text = output.json.unwrap_or_else(|| messages::to_json(&output.messages));
        payload.output_messages = Some(text);
    }
    let is_json = |text: &String| {
        span.response_format.as_deref().is_some_and(super::labels::is_json_format)
            && serde_json::from_str::<Value>(text)
                .is_ok_and(|value| value.is_object() || value.is_array())
    };
    if payload.structured_output.is_none() {
        payload.structured_output = output.text.clone().filter(is_json);
    }
    payload.output_text = output.text;
}

fn call_json(part: &Part) -> Value {
    match part {
        Part::ToolCall { id, name, arguments } => {
            json!({"id": id, "name": name, "arguments": arguments})
        }
        _ => Value::Null,
    }
}

/// A tool's arguments and result, from its own attributes or else its input and output.
fn tool(
    attrs: &Attrs<'_, '_>,
    input: Input,
    output: Output,
    span: &mut SpanRow,
    payload: &mut PayloadRow,
) {
    payload.tool_arguments = json_text(attrs, Column::ToolArguments)
        .filter(|text| !attrs.has("openinference.span.kind") || !is_schema(text))
        .or(input.raw)
        .or_else(|| said(&input.messages))
        .map(given);
    payload.tool_result = json_text(attrs, Column::ToolResult)
        .or_else(|| said(&output.messages))
        .or(output.text)
        .map(returned);
    if let Some(result) = &mut payload.tool_result
        && let Ok(mut value) = serde_json::from_str::<Value>(result)
        && (value.is_object() || value.is_array())
    {
        let before = value.clone();
        binary::scrub(&mut value);
        if value != before {
            *result = value.to_string();
        }
    }
    span.input_bytes = payload.tool_arguments.as_ref().map(|text| text.len() as i64);
    span.output_bytes = payload.tool_result.as_ref().map(|text| text.len() as i64);
    span.input_preview.clone_from(&payload.tool_arguments);
    span.output_preview.clone_from(&payload.tool_result);
}

/// OpenInference's `tool.parameters` is the schema in some SDKs and the arguments in others.
fn is_schema(text: &str) -> bool {
    let typed = |value: &Value| value.get("type").is_some_and(Value::is_string);
    serde_json::from_str::<Value>(text).is_ok_and(|value| {
        typed(&value) && value.get("properties").is_some()
            || value
                .as_object()
                .is_some_and(|members| !members.is_empty() && members.values().all(typed))
    })
}

/// Takes the call's arguments out of a callback's, and named ones out of a Python call.
fn given(text: String) -> String {
    let Ok(Value::Object(mut members)) = serde_json::from_str(&text) else { return text };
    let is_callback = members.contains_key("input_str");
    let is_call = members
        .keys()
        .all(|key| matches!(key.as_str(), "args" | "kwargs" | "sanitize_inputs_outputs"))
        && members.get("args").is_none_or(|args| args == &json!([]));
    let inner = match (is_callback, is_call) {
        (true, _) => members.remove("inputs"),
        (_, true) => members.remove("kwargs"),
        _ => None,
    };
    inner.filter(Value::is_object).map_or(text, |inner| inner.to_string())
}

/// Takes what a tool said out of `LangChain`'s message.
fn returned(text: String) -> String {
    if !text.starts_with('{') {
        return text;
    }
    let Ok(Value::Object(members)) = serde_json::from_str(&text) else { return text };
    let value = Value::Object(members);
    let is_message = value.get("tool_call_id").is_some();
    let places =
        ["/output/kwargs/content", "/output/data/content", "/data/content", "/kwargs/content"];
    let content = places.iter().find_map(|place| value.pointer(place));
    let content = content.or_else(|| value.get("content").filter(|_| is_message));
    content.and_then(Value::as_str).map_or_else(|| text.clone(), str::to_owned)
}

/// What the messages of a tool's span hold: the call's arguments, the response, or text.
fn said(messages: &[Message]) -> Option<String> {
    messages.iter().flat_map(|message| message.parts.iter()).find_map(|part| match part {
        Part::Text(text) => Some(text.clone()),
        Part::ToolCall { arguments, .. } => Some(word(arguments)),
        Part::ToolResponse { response, .. } => Some(word(response)),
        _ => None,
    })
}

fn word(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn retrieval(attrs: &Attrs<'_, '_>, input: &Input, span: &mut SpanRow, payload: &mut PayloadRow) {
    payload.retrieval_query = attrs
        .text(Column::RetrievalQuery)
        .or_else(|| input.raw.as_deref().map(query))
        .or_else(|| preview(&input.messages));
    if !payload.documents.is_empty() || says_nothing_found(attrs, span) {
        span.retrieved_count = Some(payload.documents.len() as i64);
    }
    let scores = payload.documents.iter().filter_map(|document| document.rerank_score);
    let best = scores.fold(f64::NEG_INFINITY, f64::max);
    if best.is_finite() {
        span.reranker_score_max = Some(best);
    }
    span.input_bytes = payload.retrieval_query.as_ref().map(|text| text.len() as i64);
    span.input_preview.clone_from(&payload.retrieval_query);
    let contents = payload.documents.iter().filter_map(|document| document.content.as_ref());
    let bytes: usize = contents.map(String::len).sum();
    if bytes > 0 {
        span.output_bytes = Some(bytes as i64);
    }
    attrs.take("output.value");
    if let Some(Value::Array(_)) = attrs.json("langfuse.observation.output") {
        attrs.take("langfuse.observation.output");
    }
}

/// An empty list is an answer: nothing was found. A missing list says nothing, except where the
/// convention writes every document that a successful retrieval returned.
fn says_nothing_found(attrs: &Attrs<'_, '_>, span: &SpanRow) -> bool {
    if span.is_error {
        return false;
    }
    let keys = [
        "gen_ai.retrieval.documents",
        "output.value",
        "langfuse.observation.output",
        "mlflow.spanOutputs",
        "gen_ai.completion",
        "traceloop.entity.output",
        "gen_ai.tool.call.result",
        "spanlake.documents",
    ];
    let says_so = keys.iter().any(|key| match attrs.json(key) {
        Some(Value::Array(items)) => items.is_empty() || items.iter().all(is_empty_list),
        Some(Value::Object(members)) => {
            documents::LISTS.iter().any(|name| members.get(*name).is_some_and(is_empty_list))
        }
        _ => attrs.is_empty_list(key),
    });
    let always_written = attrs.has("openinference.span.kind") && span.status == SpanStatus::Ok;
    says_so
        || (span.kind == Kind::Retriever && always_written && attrs.peek("output.value").is_none())
}

fn is_empty_list(value: &Value) -> bool {
    value.as_array().is_some_and(Vec::is_empty)
}

/// Finds the query inside a retriever's arguments ({"query": ...}, {"q": ...}, {"args": [...]}).
fn query(raw: &str) -> String {
    let Ok(Value::Object(members)) = serde_json::from_str::<Value>(raw) else {
        return raw.to_owned();
    };
    let names = ["query", "q", "question", "query_str", "text", "input", "search_query"];
    let named = names.iter().find_map(|name| members.get(*name)?.as_str());
    if let Some(text) = named {
        return text.to_owned();
    }
    let bundle = members.get("query_bundle").and_then(|bundle| bundle.get("query_str"));
    let argument = members.get("args").and_then(|args| args.get(0));
    if let Some(text) = bundle.or(argument).and_then(Value::as_str) {
        return text.to_owned();
    }
    let mut texts = members.values().filter_map(Value::as_str);
    match (texts.next(), texts.next()) {
        (Some(only), None) => only.to_owned(),
        _ => raw.to_owned(),
    }
}

/// Reads a value of a native object that may be JSON or JSON text.
pub(crate) fn native_json(value: &Value) -> String {
    match from_json(value) {
        Val::Str(text) => text.into_owned(),
        _ => value.to_string(),
    }
}
