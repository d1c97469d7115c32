//! Facts that are read off an answer's text: whether it is the JSON asked for, fits its schema,
//! declines, and calls tools with arguments that fit.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use serde_json::Value;
use spanlake_model::{Kind, SpanRow};
use spanlake_parse::{CompiledSchema, ToolSchema, json_status, lenient, refusal_kind};

use crate::normalise::labels;

/// Sets the parse columns where JSON is expected, and `refusal_kind` where there is an answer.
///
/// JSON is expected iff the prompt version has an output schema (`schema`), or the response format
/// asks for it. Errored answers and answers of tool calls only are excluded.
pub(crate) fn answer(
    span: &mut SpanRow,
    text: Option<&str>,
    has_schema: bool,
    schema: Option<&CompiledSchema>,
) {
    if span.kind != Kind::Llm || span.is_error {
        return;
    }
    let Some(text) = text else { return };
    let tool_calls_only = text.trim().is_empty() && !span.tool_calls_requested.is_empty();
    if tool_calls_only {
        return;
    }
    span.refusal_kind = Some(refusal_kind(text).as_str().to_owned());
    let asked = span.response_format.as_deref().is_some_and(labels::is_json_format);
    if !asked && !has_schema {
        return;
    }
    span.parse_status = Some(json_status(text).as_str().to_owned());
    let recovered = lenient(text);
    span.lenient_status = Some(recovered.status.as_str().to_owned());
    let status = match schema {
        // What repair recovers may still be a value; the strict text decides.
        Some(schema) if schema.check(text).valid => "valid",
        Some(_) => "invalid",
        None => "no_schema",
    };
    span.schema_status = Some(status.to_owned());
}

/// The tools of one list of definitions, by name.
type Tools = HashMap<String, Option<ToolSchema>, ahash::RandomState>;
/// Tools by their list's text.
type Lists = HashMap<String, Arc<Tools>, ahash::RandomState>;

/// Compiling a schema costs more than decoding a span, and a service sends the same list with
/// every call.
static TOOLS: LazyLock<Mutex<Lists>> = LazyLock::new(Mutex::default);
const MAX_CACHED_LISTS: usize = 256;

/// Returns the verdict on a call's arguments; `None` when the definitions do not say.
pub(crate) fn tool_args(definitions: &str, name: &str, arguments: &str) -> Option<&'static str> {
    let tools = tools(definitions);
    let schema = tools.get(name)?.as_ref()?;
    Some(schema.check(arguments).status.as_str())
}

/// Returns the verdict on a list of calls: that on the first call whose arguments do not fit.
pub(crate) fn all_tool_args(definitions: &str, calls: &str) -> Option<&'static str> {
    let Ok(Value::Array(calls)) = serde_json::from_str(calls) else { return None };
    let mut verdict = None;
    for call in &calls {
        let Some(name) = call.get("name").and_then(Value::as_str) else { continue };
        let arguments = match call.get("arguments") {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Null) | None => String::new(),
            Some(other) => other.to_string(),
        };
        let one = tool_args(definitions, name, &arguments);
        if one.is_some() && verdict.is_none_or(|known| known == "ok") {
            verdict = one;
        }
    }
    verdict
}

fn tools(definitions: &str) -> Arc<Tools> {
    let mut cache = TOOLS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(tools) = cache.get(definitions) {
        return Arc::clone(tools);
    }
    let tools = Arc::new(compile(definitions));
    if cache.len() >= MAX_CACHED_LISTS {
        cache.clear();
    }
    cache.insert(definitions.to_owned(), Arc::clone(&tools));
    tools
}

fn compile(definitions: &str) -> Tools {
    let parsed = serde_json::from_str::<Value>(definitions).unwrap_or_default();
    let items = parsed.as_array().cloned().unwrap_or_default();
    items.iter().filter_map(definition).collect()
}

/// Reads one definition in any provider's form: name and the schema of its parameters.
fn definition(item: &Value) -> Option<(String, Option<ToolSchema>)> {
    let inner = item.get("function").or_else(|| item.get("toolSpec")).unwrap_or(item);
    let name = inner.get("name").and_then(Value::as_str)?.to_owned();
    let keys = ["parameters", "input_schema", "inputSchema", "parameters_json_schema", "schema"];
    let schema = keys.iter().find_map(|key| inner.get(*key)).filter(|schema| schema.is_object())?;
    let schema = schema.get("json").unwrap_or(schema);
    // An AI SDK wraps the schema once more.
    let schema = schema.get("jsonSchema").unwrap_or(schema);
    Some((name, ToolSchema::compile(&schema.to_string()).ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_checked_against_any_providers_definition() {
        let schema = r#"{"type":"object","properties":{"q":{"type":"string"}},"required":["q"]}"#;
        for list in [
            format!(r#"[{{"type":"function","function":{{"name":"s","parameters":{schema}}}}}]"#),
            format!(r#"[{{"name":"s","input_schema":{schema}}}]"#),
            format!(r#"[{{"name":"s","inputSchema":{{"jsonSchema":{schema}}}}}]"#),
        ] {
            assert_eq!(tool_args(&list, "s", r#"{"q":"x"}"#), Some("ok"), "{list}");
            assert_eq!(tool_args(&list, "s", "{}"), Some("missing_required"));
            assert_eq!(tool_args(&list, "other", "{}"), None);
        }
    }

    #[test]
    fn json_is_judged_only_where_it_is_expected() {
        let span = |format: Option<&str>| SpanRow {
            kind: Kind::Llm,
            response_format: format.map(str::to_owned),
            ..SpanRow::default()
        };
        let mut free = span(None);
        answer(&mut free, Some("hello"), false, None);
        assert_eq!((free.parse_status, free.refusal_kind.as_deref()), (None, Some("none")));
        let mut asked = span(Some("json_object"));
        answer(&mut asked, Some("Sure: {\"a\":1}"), false, None);
        assert_eq!(asked.parse_status.as_deref(), Some("prose_wrapped"));
        assert_eq!(asked.lenient_status.as_deref(), Some("extracted"));
        assert_eq!(asked.schema_status.as_deref(), Some("no_schema"));
        let schema = CompiledSchema::compile(r#"{"required":["b"]}"#).unwrap();
        let mut checked = span(None);
        answer(&mut checked, Some("{\"a\":1}"), true, Some(&schema));
        assert_eq!(checked.schema_status.as_deref(), Some("invalid"));
    }
}
