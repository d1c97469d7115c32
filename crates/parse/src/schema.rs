//! JSON Schema checks without network or file access.

use std::collections::HashMap;
use std::sync::Arc;

use jsonschema::Validator;
use serde_json::Value;

use crate::error::ParseError;

/// A schema ready to check values: draft 2020-12 unless `$schema` names another (4, 6, 7, 2019-09).
///
/// References outside the document are refused when compiling: a check never opens a socket or a file.
#[derive(Debug, Clone)]
pub struct CompiledSchema {
    validator: Arc<Validator>,
    source: Arc<Value>,
}

/// The verdict on one value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SchemaCheck {
    /// No rule is broken.
    pub valid: bool,
    /// Number of broken rules; may exceed `errors.len()`.
    pub n_errors: usize,
    /// The first [`MAX_ERRORS`] broken rules, in the order of the schema.
    pub errors: Vec<SchemaIssue>,
}

/// One broken rule. It names places and rules, never content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaIssue {
    /// JSON Pointer into the value; empty for the whole value.
    pub path: String,
    /// The keyword that failed (`required`, `type`, …); `json` when the text is not strict JSON.
    pub keyword: String,
    /// The value at `path` is null.
    pub(crate) is_null: bool,
}

/// At most this many broken rules are listed per value.
pub const MAX_ERRORS: usize = 64;

impl CompiledSchema {
    /// Compiles schema text.
    ///
    /// # Errors
    /// [`ParseError::SchemaNotJson`] when the text is not JSON, [`ParseError::SchemaInvalid`] when it is not a
    /// schema or refers to another document. Both name the place, not the content.
    pub fn compile(schema: &str) -> Result<Self, ParseError> {
        let source: Value = serde_json::from_str(schema).map_err(|error| {
            ParseError::SchemaNotJson { line: error.line(), column: error.column() }
        })?;
        Self::from_value(source)
    }

    /// Compiles a schema that is parsed already; see [`Self::compile`].
    pub fn from_value(source: Value) -> Result<Self, ParseError> {
        let validator = jsonschema::options().offline().build(&source).map_err(|error| {
            ParseError::SchemaInvalid {
                path: error.instance_path().to_string(),
                keyword: error.kind().keyword().to_owned(),
            }
        })?;
        Ok(Self { validator: Arc::new(validator), source: Arc::new(source) })
    }

    /// Checks JSON text. Text that is not strict JSON is invalid with one issue, keyword `json`.
    pub fn check(&self, text: &str) -> SchemaCheck {
        match serde_json::from_str::<Value>(text) {
            Ok(value) => self.check_value(&value),
            Err(_) => SchemaCheck {
                valid: false,
                n_errors: 1,
                errors: vec![SchemaIssue {
                    path: String::new(),
                    keyword: "json".to_owned(),
                    is_null: false,
                }],
            },
        }
    }

    /// Checks a parsed value.
    pub fn check_value(&self, value: &Value) -> SchemaCheck {
        if self.validator.is_valid(value) {
            return SchemaCheck { valid: true, ..SchemaCheck::default() };
        }
        let mut check = SchemaCheck::default();
        for issue in self.issues(value) {
            check.n_errors += 1;
            if check.errors.len() < MAX_ERRORS {
                check.errors.push(issue);
            }
        }
        check
    }

    /// True when no rule is broken; cheaper than [`Self::check_value`].
    pub fn is_valid(&self, value: &Value) -> bool {
        self.validator.is_valid(value)
    }

    /// The broken rules, lazily.
    pub(crate) fn issues<'a>(&'a self, value: &'a Value) -> impl Iterator<Item = SchemaIssue> + 'a {
        self.validator.iter_errors(value).map(|error| SchemaIssue {
            path: error.instance_path().to_string(),
            keyword: error.kind().keyword().to_owned(),
            is_null: error.instance().is_null(),
        })
    }

    /// The names the schema requires at the top level.
    pub fn required(&self) -> impl Iterator<Item = &str> {
        self.source
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
    }

    /// The schema as given.
    pub fn source(&self) -> &Value {
        &self.source
    }
}

/// Compiled schemas by their text, for callers whose schema changes from row to row.
#[derive(Debug, Default)]
pub struct SchemaCache {
    compiled: HashMap<String, Result<CompiledSchema, ParseError>>,
}

/// A cache is emptied when it holds this many schemas: prompts have tens, not thousands.
const MAX_CACHED_SCHEMAS: usize = 1_024;

impl SchemaCache {
    /// An empty cache.
    pub fn new() -> Self {
        Self::default()
    }

    /// The compiled form of `schema`, compiled at most once while it stays in the cache.
    ///
    /// # Errors
    /// As [`CompiledSchema::compile`]; a failure is remembered too.
    pub fn get(&mut self, schema: &str) -> Result<&CompiledSchema, ParseError> {
        if !self.compiled.contains_key(schema) {
            if self.compiled.len() >= MAX_CACHED_SCHEMAS {
                self.compiled.clear();
            }
            self.compiled.insert(schema.to_owned(), CompiledSchema::compile(schema));
        }
        match self.compiled.get(schema) {
            Some(Ok(compiled)) => Ok(compiled),
            Some(Err(error)) => Err(error.clone()),
            None => Err(ParseError::SchemaNotJson { line: 0, column: 0 }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_place_and_rule_of_each_error() {
        let schema = r#"{"type": "object", "required": ["n"], "properties": {"l": {"items": {"type": "string"}}}}"#;
        let compiled = CompiledSchema::compile(schema).unwrap();
        assert!(compiled.check(r#"{"n": 1, "l": ["a"]}"#).valid);
        let check = compiled.check(r#"{"l": ["a", 2]}"#);
        let found: Vec<_> =
            check.errors.iter().map(|e| (e.path.as_str(), e.keyword.as_str())).collect();
        assert_eq!((check.valid, check.n_errors), (false, 2));
        assert!(found.contains(&("/l/1", "type")) && found.contains(&("", "required")));
        let errors = compiled.check("{n: 1}").errors;
        assert_eq!(errors.first().map(|issue| issue.keyword.as_str()), Some("json"));
    }

    #[test]
    fn references_elsewhere_are_refused() {
        for uri in ["https://example.com/s.json", "file:///etc/hostname", "other.json"] {
            let schema = format!(r#"{{"$ref": "{uri}"}}"#);
            assert!(matches!(
                CompiledSchema::compile(&schema),
                Err(ParseError::SchemaInvalid { .. })
            ));
        }
    }

    #[test]
    fn bad_schemas_say_where() {
        let error = CompiledSchema::compile("{\"type\": ").unwrap_err();
        assert_eq!(error.to_string(), "schema is not JSON at line 1 column 9");
        let error =
            CompiledSchema::compile(r#"{"properties": {"a": {"type": "text"}}}"#).unwrap_err();
        assert!(
            error.to_string().starts_with("schema is invalid at \"/properties/a/type\""),
            "{error}"
        );
    }

    #[test]
    fn cache_compiles_once_and_remembers_failures() {
        let mut cache = SchemaCache::new();
        assert!(cache.get("true").is_ok());
        assert!(cache.get("[").is_err() && cache.get("[").is_err());
        assert_eq!(cache.compiled.len(), 2);
    }
}
