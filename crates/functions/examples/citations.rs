//! Holds citation markers, the documents they name and sentence coverage against labelled answers.
//!
//! ```text
//! cargo run -p spanlake-functions --example citations -- citations.jsonl
//! ```
//!
//! FILE: JSON lines of `{text, n_docs, markers: [{start, end, ids}], valid_ids, invalid_ids, sentence_coverage, sentences:
//! [{start, end, ids}]}`, offsets in characters. An answer is exact when all of it is.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a program for developers: input is trusted, output is the point"
)]

mod files;

use serde_json::Value;

/// The fields of labelled parts that count.
fn parts(value: &Value) -> Vec<(&Value, &Value, &Value)> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .map(|part| (&part["start"], &part["end"], &part["ids"]))
        .collect()
}

#[tokio::main]
async fn main() {
    let Some(path) = std::env::args().nth(1) else {
        println!("usage: citations FILE");
        return;
    };
    let cases = files::json_lines(&path);
    let context = files::session();
    let columns = [("text", files::column(&cases, "text")), ("n", files::column(&cases, "n_docs"))];
    files::register(&context, "cases", &columns);
    let sql = "select citation_parse(text) as markers, citation_check(text, cast(n as bigint)) as checked,
        citation_support(text, [])['sentences'] as sentences from cases";
    let rows = files::rows(&context, sql).await;
    let mut right = [0; 4];
    let mut exact = 0;
    for (case, row) in cases.iter().zip(&rows) {
        let coverage = case["sentence_coverage"].as_f64().unwrap_or(0.0);
        let found = row["checked"]["sentence_coverage"].as_f64().unwrap_or(0.0);
        let parts_agree = [
            parts(&row["markers"]) == parts(&case["markers"]),
            row["checked"]["valid_ids"] == case["valid_ids"]
                && row["checked"]["invalid_ids"] == case["invalid_ids"],
            (coverage - found).abs() < 1e-9,
            parts(&row["sentences"]) == parts(&case["sentences"]),
        ];
        for (count, agrees) in right.iter_mut().zip(parts_agree) {
            *count += usize::from(agrees);
        }
        exact += usize::from(parts_agree.iter().all(|agrees| *agrees));
    }
    for (name, count) in ["markers", "documents", "coverage", "sentences"].iter().zip(right) {
        println!("{name}: {count} of {}", cases.len());
    }
    println!("citations: {exact} of {}", cases.len());
}
