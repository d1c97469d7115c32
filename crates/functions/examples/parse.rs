//! Holds the class, the recovered value, the schema verdict and the required fields of model outputs against labels.
//!
//! ```text
//! cargo run -p spanlake-functions --example parse -- parse_corpus.jsonl
//! ```
//!
//! FILE: JSON lines of `{raw, cls, schema, expect: {recoverable_value, schema_valid, required_total, required_filled}}`; a null
//! value must not be recovered.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a program for developers: input is trusted, output is the point"
)]

use std::collections::BTreeMap;

mod files;

use serde_json::Value;

/// Right ones and all.
type Tally = [usize; 2];

fn count(tally: &mut Tally, is_right: bool) {
    tally[0] += usize::from(is_right);
    tally[1] += 1;
}

fn share(tally: Tally) -> f64 {
    tally[0] as f64 / tally[1].max(1) as f64
}

#[tokio::main]
async fn main() {
    let Some(path) = std::env::args().nth(1) else {
        println!("usage: parse FILE");
        return;
    };
    let cases = files::json_lines(&path);
    let context = files::session();
    let columns =
        [("raw", files::column(&cases, "raw")), ("schema", files::column(&cases, "schema"))];
    files::register(&context, "cases", &columns);
    let sql = "select json_status(raw, schema) as class, value,
        json_schema_check(value, schema)['valid'] as valid, required_completion(raw, schema) as filled
        from (select raw, schema, json_extract_lenient(raw) as value from cases)";
    let rows = files::rows(&context, sql).await;
    let mut by_class: BTreeMap<&str, [Tally; 2]> = BTreeMap::new();
    let (mut classes, mut recovered, mut verdicts, mut completed) =
        ([0; 2], [0; 2], [0; 2], [0; 2]);
    let mut invented = 0;
    for (case, row) in cases.iter().zip(&rows) {
        let class = case["cls"].as_str().unwrap();
        let tally = by_class.entry(class).or_default();
        let is_class = row["class"] == class;
        count(&mut classes, is_class);
        count(&mut tally[0], is_class);
        let expect = &case["expect"];
        let value: Value =
            row["value"].as_str().map_or(Value::Null, |json| serde_json::from_str(json).unwrap());
        if expect["recoverable_value"].is_null() {
            invented += usize::from(!row["value"].is_null());
        } else {
            let is_value = value == expect["recoverable_value"];
            count(&mut recovered, is_value);
            count(&mut tally[1], is_value);
        }
        if let Some(valid) = expect["schema_valid"].as_bool() {
            count(&mut verdicts, row["valid"] == valid);
        }
        if let (Some(filled), Some(total @ 1..)) =
            (expect["required_filled"].as_f64(), expect["required_total"].as_u64())
        {
            let found = row["filled"].as_f64().unwrap_or(f64::NAN);
            count(&mut completed, (found - filled / total as f64).abs() < 1e-9);
        }
    }
    for (class, [classes, recovered]) in by_class {
        let recovered = if recovered[1] > 0 {
            format!(", recovered {} of {}", recovered[0], recovered[1])
        } else {
            String::new()
        };
        println!("{class}: class {} of {}{recovered}", classes[0], classes[1]);
    }
    println!("schema verdicts: {} of {}", verdicts[0], verdicts[1]);
    println!("required completion: {} of {}", completed[0], completed[1]);
    println!("invented values: {invented}");
    println!("classes {:.3}, recovery {:.3}", share(classes), share(recovered));
}
