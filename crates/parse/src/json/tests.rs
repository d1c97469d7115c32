//! Literal expectations: each text is a failure seen in model output, with the value a reader would take.
use proptest::prelude::*;
use serde_json::{Value, json};

use super::strict::recognise;
use super::{JsonStatus, LenientStatus, json_status, lenient};

fn check(text: &str, status: &str, value: impl Into<Option<Value>>) {
    let value = value.into();
    assert_eq!(json_status(text).as_str(), status, "class of {text}");
    let read = lenient(text).value.map(|json| serde_json::from_str::<Value>(&json).unwrap());
    assert_eq!(read, value, "value of {text}");
}

#[test]
fn strict_texts() {
    check(
        r#"{"a": [1, -0.5e+3, true, null, "\u00e9"]}"#,
        "ok",
        Some(json!({"a": [1, -500.0, true, null, "é"]})),
    );
    check(" [] \n", "ok_whitespace", Some(json!([])));
    check("null", "ok", Some(Value::Null));
    check(
        r#"{"a": 1, "b": {"c": 1, "c": 2}}"#,
        "duplicate_key",
        Some(json!({"a": 1, "b": {"c": 2}})),
    );
    check(r#"{"a": 1, "\u0061": 2}"#, "duplicate_key", Some(json!({"a": 2})));
    check(r#""{\"a\": 1}""#, "escaped_json_string", Some(json!(r#"{"a": 1}"#)));
    check(r#""{not json}""#, "ok", Some(json!("{not json}")));
}

#[test]
fn wrapped_texts() {
    let value = Some(json!({"a": 1}));
    check("```json\n{\"a\": 1}\n```", "fenced", value.clone());
    check("``` {\"a\": 1} ```", "fenced", value.clone());
    // A stop sequence often cuts the closing fence off; the value is whole.
    check("```json\n{\"a\": 1}\n", "fenced", value.clone());
    check("Here you are:\n~~~\n{\"a\": 1}\n~~~\nBye!", "fenced_prose", value.clone());
    check("Use {name} here: {\"a\": 1} and {that} there [1].", "prose_wrapped", value.clone());
    check("<think>{\"b\": 2}</think>\n{\"a\": 1}", "prose_wrapped", value.clone());
    check("\u{feff}{\"a\": 1}", "malformed", value.clone());
    check("{\"a\": 1}}", "malformed", value);
    check(
        "Result: {\"md\": \"```py\\nx\\n```\"}",
        "prose_wrapped",
        Some(json!({"md": "```py\nx\n```"})),
    );
}

#[test]
fn mended_texts() {
    check("{\"a\": [1, 2,],}", "trailing_comma", Some(json!({"a": [1, 2]})));
    check(
        "{'a': 'Let's meet', 'b': 'it\\'s'}",
        "single_quotes",
        Some(json!({"a": "Let's meet", "b": "it's"})),
    );
    check("{\"a\": None, \"b\": (1, 2)}", "python_literal", Some(json!({"a": null, "b": [1, 2]})));
    check("{a: 1, b_c: {d: \"e\"}}", "unquoted_keys", Some(json!({"a": 1, "b_c": {"d": "e"}})));
    check(
        "{\"a\": 1, // one\n /* two */ \"b\": 2 # three\n}",
        "comments",
        Some(json!({"a": 1, "b": 2})),
    );
    check("{\"a\": \"x\"\n \"b\": [1 2]}", "missing_comma", Some(json!({"a": "x", "b": [1, 2]})));
    check("{\"a\": \"x\ny\tz\"}", "raw_newline_in_string", Some(json!({"a": "x\ny\tz"})));
    check(
        "{\"a\": \"say \"hi\" now\", \"p\": \"C:\\dir\"}",
        "malformed",
        Some(json!({"a": "say \"hi\" now", "p": "C:\\dir"})),
    );
    check("{\\\"a\\\": \\\"b\\\"}", "malformed", Some(json!({"a": "b"})));
    check("{\u{201c}a\u{201d}: +1, \"b\": .5}", "malformed", Some(json!({"a": 1, "b": 0.5})));
}

#[test]
fn texts_without_one_value() {
    for (text, status) in [
        ("", "empty"),
        (" \n", "empty"),
        ("```json\n```", "empty"),
        ("{\"a\": NaN}", "nan_inf"),
        ("{\"a\": [1, -Infinity]}", "nan_inf"),
        ("{\"a\": 1, \"b\": tru", "truncated"),
        ("{\"a\": \"un", "truncated"),
        ("{\"a\": [1, 2], ", "truncated"),
        ("Sure: {\"a\": {\"b\": 1}", "truncated"),
        ("\"{\\\"a\\\": 1, \\\"b", "truncated"),
        ("```json\n{\"a\": 1,\n", "truncated_fenced"),
        ("```json\n{\"a\": 1,\n```", "truncated_fenced"),
        ("{\"a\": 1}\n{\"a\": 2}", "multiple_objects"),
        ("{\"a\": 1}, {\"a\": 2}", "multiple_objects"),
        ("I'm sorry, but I can't help with that.", "refusal"),
        ("The answer is fifty, see [1] and {x}.", "prose_only"),
        ("{\"a\" 1}", "malformed"),
    ] {
        check(text, status, None);
    }
    assert_eq!(lenient("{\"a\": 1, \"b").status, LenientStatus::Truncated);
}

#[test]
fn nesting_costs_no_stack() {
    let deep = |n| ["[".repeat(n), "]".repeat(n)].concat();
    assert_eq!(json_status(&deep(10_000)), JsonStatus::Ok);
    assert_eq!(json_status(&"[".repeat(100_000)), JsonStatus::Malformed);
    assert_eq!(json_status(&"{\"a\":".repeat(100_000)), JsonStatus::Malformed);
    assert_eq!(json_status(&["x ", &deep(10_000)].concat()), JsonStatus::ProseOnly);
}

proptest! {
    #[test]
    fn any_text_is_read_without_panic(text in "\\PC*", jsonish in "[\\[\\]{}:,\"'`a-c0-3.eE+\\\\ \n/*#NT-]{0,60}") {
        for text in [text, jsonish] {
            let read = lenient(&text);
            prop_assert_eq!(json_status(&text).is_strict_json(), read.status == LenientStatus::Ok);
            if let Some(json) = read.value {
                prop_assert!(recognise(&json).is_some(), "{}", json);
            }
        }
    }

    #[test]
    fn strict_reader_agrees_with_serde_json(text in "[\\[\\]{}:,\"ab0-3.eE+\\\\ntrue -]{0,24}") {
        // serde_json is the independent reader; it alone refuses numbers beyond f64.
        let serde = serde_json::from_str::<Value>(&text);
        let out_of_range = serde.as_ref().is_err_and(|e| e.to_string().contains("out of range"));
        prop_assert!(out_of_range || serde.is_ok() == recognise(&text).is_some(), "{}", text);
    }

    #[test]
    fn no_prefix_of_a_value_is_recovered(a in "[a-z ]{1,12}", n in 0_i64..10_000, cut in 0.05_f64..0.99) {
        let whole = json!({"name": a, "n": n, "list": [a, {"x": null}]}).to_string();
        let cut = &whole[..(whole.len() as f64 * cut) as usize];
        prop_assert_eq!(lenient(cut).value, None, "{}", cut);
    }
}
