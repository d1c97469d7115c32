//! Messages that are in OpenTelemetry's form already, read without a tree in between.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;

use super::messages::{Message, Part};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FastMessage<'a> {
    #[serde(borrow)]
    role: Cow<'a, str>,
    #[serde(default)]
    name: Option<Cow<'a, str>>,
    parts: Vec<FastPart<'a>>,
    #[serde(default)]
    finish_reason: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FastPart<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(default, borrow)]
    content: Option<Cow<'a, str>>,
    #[serde(default)]
    id: Option<Cow<'a, str>>,
    #[serde(default)]
    name: Option<Cow<'a, str>>,
    #[serde(default)]
    arguments: Option<Value>,
}

/// Reads a list of messages of text, reasoning and tool calls; `None` for anything else, which
/// [`super::messages::read`] then reads. The text itself is the column's value.
pub(crate) fn read(text: &str) -> Option<Vec<Message>> {
    if !text.starts_with('[') {
        return None;
    }
    let messages: Vec<FastMessage<'_>> = serde_json::from_str(text).ok()?;
    messages.into_iter().map(message).collect()
}

fn message(fast: FastMessage<'_>) -> Option<Message> {
    if fast.role == "tool" {
        return None;
    }
    Some(Message {
        role: fast.role.into_owned(),
        name: fast.name.map(Cow::into_owned),
        parts: fast.parts.into_iter().map(part).collect::<Option<_>>()?,
        finish_reason: fast.finish_reason.map(Cow::into_owned),
        ..Message::default()
    })
}

fn part(fast: FastPart<'_>) -> Option<Part> {
    match (fast.kind.as_ref(), fast.content, fast.name) {
        ("text", Some(content), None) => Some(Part::Text(content.into_owned())),
        ("reasoning", Some(content), None) => Some(Part::Reasoning(content.into_owned())),
        ("tool_call", None, Some(name)) => {
            // Arguments as text are parsed by the general reader.
            let arguments = fast.arguments.unwrap_or(Value::Null);
            (!arguments.is_string()).then(|| Part::ToolCall {
                id: fast.id.map(Cow::into_owned),
                name: name.into_owned(),
                arguments,
            })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_short_way_reads_what_the_long_way_reads() {
        let list = r#"[{"role":"user","parts":[{"type":"text","content":"a\nb"}],"name":null},
            {"role":"assistant","parts":[{"type":"reasoning","content":"r"},
            {"type":"tool_call","id":"c","name":"t","arguments":{"q":[1]}}],"finish_reason":"stop"}]"#;
        let long = super::super::messages::read(&serde_json::from_str(list).unwrap(), "user");
        assert_eq!(read(list), Some(long));
        for other in [
            r#"[{"role":"user","parts":[{"type":"blob","content":"x","modality":"image"}]}]"#,
            r#"[{"role":"user","content":"x"}]"#,
            r#"[{"role":"user","parts":[{"type":"text","content":"x""#,
            r#"{"role":"user"}"#,
        ] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
