//! What was said in a trace: messages, documents, arguments, results, as stored after redaction.

use std::collections::HashMap;
use std::fmt::Write as _;

use nu_ansi_term::Style;
use serde_json::Value;
use spanlake::model::PayloadRow;
use spanlake::query::TraceNode;

use crate::output::harmless;

/// Shows each span's content in the order of the tree; spans without any are left out.
pub(super) fn show(
    nodes: &[TraceNode],
    payloads: &HashMap<String, PayloadRow>,
    colour: bool,
) -> String {
    let bold = |text: &str| {
        if colour { Style::new().bold().paint(text).to_string() } else { text.to_owned() }
    };
    let mut shown = String::new();
    for node in nodes {
        let Some(payload) = payloads.get(&node.span.span_id) else { continue };
        let parts = parts(payload);
        if parts.is_empty() {
            continue;
        }
        let title = format!("{} ({})", node.span.name, node.span.span_id);
        let _ = writeln!(shown, "\n{}", bold(&harmless(&title)));
        for (name, text) in parts {
            let _ = writeln!(shown, "  {name}");
            for line in harmless(&text).lines() {
                let _ = writeln!(shown, "    {line}");
            }
        }
    }
    shown
}

fn parts(payload: &PayloadRow) -> Vec<(&'static str, String)> {
    let mut parts = Vec::new();
    let mut add = |name, text: Option<String>| {
        parts.extend(text.filter(|text| !text.trim().is_empty()).map(|text| (name, text)));
    };
    let said = |text: &Option<String>| text.as_deref().map(messages);
    add("system", said(&payload.system_instructions));
    add("input", said(&payload.input_messages));
    if payload.input_messages.is_none() {
        add("prompt", payload.rendered_prompt.clone());
    }
    add("variables", payload.input_variables.clone());
    add("query", payload.retrieval_query.clone());
    let documents = payload.documents.iter().enumerate().map(|(at, document)| {
        let id = document.id.as_deref().unwrap_or("-");
        let score = document.rerank_score.or(document.score);
        let score = score.map_or_else(String::new, |score| format!(" {score:.3}"));
        format!("[{}] {id}{score}\n{}", at + 1, document.content.as_deref().unwrap_or_default())
    });
    add("documents", Some(documents.collect::<Vec<_>>().join("\n")));
    add("arguments", payload.tool_arguments.clone());
    add("result", payload.tool_result.clone());
    match &payload.output_text {
        Some(text) => add("output", Some(text.clone())),
        None => add("output", said(&payload.output_messages)),
    }
    if payload.output_text.is_some() {
        add("tool calls", payload.tool_calls.clone());
    }
    parts
}

/// Writes messages as a conversation; what is no list of messages stays as it is.
fn messages(text: &str) -> String {
    let Ok(Value::Array(items)) = serde_json::from_str::<Value>(text) else {
        return text.to_owned();
    };
    items.iter().map(message).collect::<Vec<_>>().join("\n")
}

fn message(value: &Value) -> String {
    let Some(parts) = value.get("parts").and_then(Value::as_array) else { return part(value) };
    let said = parts.iter().map(part).collect::<Vec<_>>().join("\n");
    match value.get("role").and_then(Value::as_str) {
        Some(role) => format!("{role}: {said}"),
        None => said,
    }
}

fn part(value: &Value) -> String {
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    match text("type") {
        Some("tool_call") => format!(
            "→ {}({})",
            text("name").unwrap_or("?"),
            value.get("arguments").map(plain).unwrap_or_default()
        ),
        Some("tool_call_response") => {
            format!("← {}", value.get("response").map(plain).unwrap_or_default())
        }
        _ => text("content").map_or_else(|| plain(value), str::to_owned),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_read_like_a_conversation() {
        let text = r#"[{"role":"user","parts":[{"type":"text","content":"Where is it?"}]},
            {"role":"assistant","parts":[{"type":"tool_call","name":"find","arguments":{"id":7}}]},
            {"role":"tool","parts":[{"type":"tool_call_response","response":"packed"}]}]"#;
        assert_eq!(
            messages(text),
            "user: Where is it?\nassistant: → find({\"id\":7})\ntool: ← packed"
        );
        assert_eq!(messages("plain words"), "plain words");
    }
}
