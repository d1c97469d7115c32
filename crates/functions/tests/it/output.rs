//! Functions over model output.

use datafusion::logical_expr::Documentation;
use serde_json::{Value, json};
use spanlake_functions::documented::Page;

use crate::sql::{error, rows, session, value};

/// Name and manual of every function, and what follows its call.
fn manuals() -> Vec<(String, Documentation, &'static str)> {
    let of = |name: &str, manual: Option<&Documentation>, over| {
        let manual = manual.unwrap_or_else(|| panic!("{name} has no manual"));
        (name.to_owned(), manual.clone(), over)
    };
    let scalars = spanlake_functions::scalar_functions();
    let aggregates = spanlake_functions::aggregate_functions();
    let windows = spanlake_functions::window_functions();
    scalars
        .iter()
        .map(|f| of(f.name(), f.documentation(), ""))
        .chain(aggregates.iter().map(|f| of(f.name(), f.documentation(), "")))
        .chain(windows.iter().map(|f| of(f.name(), f.documentation(), " over ()")))
        .collect()
}

#[test]
fn every_function_is_documented() {
    for (name, manual, _) in manuals() {
        let page = Page::of(&manual);
        assert!(manual.syntax_example.starts_with(&format!("{name}(")), "{name}");
        assert!(page.example.contains(&name), "{name}");
        for (part, text) in [
            ("does", &page.does),
            ("result", &page.result),
            ("nulls", &page.nulls),
            ("source", &page.source),
        ] {
            assert!(text.ends_with('.'), "{name}: {part} is {text:?}");
        }
        // The signature names the arguments that the manual explains, in their order.
        let inside = manual.syntax_example.split_once('(').unwrap().1.replace(['[', ']', ')'], "");
        let named: Vec<&str> = inside.split(", ").collect();
        let explained: Vec<&str> = page.arguments.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(named, explained, "{name}");
    }
}

#[tokio::test]
async fn calls_that_do_not_fit_show_the_signature() {
    for (name, manual, over) in manuals() {
        let syntax = &manual.syntax_example;
        let n = manual.arguments.as_ref().unwrap().len();
        let fitting = vec!["null"; n];
        // An interval fits nowhere.
        let mut calls = vec![String::new(), vec!["null"; n + 1].join(", ")];
        calls.extend((0..n).map(|at| {
            let mut arguments = fitting.clone();
            arguments[at] = "interval '1 day'";
            arguments.join(", ")
        }));
        for arguments in calls {
            let sql = format!("select {name}({arguments}){over} as v");
            let message = error(&sql).await;
            assert!(message.contains(syntax.as_str()), "{sql}: {message}");
        }
    }
}

#[tokio::test]
async fn every_text_type_is_read() {
    for cast in ["Utf8", "LargeUtf8", "Utf8View", "Dictionary(Int32, Utf8)"] {
        let text = |t: &str| format!("arrow_cast('{t}', '{cast}')");
        let call = format!("select json_status({}) as v", text("{\"a\": 1,}"));
        assert_eq!(value(&call).await, "trailing_comma", "{cast}");
        let call = format!(
            "select faith_score({}, make_array({})) as v",
            text("The bridge opened."),
            text("The bridge opened in 1932.")
        );
        if !cast.starts_with("Dictionary") {
            assert_eq!(value(&call).await, 1.0, "{cast}");
        }
    }
}

#[tokio::test]
async fn json_functions() {
    let schema =
        r#"{"type": "object", "required": ["a", "b"], "properties": {"a": {"type": "integer"}}}"#;
    for (call, expected) in [
        ("json_status('```json\n{}\n```')".to_owned(), json!("fenced")),
        (format!("json_status('{{\"a\": \"1\", \"b\": 2}}', '{schema}')"), json!("wrong_type")),
        ("json_extract_lenient('Sure: {''a'': True,}')".to_owned(), json!("{\"a\":true}")),
        ("json_extract_lenient('{\"a\": 1, \"b')".to_owned(), Value::Null),
        (
            format!("json_schema_check('{{\"a\": \"1\", \"b\": 2}}', '{schema}')"),
            json!({"valid": false, "n_errors": 1, "errors": [{"path": "/a", "keyword": "type"}]}),
        ),
        (
            format!("json_schema_check('{{\"a\": 1, \"b\": 2}}', '{schema}')"),
            json!({"valid": true, "n_errors": 0, "errors": []}),
        ),
        (format!("required_completion('{{\"a\": 1}}', '{schema}')"), json!(0.5)),
        (
            format!("tool_args_check('{{\"a\": \"1\", \"b\": 2}}', '{schema}')"),
            json!({"status": "unexpected_param", "path": "/b"}),
        ),
        ("refusal_kind('Sorry, but I can''t assist with that.')".to_owned(), json!("full")),
    ] {
        assert_eq!(value(&format!("select {call} as v")).await, expected, "{call}");
    }
}

