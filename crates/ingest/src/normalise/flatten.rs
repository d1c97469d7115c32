//! Lists that SDKs flatten into keys (`llm.input_messages.0.message.role`), put together again.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::otlp::Val;

/// Deeper keys are kept whole in the last step's name.
const MAX_STEPS: usize = 16;

/// Rebuilds a list from (index.path, value) members. Missing indices close up; a member without an
/// index is ignored.
pub(crate) fn list(members: &[(&str, &Val<'_>)]) -> Vec<Value> {
    let mut items: BTreeMap<u64, Value> = BTreeMap::new();
    for (path, val) in members {
        let (index, rest) = path.split_once('.').unwrap_or((path, ""));
        let Ok(index) = index.parse::<u64>() else { continue };
        let item = items.entry(index).or_insert_with(|| Value::Object(Map::new()));
        if rest.is_empty() {
            *item = val.to_json();
        } else {
            put(item, rest, val.to_json(), 0);
        }
    }
    items.into_values().map(close_up).collect()
}

fn put(target: &mut Value, path: &str, value: Value, depth: usize) {
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Some(members) = target.as_object_mut() else { return };
    match path.split_once('.').filter(|_| depth < MAX_STEPS) {
        Some((step, rest)) => {
            let inner = members.entry(step).or_insert_with(|| Value::Object(Map::new()));
            put(inner, rest, value, depth + 1);
        }
        None => {
            members.insert(path.to_owned(), value);
        }
    }
}

/// Turns objects whose keys are all numbers into lists.
fn close_up(value: Value) -> Value {
    let Value::Object(members) = value else { return value };
    let numbered = !members.is_empty() && members.keys().all(|key| key.parse::<u64>().is_ok());
    if !numbered {
        return Value::Object(
            members.into_iter().map(|(key, value)| (key, close_up(value))).collect(),
        );
    }
    let ordered: BTreeMap<u64, Value> = members
        .into_iter()
        .filter_map(|(key, value)| Some((key.parse().ok()?, close_up(value))))
        .collect();
    Value::Array(ordered.into_values().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lists_in_lists_come_back_and_gaps_close() {
        let (role, id, text) = (Val::Str("user".into()), Val::Int(7), Val::Str("hi".into()));
        let members = [
            ("14.message.role", &role),
            ("14.message.tool_calls.1.tool_call.id", &id),
            ("2.message.content", &text),
            ("x.message.content", &text),
        ];
        assert_eq!(
            list(&members),
            [
                json!({"message": {"content": "hi"}}),
                json!({"message": {"role": "user", "tool_calls": [{"tool_call": {"id": 7}}]}}),
            ]
        );
    }
}
