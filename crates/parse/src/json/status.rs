//! The strict classes of a model's text that was meant to be JSON.

use serde_json::Value;

use super::{lenient, strict};
use crate::completion::is_blank;
use crate::schema::{CompiledSchema, MAX_ERRORS, SchemaIssue};

macro_rules! json_statuses {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// Why a text is, or is not, the JSON that was asked for. One class per text.
        ///
        /// The classes from [`WrongType`](Self::WrongType) on compare with a schema and are only given by
        /// [`json_status_with_schema`]; they are refinements of `ok` and `ok_whitespace`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum JsonStatus {
            $($(#[$doc])* $variant,)*
        }

        impl JsonStatus {
            /// Every class, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name as stored in `parse_status` and returned by SQL.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

json_statuses! {
    /// One JSON value and nothing else.
    Ok = "ok",
    /// One JSON value with JSON white space around it.
    OkWhitespace = "ok_whitespace",
    /// Valid, but an object names a member twice: readers disagree on the value.
    DuplicateKey = "duplicate_key",
    /// Valid, but the value is a string that itself holds an object or array (double encoding).
    EscapedJsonString = "escaped_json_string",
    /// A Markdown code fence around the value.
    Fenced = "fenced",
    /// Prose before or after the value.
    ProseWrapped = "prose_wrapped",
    /// Prose around a code fence around the value.
    FencedProse = "fenced_prose",
    /// A comma before a closing bracket, or two commas in a row.
    TrailingComma = "trailing_comma",
    /// Strings in apostrophes or back quotes.
    SingleQuotes = "single_quotes",
    /// `True`, `False`, `None` or a tuple.
    PythonLiteral = "python_literal",
    /// Member names without quotes.
    UnquotedKeys = "unquoted_keys",
    /// `//`, `/* */` or `#` comments.
    Comments = "comments",
    /// Two members or elements with no comma between them.
    MissingComma = "missing_comma",
    /// A control character, such as a line end, inside a string.
    RawNewlineInString = "raw_newline_in_string",
    /// `NaN` or an infinity where a number belongs.
    NanInf = "nan_inf",
    /// The text ends inside the value.
    Truncated = "truncated",
    /// The text ends inside a value in a code fence.
    TruncatedFenced = "truncated_fenced",
    /// Several values where one was asked for.
    MultipleObjects = "multiple_objects",
    /// No text, white space only, or an empty fence.
    Empty = "empty",
    /// No value: the text declines the request.
    Refusal = "refusal",
    /// No value: prose.
    ProseOnly = "prose_only",
    /// Begins like JSON and breaks its grammar in a way that has no class of its own.
    Malformed = "malformed",
    /// Valid JSON; a member has another type than its schema says.
    WrongType = "wrong_type",
    /// Valid JSON; a member is null where its schema wants a value.
    NullRequired = "null_required",
    /// Valid JSON; a required member is blank.
    EmptyRequired = "empty_required",
    /// Valid JSON; a required member is absent.
    MissingRequired = "missing_required",
    /// Valid JSON; a member the schema does not allow.
    ExtraField = "extra_field",
    /// Valid JSON; a value outside its enumeration.
    EnumViolation = "enum_violation",
    /// Valid JSON; a required member is absent and an unknown one stands in its place.
    HallucinatedParam = "hallucinated_param",
    /// Valid JSON; another rule of the schema is broken.
    SchemaViolation = "schema_violation",
}

impl JsonStatus {
    /// The text is what was asked for: `ok` or `ok_whitespace`. Everything else is a parse failure.
    pub fn is_ok(self) -> bool {
        matches!(self, Self::Ok | Self::OkWhitespace)
    }

    /// The text is valid under RFC 8259, whatever else is wrong with it.
    pub fn is_strict_json(self) -> bool {
        self.is_ok()
            || matches!(self, Self::DuplicateKey | Self::EscapedJsonString)
            || self >= Self::WrongType
    }
}

impl std::fmt::Display for JsonStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The strict class of `text`, without a schema. Never fails and never recurses.
///
/// ```
/// use spanlake_parse::json_status;
/// assert_eq!(json_status(r#"{"a": 1}"#).as_str(), "ok");
/// assert_eq!(json_status("Sure! {\"a\": 1}").as_str(), "prose_wrapped");
/// assert_eq!(json_status(r#"{"a": 1, "b"#).as_str(), "truncated");
/// ```
pub fn json_status(text: &str) -> JsonStatus {
    strict_class(text).unwrap_or_else(|| lenient::read_loose(text).status)
}

/// The class of strictly valid text; `None` when it is not valid.
pub(super) fn strict_class(text: &str) -> Option<JsonStatus> {
    let facts = strict::recognise(text)?;
    Some(if facts.is_string && encodes_container(text) {
        JsonStatus::EscapedJsonString
    } else if facts.has_duplicate_key {
        JsonStatus::DuplicateKey
    } else if text.len() != text.trim_matches([' ', '\t', '\n', '\r']).len() {
        JsonStatus::OkWhitespace
    } else {
        JsonStatus::Ok
    })
}

fn encodes_container(text: &str) -> bool {
    // The cheap look spares decoding ordinary strings.
    let inner = text.trim_start().strip_prefix('"').unwrap_or_default().trim_start();
    if !inner.starts_with(['{', '[', '\\']) {
        return false;
    }
    serde_json::from_str::<String>(text).is_ok_and(|decoded| {
        decoded.trim_start().starts_with(['{', '[']) && strict::recognise(&decoded).is_some()
    })
}

/// The strict class of `text`; a text that is `ok` is then compared with `schema`.
pub fn json_status_with_schema(text: &str, schema: &CompiledSchema) -> JsonStatus {
    let status = json_status(text);
    if !status.is_ok() {
        return status;
    }
    match serde_json::from_str::<Value>(text) {
        Ok(value) => schema_class(&value, schema).unwrap_or(status),
        // Valid, but nested deeper or larger in number than a value can hold.
        Err(_) => JsonStatus::SchemaViolation,
    }
}

fn schema_class(value: &Value, schema: &CompiledSchema) -> Option<JsonStatus> {
    let issues: Vec<SchemaIssue> = schema.issues(value).take(MAX_ERRORS).collect();
    let has = |keywords: &[&str]| issues.iter().any(|i| keywords.contains(&i.keyword.as_str()));
    let has_extra = has(&["additionalProperties", "unevaluatedProperties"]);
    let is_wrong_type = issues
        .iter()
        .any(|issue| issue.keyword == "type" && !is_foreign_member(value, issue, &issues));
    let is_empty = schema
        .required()
        .any(|name| value.get(name).is_some_and(|member| !member.is_null() && is_blank(member)));
    if issues.iter().any(|issue| issue.keyword == "type" && issue.is_null) {
        Some(JsonStatus::NullRequired)
    } else if is_empty {
        Some(JsonStatus::EmptyRequired)
    } else if has_extra && (has(&["required"]) || has_mistaken_name(value, schema)) {
        Some(JsonStatus::HallucinatedParam)
    } else if has(&["required", "dependentRequired"]) {
        Some(JsonStatus::MissingRequired)
    } else if is_wrong_type {
        Some(JsonStatus::WrongType)
    } else if has_extra {
        Some(JsonStatus::ExtraField)
    } else if has(&["enum", "const"]) {
        Some(JsonStatus::EnumViolation)
    } else {
        (!issues.is_empty()).then_some(JsonStatus::SchemaViolation)
    }
}

/// A word where an enumeration lists numbers is a foreign member, not a number in quotes.
fn is_foreign_member(value: &Value, issue: &SchemaIssue, issues: &[SchemaIssue]) -> bool {
    let in_enumeration =
        issues.iter().any(|other| other.keyword == "enum" && other.path == issue.path);
    let text = value.pointer(&issue.path).and_then(Value::as_str);
    in_enumeration && text.is_some_and(|text| serde_json::from_str::<Value>(text).is_err())
}

/// An unknown member beside an absent one whose name it contains: `year_value` for `year`.
fn has_mistaken_name(value: &Value, schema: &CompiledSchema) -> bool {
    let (Some(given), Some(declared)) =
        (value.as_object(), schema.source().get("properties").and_then(Value::as_object))
    else {
        return false;
    };
    let absent = || declared.keys().filter(|name| !given.contains_key(*name));
    given
        .keys()
        .filter(|name| !declared.contains_key(*name))
        .any(|name| absent().any(|known| name.contains(known.as_str()) || known.contains(name)))
}
