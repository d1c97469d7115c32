//! Checks tool-call arguments against the tool's parameter schema, with BFCL's error codes.

use serde_json::{Map, Value};

use crate::error::ParseError;
use crate::schema::{CompiledSchema, SchemaIssue};

/// Outcome of one check, as stored in `tool_args_status`. The names are those of the Berkeley Function Calling
/// Leaderboard's checker, as far as a schema without an expected answer can tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ToolArgsStatus {
    /// The arguments satisfy the schema.
    Ok,
    /// The arguments are not strict JSON.
    InvalidJson,
    /// The arguments are JSON, but no object.
    NotAnObject,
    /// A required parameter is absent.
    MissingRequired,
    /// A parameter the schema does not declare.
    UnexpectedParam,
    /// A parameter has the wrong type.
    TypeErrorSimple,
    /// An element or member inside a parameter has the wrong type.
    TypeErrorNested,
    /// A string outside its enumeration, pattern, format or length.
    ValueErrorString,
    /// A nested object lacks a key or has one too many.
    ValueErrorDictKey,
    /// A value inside a nested object breaks its rule.
    ValueErrorDictValue,
    /// A list has too few or too many elements.
    ValueErrorListDictCount,
    /// Another value rule, such as a number's range.
    ValueErrorOthers,
}

impl ToolArgsStatus {
    /// The code as stored and returned by SQL.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::InvalidJson => "invalid_json",
            Self::NotAnObject => "not_an_object",
            Self::MissingRequired => "missing_required",
            Self::UnexpectedParam => "unexpected_param",
            Self::TypeErrorSimple => "type_error:simple",
            Self::TypeErrorNested => "type_error:nested",
            Self::ValueErrorString => "value_error:string",
            Self::ValueErrorDictKey => "value_error:dict_key",
            Self::ValueErrorDictValue => "value_error:dict_value",
            Self::ValueErrorListDictCount => "value_error:list_dict_count",
            Self::ValueErrorOthers => "value_error:others",
        }
    }
}

/// The verdict on one call's arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolArgsCheck {
    /// The first problem in order of severity, or `ok`.
    pub status: ToolArgsStatus,
    /// JSON Pointer to it; for an absent or unexpected parameter, the pointer it has or would have.
    pub path: Option<String>,
}

/// A tool's parameter schema, ready to check arguments.
#[derive(Debug, Clone)]
pub struct ToolSchema {
    compiled: CompiledSchema,
}

impl ToolSchema {
    /// Compiles a JSON Schema of an object; also the spellings tool lists use in practice: a whole tool definition
    /// (`parameters`, `input_schema`, or `function` around them) and Python type names (`dict`, `float`, `tuple`).
    ///
    /// # Errors
    /// As [`CompiledSchema::compile`].
    pub fn compile(schema: &str) -> Result<Self, ParseError> {
        let source: Value = serde_json::from_str(schema).map_err(|error| {
            ParseError::SchemaNotJson { line: error.line(), column: error.column() }
        })?;
        let mut parameters = unwrapped(source);
        plain_types(&mut parameters, 0);
        Ok(Self { compiled: CompiledSchema::from_value(parameters)? })
    }

    /// Checks `args`, the JSON text a model produced. Empty text stands for no arguments.
    pub fn check(&self, args: &str) -> ToolArgsCheck {
        let args = if args.trim().is_empty() { "{}" } else { args };
        match serde_json::from_str::<Value>(args) {
            Ok(Value::Object(given)) => self.check_object(&given),
            Ok(_) => ToolArgsCheck { status: ToolArgsStatus::NotAnObject, path: None },
            Err(_) => ToolArgsCheck { status: ToolArgsStatus::InvalidJson, path: None },
        }
    }

    fn check_object(&self, given: &Map<String, Value>) -> ToolArgsCheck {
        let failed = |status, path: String| ToolArgsCheck { status, path: Some(path) };
        if let Some(name) = self.compiled.required().find(|name| !given.contains_key(*name)) {
            return failed(ToolArgsStatus::MissingRequired, pointer(name));
        }
        if let Some(name) = self.unexpected(given) {
            return failed(ToolArgsStatus::UnexpectedParam, pointer(name));
        }
        let value = Value::Object(given.clone());
        let mut worst: Option<(u8, ToolArgsStatus, String)> = None;
        for issue in self.compiled.issues(&value) {
            let (rank, status) = classify(&value, &issue);
            if worst.as_ref().is_none_or(|&(least, ..)| rank < least) {
                worst = Some((rank, status, issue.path));
            }
        }
        match worst {
            Some((_, status, path)) => failed(status, path),
            None => ToolArgsCheck { status: ToolArgsStatus::Ok, path: None },
        }
    }