#[tokio::test]
async fn schemas_may_change_from_row_to_row() {
    let sql = "select json_schema_check(t, s)['valid'] as v from (values
        ('1', '{\"type\": \"integer\"}'), ('1', '{\"type\": \"string\"}'), ('1', null), (null, '{')) as x(t, s)";
    let found: Vec<Value> =
        rows(&session(1), sql).await.unwrap().iter().map(|row| row["v"].clone()).collect();
    assert_eq!(found, [json!(true), json!(false), Value::Null, Value::Null]);
}

#[tokio::test]
async fn citations() {
    assert_eq!(
        value("select citation_parse('It opened in 1932 [1][3].') as v").await,
        json!([{"start": 18, "end": 24, "ids": [1, 3]}])
    );
    assert_eq!(
        value("select citation_check('It opened [1][9]. It is long.', 3) as v").await,
        json!({"markers": 2, "valid": 1, "invalid": 1, "sentence_coverage": 0.5, "valid_ids": [1], "invalid_ids": [9]})
    );
}

#[tokio::test]
async fn faith_score_reads_texts_lists_and_documents() {
    let answer = "'The bridge opened in 1932.'";
    let context = "'The bridge opened in 1932 and is long.'";
    for contexts in [context.to_owned(), format!("[{context}, null]")] {
        assert_eq!(value(&format!("select faith_score({answer}, {contexts}) as v")).await, 1.0);
    }
    let documents = |used: &str| {
        format!(
            "select faith_score({answer}, [named_struct('id', '1', 'in_context', {used}, 'content', {context})]) as v"
        )
    };
    assert_eq!(value(&documents("true")).await, 1.0);
    assert_eq!(value(&documents("cast(null as boolean)")).await, 1.0);
    assert_eq!(value(&documents("false")).await, Value::Null);
    let invented =
        "select faith_score('Freeman designed it in London.', 'The bridge is long.') as v";
    assert!(value(invented).await.as_f64().unwrap() < 0.5);
}

#[tokio::test]
async fn sql_nulls() {
    for call in [
        "json_status(null)",
        "json_status('1', null)",
        "json_extract_lenient(null)",
        "json_schema_check(null, '{}')",
        "required_completion('{}', '{}')",
        "tool_args_check(null, '{}')",
        "refusal_kind(null)",
        "citation_parse(null)",
        "citation_check('[1]', null)",
        "citation_check('[1]', -1)",
        "faith_score(null, ['a'])",
        "faith_score('a', null)",
        "faith_score(' ', ['a b'])",
        "faith_score('a b', [])",
        "wilson(null, 3)",
        "wilson(4, 3)",
        "wilson(0, 0)",
        "two_prop(1, 2, 3, 0)",
        "seq_diff(1, 2, 0, 1, 2, 0)",
        "bh_adjust(null)",
    ] {
        assert_eq!(value(&format!("select {call} as v")).await, Value::Null, "{call}");
    }
}

#[tokio::test]
async fn errors_name_the_reason() {
    for (call, part) in [
        ("json_status()", "json_status(text[, schema]) takes 1 to 2 arguments, got 0"),
        ("wilson(1)", "wilson(successes, n[, alpha]) takes 2 to 3 arguments, got 1"),
        (
            "wilson('a', 2)",
            "wilson(successes, n[, alpha]) cannot take Utf8 as argument 1 (successes)",
        ),
        ("faith_score('a', 7)", "cannot take Int64 as argument 2"),
        ("faith_score('a', 'b', 'c', 'best')", "no profile is named \"best\""),
        ("json_schema_check('1', '{')", "json_schema_check: schema is not JSON at line 1"),
        ("tool_args_check('1', '{\"type\": 3}')", "tool_args_check: schema is invalid at"),
        (
            "parse_failure_rate(1)",
            "parse_failure_rate(status) cannot take Int64 as argument 1 (status)",
        ),
        ("psi(now(), true)", "psi(value, is_current[, binning]) cannot take"),
    ] {
        let message = error(&format!("select {call} as v")).await;
        assert!(message.contains(part), "{call}: {message}");
    }
}
