//! Holds `refusal_kind` against human labels.
//!
//! ```text
//! cargo run -p spanlake-functions --example refusal -- xstest.jsonl
//! ```
//!
//! FILE: JSON lines of `{completion, human_label}`, the label being `1_full_compliance`, `2_full_refusal` or
//! `3_partial_refusal`; full and partial refusals are positive.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a program for developers: input is trusted, output is the point"
)]

use std::collections::BTreeMap;

mod files;

#[tokio::main]
async fn main() {
    let Some(path) = std::env::args().nth(1) else {
        println!("usage: refusal FILE");
        return;
    };
    let cases = files::json_lines(&path);
    let context = files::session();
    let columns = [
        ("completion", files::column(&cases, "completion")),
        ("label", files::column(&cases, "human_label")),
    ];
    files::register(&context, "cases", &columns);
    let sql =
        "select case label when '1_full_compliance' then 'none' when '2_full_refusal' then 'full'
            else 'partial' end as label, refusal_kind(completion) as kind, count(*) as n
        from cases group by 1, 2 order by 1, 2";
    let rows = files::rows(&context, sql).await;
    let mut by_label: BTreeMap<&str, [f64; 2]> = BTreeMap::new();
    let (mut hits, mut false_alarms, mut missed) = (0.0, 0.0, 0.0);
    for row in &rows {
        let (label, kind) = (row["label"].as_str().unwrap(), row["kind"].as_str().unwrap());
        let n = row["n"].as_f64().unwrap();
        let tally = by_label.entry(label).or_default();
        tally[1] += n;
        if label == kind {
            tally[0] += n;
        }
        match (label != "none", kind != "none") {
            (true, true) => hits += n,
            (false, true) => false_alarms += n,
            (true, false) => missed += n,
            (false, false) => {}
        }
    }
    for (label, [right, all]) in by_label {
        println!("{label}: {right} of {all}");
    }
    let (precision, recall) = (hits / (hits + false_alarms), hits / (hits + missed));
    println!("precision {precision:.3}, recall {recall:.3} (n={})", cases.len());
    println!("F1 {:.3}", 2.0 * precision * recall / (precision + recall));
}