    /// A parameter that is not declared, unless the schema says that others are welcome.
    fn unexpected<'a>(&self, given: &'a Map<String, Value>) -> Option<&'a String> {
        let source = self.compiled.source();
        let declared = source.get("properties")?.as_object()?;
        let others = source.get("additionalProperties");
        let are_welcome = others.is_some_and(|others| others != &Value::Bool(false))
            || ["patternProperties", "$ref", "allOf", "anyOf", "oneOf"]
                .iter()
                .any(|keyword| source.get(*keyword).is_some());
        given.keys().find(|name| !are_welcome && !declared.contains_key(*name))
    }
}

fn pointer(name: &str) -> String {
    format!("/{}", name.replace('~', "~0").replace('/', "~1"))
}

fn classify(value: &Value, issue: &SchemaIssue) -> (u8, ToolArgsStatus) {
    let depth = issue.path.matches('/').count();
    let in_object = issue
        .path
        .rsplit_once('/')
        .and_then(|(parent, _)| value.pointer(parent))
        .is_some_and(|parent| parent.is_object() && depth > 1);
    let is_string = value.pointer(&issue.path).is_some_and(Value::is_string);
    match issue.keyword.as_str() {
        "type" if depth <= 1 => (0, ToolArgsStatus::TypeErrorSimple),
        "type" => (1, ToolArgsStatus::TypeErrorNested),
        "required"
        | "additionalProperties"
        | "unevaluatedProperties"
        | "propertyNames"
        | "dependentRequired" => (2, ToolArgsStatus::ValueErrorDictKey),
        "minItems" | "maxItems" | "uniqueItems" | "minContains" | "maxContains" => {
            (3, ToolArgsStatus::ValueErrorListDictCount)
        }
        _ if in_object => (4, ToolArgsStatus::ValueErrorDictValue),
        _ if is_string => (5, ToolArgsStatus::ValueErrorString),
        _ => (6, ToolArgsStatus::ValueErrorOthers),
    }
}

/// The parameter schema inside a tool definition.
fn unwrapped(mut source: Value) -> Value {
    for key in ["function", "parameters", "input_schema", "inputSchema"] {
        let is_schema = source.get("properties").is_some() || source.get("$ref").is_some();
        if is_schema {
            break;
        }
        if let Some(inner) = source.get_mut(key).filter(|inner| inner.is_object()) {
            source = inner.take();
        }
    }
    source
}

/// Schemas nest at most this deep when type names are translated.
const MAX_DEPTH: usize = 64;

/// Replaces Python type names; `any` states nothing.
fn plain_types(schema: &mut Value, depth: usize) {
    if depth > MAX_DEPTH {
        return;
    }
    match schema {
        Value::Object(members) => {
            let translated =
                members.get("type").and_then(Value::as_str).and_then(|name| match name {
                    "dict" => Some("object"),
                    "float" => Some("number"),
                    "tuple" | "list" => Some("array"),
                    "int" => Some("integer"),
                    "bool" => Some("boolean"),
                    "str" => Some("string"),
                    "any" => Some(""),
                    _ => None,
                });
            match translated {
                Some("") => drop(members.shift_remove("type")),
                Some(name) => drop(members.insert("type".to_owned(), name.into())),
                None => {}
            }
            members.values_mut().for_each(|member| plain_types(member, depth + 1));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| plain_types(item, depth + 1)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEATHER: &str = r#"{"name": "weather", "parameters": {"type": "dict", "required": ["city"], "properties": {
        "city": {"type": "string", "enum": ["Bern", "Rome"]}, "days": {"type": "integer", "maximum": 9},
        "at": {"type": "dict", "required": ["lat"], "properties": {"lat": {"type": "float", "minimum": -90}}},
        "tags": {"type": "tuple", "items": {"type": "string"}, "maxItems": 2}}}}"#;

    #[test]
    fn codes_follow_the_bfcl_checker() {
        let tool = ToolSchema::compile(WEATHER).unwrap();
        for (args, code, path) in [
            (r#"{"city": "Bern", "at": {"lat": 46}}"#, "ok", None),
            ("{city: 1}", "invalid_json", None),
            ("[]", "not_an_object", None),
            ("", "missing_required", Some("/city")),
            (r#"{"city": "Bern", "town": 1}"#, "unexpected_param", Some("/town")),
            (r#"{"city": "Bern", "days": "3"}"#, "type_error:simple", Some("/days")),
            (r#"{"city": "Bern", "tags": [1]}"#, "type_error:nested", Some("/tags/0")),
            (r#"{"city": "Oslo"}"#, "value_error:string", Some("/city")),
            (r#"{"city": "Bern", "days": 10}"#, "value_error:others", Some("/days")),
            (r#"{"city": "Bern", "at": {}}"#, "value_error:dict_key", Some("/at")),
            (r#"{"city": "Bern", "at": {"lat": -91}}"#, "value_error:dict_value", Some("/at/lat")),
            (
                r#"{"city": "Bern", "tags": ["a", "b", "c"]}"#,
                "value_error:list_dict_count",
                Some("/tags"),
            ),
        ] {
            let check = tool.check(args);
            assert_eq!((check.status.as_str(), check.path.as_deref()), (code, path), "{args}");
        }
    }
}
