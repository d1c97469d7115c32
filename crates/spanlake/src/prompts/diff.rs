//! What differs between two versions of a prompt.

use std::fmt::Write as _;

use similar::TextDiff;
use spanlake_model::PromptRow;

/// Writes the differences of two versions as a unified diff: the template, schemas, parameters and
/// the other fields, each that differs; empty when none does.
pub fn diff_prompts(old: &PromptRow, new: &PromptRow) -> String {
    let mut text = String::new();
    for ((what, old_text), (_, new_text)) in fields(old).into_iter().zip(fields(new)) {
        if old_text == new_text {
            continue;
        }
        let headers = [old, new].map(|row| format!("{} {} {what}", row.name, row.version));
        let diff = TextDiff::from_lines(&old_text, &new_text);
        let [before, after] = &headers;
        let _ = write!(
            text,
            "{}",
            diff.unified_diff().context_radius(3).header(before, after).missing_newline_hint(false)
        );
    }
    text
}

/// The fields that make a version, each as lines.
fn fields(row: &PromptRow) -> [(&'static str, String); 10] {
    let line =
        |text: &Option<String>| text.as_ref().map_or_else(String::new, |text| format!("{text}\n"));
    [
        ("template", line(&row.template)),
        ("variables", json(row.variable_schema.as_deref())),
        ("model", line(&row.model)),
        ("params", json(row.params.as_deref())),
        ("output_schema", json(row.output_schema.as_deref())),
        ("eval_dataset", line(&row.eval_dataset)),
        ("owner", line(&row.owner)),
        ("approval", line(&row.approval)),
        ("rollback_target", line(&row.rollback_target)),
        ("tags", row.tags.iter().fold(String::new(), |all, tag| all + tag + "\n")),
    ]
}

/// JSON with a line for each member, so that a diff shows which one changed.
fn json(text: Option<&str>) -> String {
    let Some(text) = text else { return String::new() };
    let value = serde_json::from_str::<serde_json::Value>(text).ok();
    let pretty = value.and_then(|value| serde_json::to_string_pretty(&value).ok());
    pretty.unwrap_or_else(|| text.to_owned()) + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_shown() {
        let old = PromptRow {
            name: "answer".into(),
            version: "1".into(),
            template: Some("one\ntwo".into()),
            params: Some(r#"{"temperature":0.2,"top_p":1}"#.into()),
            owner: Some("ann".into()),
            ..PromptRow::default()
        };
        let new = PromptRow {
            version: "2".into(),
            template: Some("one\nthree".into()),
            params: Some(r#"{"temperature":0.7,"top_p":1}"#.into()),
            ..old.clone()
        };
        assert_eq!(
            diff_prompts(&old, &new),
            "--- answer 1 template\n+++ answer 2 template\n@@ -1,2 +1,2 @@\n one\n-two\n+three\n\
             --- answer 1 params\n+++ answer 2 params\n@@ -1,4 +1,4 @@\n {\n-  \"temperature\": 0.2,\n\
             +  \"temperature\": 0.7,\n   \"top_p\": 1\n }\n"
        );
        assert_eq!(diff_prompts(&old, &old), "");
    }
}
