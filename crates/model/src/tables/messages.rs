//! Messages that log records bring one by one, put together from several contributions.

use serde_json::Value;

use super::PayloadRow;

/// Member of a message that a log record brought: the record's time, nanoseconds since the epoch.
///
/// Only such messages are collected over several contributions; a list that a span itself carries
/// is complete.
pub const LOGGED_AT: &str = "logged_at_unix_nano";

/// Returns the later contribution with the known row's logged messages added.
pub(super) fn joined(known: &PayloadRow, mut later: PayloadRow) -> PayloadRow {
    if let Some(all) = together(known.input_messages.as_deref(), later.input_messages.as_deref()) {
        later.input_messages = Some(Value::Array(all).to_string());
    }
    if let Some(all) = together(known.output_messages.as_deref(), later.output_messages.as_deref())
    {
        later.output_text = text(&all).or(later.output_text);
        later.tool_calls = calls(&all).or(later.tool_calls);
        later.output_messages = Some(Value::Array(all).to_string());
    }
    later
}

/// Both lists by time, without repeats; `None` unless all messages of both are logged ones.
fn together(known: Option<&str>, later: Option<&str>) -> Option<Vec<Value>> {
    let (known, later) = (logged(known?)?, logged(later?)?);
    let mut all: Vec<(u64, usize, Value)> = Vec::with_capacity(known.len() + later.len());
    for list in [known, later] {
        for (at, message) in list.into_iter().enumerate() {
            if !all.iter().any(|(_, _, there)| *there == message) {
                let time = message.get(LOGGED_AT).and_then(Value::as_u64).unwrap_or_default();
                all.push((time, at, message));
            }
        }
    }
    all.sort_by_key(|(time, at, _)| (*time, *at));
    Some(all.into_iter().map(|(_, _, message)| message).collect())
}

fn logged(text: &str) -> Option<Vec<Value>> {
    if !text.contains(LOGGED_AT) {
        return None;
    }
    let list: Vec<Value> = serde_json::from_str(text).ok()?;
    list.iter().all(|message| message.get(LOGGED_AT).is_some()).then_some(list)
}

/// The text of all answers.
fn text(messages: &[Value]) -> Option<String> {
    let parts = |message: &Value| -> Option<String> {
        let parts = message.get("parts")?.as_array()?.iter();
        let texts = parts.filter(|part| part.get("type").is_some_and(|kind| kind == "text"));
        let texts: Vec<&str> =
            texts.filter_map(|part| part.get("content").and_then(Value::as_str)).collect();
        (!texts.is_empty()).then(|| texts.concat())
    };
    let texts: Vec<String> = messages.iter().filter_map(parts).collect();
    (!texts.is_empty()).then(|| texts.join("\n"))
}

/// The tool calls that all answers ask for, as the column `tool_calls` lists them.
fn calls(messages: &[Value]) -> Option<String> {
    let parts = messages.iter().filter_map(|message| message.get("parts")?.as_array()).flatten();
    let calls = parts.filter(|part| part.get("type").is_some_and(|kind| kind == "tool_call"));
    let calls: Vec<Value> = calls
        .map(|call| {
            let member = |name: &str| call.get(name).cloned().unwrap_or(Value::Null);
            serde_json::json!({"id": member("id"), "name": member("name"),
                "arguments": member("arguments")})
        })
        .collect();
    (!calls.is_empty()).then(|| Value::Array(calls).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(messages: &[(&str, u64)], is_final: bool) -> PayloadRow {
        let list = messages.iter().map(|(text, time)| {
            serde_json::json!({"role": "user", LOGGED_AT: time,
                "parts": [{"type": "text", "content": text}]})
        });
        let list: Vec<Value> = list.collect();
        PayloadRow {
            input_messages: Some(Value::Array(list).to_string()),
            is_final,
            ..PayloadRow::default()
        }
    }

    #[test]
    fn logged_messages_come_together_in_the_order_of_their_times() {
        let parts =
            [row(&[("b", 2)], false), row(&[("a", 1), ("b", 2)], false), row(&[("c", 3)], false)];
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
            let mut merged = PayloadRow { is_final: true, ..PayloadRow::default() };
            for at in order {
                merged.merge(parts.get(at).cloned().unwrap_or_default());
            }
            assert_eq!(
                merged.input_messages,
                row(&[("a", 1), ("b", 2), ("c", 3)], false).input_messages
            );
        }
    }

    #[test]
    fn answers_of_several_records_make_one_text_and_one_list_of_calls() {
        let answer = |text: &str, call: Option<&str>, time: u64| {
            let mut parts = vec![serde_json::json!({"type": "text", "content": text})];
            parts.extend(call.map(|name| {
                serde_json::json!({"type": "tool_call", "id": "c", "name": name,
                    "arguments": {"n": time}})
            }));
            let message = serde_json::json!({"role": "assistant", LOGGED_AT: time, "parts": parts});
            PayloadRow {
                output_messages: Some(Value::Array(vec![message]).to_string()),
                output_text: Some(text.to_owned()),
                ..PayloadRow::default()
            }
        };
        let parts = [answer("a", Some("x"), 1), answer("b", None, 2), answer("c", Some("y"), 3)];
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
            let mut merged = PayloadRow::default();
            for at in order {
                merged.merge(parts.get(at).cloned().unwrap_or_default());
            }
            assert_eq!(merged.output_text.as_deref(), Some("a\nb\nc"));
            let calls = concat!(
                r#"[{"id":"c","name":"x","arguments":{"n":1}},"#,
                r#"{"id":"c","name":"y","arguments":{"n":3}}]"#
            );
            assert_eq!(merged.tool_calls.as_deref(), Some(calls), "{order:?}");
        }
    }

    #[test]
    fn a_complete_list_replaces_another() {
        let mut merged = row(&[("a", 1)], false);
        let own = r#"[{"role":"user","parts":[]}]"#.to_owned();
        merged.merge(PayloadRow { input_messages: Some(own.clone()), ..PayloadRow::default() });
        assert_eq!(merged.input_messages, Some(own));
    }
}
