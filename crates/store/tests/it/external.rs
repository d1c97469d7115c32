//! Other engines read the tables: the same rows, days and statistics, with nothing of ours.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use spanlake_model::Rows;

use crate::support;

/// What Python's deltalake, DuckDB and Polars see of some tables; `None` when they are not
/// installed. `SPANLAKE_PYTHON` names the interpreter that has them.
fn read_elsewhere(store: &Path, tables: &[&str]) -> Option<Value> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/external_readers.py");
    let python = std::env::var_os("SPANLAKE_PYTHON").unwrap_or_else(|| "python3".into());
    let ran = Command::new(python).arg(script).arg(store).args(tables).output();
    let Ok(output) = ran else {
        eprintln!("skipped: there is no such Python");
        return None;
    };
    let errors = String::from_utf8_lossy(&output.stderr);
    if output.status.code() == Some(3) {
        eprintln!("skipped: {errors}");
        return None;
    }
    assert!(output.status.success(), "{errors}");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deltalake_duckdb_and_polars_read_the_tables() {
    let dir = tempfile::tempdir().unwrap();
    let clock = support::StepClock::new();
    let store = support::open(dir.path(), &clock).await;
    // Traces are an hour apart: 24 on each of two days, 3 spans and 2 payloads each.
    let mut days = BTreeMap::new();
    for flush in 0..4_u64 {
        for trace in flush * 12..(flush + 1) * 12 {
            let spans: Vec<_> = (0..3).map(|n| support::span(trace, n, None)).collect();
            *days.entry(spans[0].date.iso()).or_insert(0_u64) += 3;
            let payloads = (0..2).map(|n| support::payload(trace, n, "text")).collect();
            store
                .append(support::redacted(vec![Rows::Payloads(payloads), Rows::Spans(spans)]))
                .await
                .unwrap();
        }
        store.flush().await.unwrap();
    }
    store.close().await.unwrap();
    assert_eq!(days.len(), 2);
    let Some(found) = read_elsewhere(dir.path(), &["spans", "payloads"]) else { return };
    let expected = serde_json::to_value(&days).unwrap();
    let spans = &found["spans"];
    assert_eq!(spans["deltalake"]["days"], expected);
    assert_eq!(spans["duckdb"]["days"], expected);
    assert_eq!(spans["polars"]["days"], expected);
    assert_eq!(
        (&spans["deltalake"]["reader"], &spans["deltalake"]["writer"]),
        (&1.into(), &2.into())
    );
    assert_eq!(spans["deltalake"]["files"], 4);
    let pruned = spans["duckdb"]["scan_of_one_day"].to_string();
    assert!(pruned.contains("2/4"), "{pruned}");
    // Statistics hold values, so only times and numbers have them.
    let statistics = spans["deltalake"]["statistics"].as_array().unwrap();
    assert!(statistics.contains(&"start_time".into()), "{statistics:?}");
    for column in ["trace_id", "name", "user_id", "input_preview"] {
        assert!(!statistics.contains(&column.into()), "{column}");
    }
    let payloads = &found["payloads"];
    assert_eq!(payloads["deltalake"]["days"], payloads["duckdb"]["days"]);
    assert_eq!(payloads["polars"]["days"], payloads["duckdb"]["days"]);
    let sum = |table: &Value| -> u64 {
        table["duckdb"]["days"].as_object().unwrap().values().filter_map(Value::as_u64).sum()
    };
    assert_eq!((sum(spans), sum(payloads)), (144, 96));
}
