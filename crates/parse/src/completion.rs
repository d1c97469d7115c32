//! How much of what a schema requires an output has filled in.

use serde_json::Value;

use crate::json::lenient;
use crate::schema::CompiledSchema;

/// Filled and required members of one output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Completion {
    /// Required members that are present, not null and not blank.
    pub filled: usize,
    /// Members the schema requires at the top level.
    pub required: usize,
}

impl Completion {
    /// `filled / required`; `None` when nothing is required.
    pub fn share(self) -> Option<f64> {
        (self.required > 0).then(|| self.filled as f64 / self.required as f64)
    }
}

/// Counts the required members `text` fills. The value is read leniently, so that a code fence does not
/// count as an empty form; what cannot be recovered fills nothing.
pub fn required_completion(text: &str, schema: &CompiledSchema) -> Completion {
    let value = lenient(text).value.and_then(|json| serde_json::from_str::<Value>(&json).ok());
    let mut completion = Completion { filled: 0, required: 0 };
    for name in schema.required() {
        completion.required += 1;
        let member = value.as_ref().and_then(|value| value.get(name));
        if member.is_some_and(|member| !is_blank(member)) {
            completion.filled += 1;
        }
    }
    completion
}

/// Null, or a string of white space only. Zero, false and empty containers are answers.
pub(crate) fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        _ => false,
    }
}
