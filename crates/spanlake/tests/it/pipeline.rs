//! Bytes in, SQL and a report out.

use std::path::{Path, PathBuf};

use spanlake::demo::{DemoOptions, FaultSet};
use spanlake::{Config, Spanlake};

fn captures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/otlp")
}

/// Every capture of real SDKs, in order of their names.
fn bodies() -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![captures()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().contains(".otlp.") {
                found.push((path.display().to_string(), std::fs::read(&path).unwrap()));
            }
        }
    }
    found.sort();
    assert!(found.len() >= 10, "captures are missing");
    found
}

async fn count(lake: &Spanlake, statement: &str) -> i64 {
    use arrow::array::cast::AsArray as _;
    use arrow::array::types::Int64Type;
    let rows = lake.query(statement).await.unwrap();
    rows[0].column(0).as_primitive::<Int64Type>().value(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_is_there_for_others_and_after_a_crash() {
    let folder = tempfile::tempdir().unwrap();
    let url = folder.path().join("store");
    let url = url.to_str().unwrap();
    let lake = Spanlake::open(url).await.unwrap();
    let mut accepted = 0;
    for (name, body) in bodies() {
        accepted += lake.ingest(&name, body).await.unwrap().spans;
    }
    assert!(accepted > 30, "{accepted}");
    let spans = count(&lake, "select count(*) from spans").await;
    let pairs = "select count(*) from (select distinct trace_id, span_id from spans)";
    assert_eq!(count(&lake, pairs).await, spans, "a span is seen once");

    // Another process would see the same without a flush.
    let reader = Spanlake::builder(url).read_only().open().await.unwrap();
    assert_eq!(count(&reader, "select count(*) from spans").await, spans);

    // Dropped, not closed: what a crash leaves.
    drop(lake);
    let again = loop {
        match Spanlake::open(url).await {
            Ok(lake) => break lake,
            Err(error) if error.is_retryable() => {
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
            Err(error) => panic!("{error}"),
        }
    };
    assert_eq!(count(&again, "select count(*) from spans").await, spans);
    again.store().maintain(spanlake::store::MaintainOptions::default()).await.unwrap();
    assert_eq!(count(&again, "select count(*) from spans").await, spans);
    again.close().await.unwrap();
    let closed = Spanlake::builder(url).read_only().open().await.unwrap();
    assert_eq!(count(&closed, "select count(*) from spans").await, spans);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_export_twice_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let url = folder.path().join("store");
    let lake = Spanlake::open(url.to_str().unwrap()).await.unwrap();
    let sums =
        "select count(*) + sum(coalesce(input_tokens, 0)) from spans where token_role = 'leaf'";
    for (name, body) in bodies() {
        lake.ingest(&name, body).await.unwrap();
    }
    let before = count(&lake, sums).await;
    let evals = count(&lake, "select count(*) from evals").await;
    lake.store().flush().await.unwrap();
    for (name, body) in bodies() {
        lake.ingest(&name, body).await.unwrap();
    }
    assert_eq!(count(&lake, sums).await, before);
    assert_eq!(count(&lake, "select count(*) from evals").await, evals);
}

#[tokio::test(flavor = "multi_thread")]
async fn tasks_of_a_service_ingest_and_ask_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let url = folder.path().join("store");
    let lake = Spanlake::open(url.to_str().unwrap()).await.unwrap();
    let tasks: Vec<_> = bodies()
        .into_iter()
        .map(|(name, body)| {
            let lake = lake.clone();
            tokio::spawn(async move {
                let spans = lake.ingest(&name, body).await.unwrap().spans;
                assert!(count(&lake, "select count(*) from spans").await > 0);
                spans
            })
        })
        .collect();
    let mut sent = 0;
    for task in tasks {
        sent += task.await.unwrap();
    }
    let stored = count(&lake, "select count(*) from spans").await;
    assert!(stored > 30 && stored as u64 <= sent, "{stored} of {sent}");
    lake.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn rejected_input_is_counted_and_queryable() {
    let folder = tempfile::tempdir().unwrap();
    let url = folder.path().join("store");
    let lake = Spanlake::open(url.to_str().unwrap()).await.unwrap();
    let is_rag = |body: &(String, Vec<u8>)| body.0.ends_with("rag_chain.01.otlp.pb");
    let good = bodies().into_iter().find(is_rag).unwrap();
    let summary =
        lake.ingest("garbage.pb", b"\x0a\xff\xff\xff\xff\x7fgarbage".to_vec()).await.unwrap();
    assert!(summary.has_problems() && !summary.messages[0].contains("garbage\u{0}"), "{summary:?}");
    let refused = std::io::Error::from(std::io::ErrorKind::PermissionDenied);
    let summary = lake.ingest_unreadable("locked.pb", refused).await.unwrap();
    assert_eq!((summary.rejected, summary.problems.get("read_failed")), (1, Some(&1)));
    let named =
        "select count(*) from ingest_errors where source = 'locked.pb' and code = 'read_failed'";
    assert_eq!(count(&lake, named).await, 1);
    assert!(lake.ingest(&good.0, good.1).await.unwrap().spans > 0);
    assert!(
        count(&lake, "select count(*) from ingest_errors where source = 'garbage.pb'").await > 0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_runs_from_end_to_end_and_its_report_repeats() {
    let folder = tempfile::tempdir().unwrap();
    let options = DemoOptions { traces: 400, faults: FaultSet::all(), ..DemoOptions::default() };
    let made =
        spanlake::demo_into(folder.path(), Config::default(), options, |_, _, _| ()).await.unwrap();
    let page = std::fs::read(&made.report).unwrap();
    let lake = Spanlake::builder(made.store.to_str().unwrap()).read_only().open().await.unwrap();
    let again = folder.path().join("again");
    lake.write_weekly_report(&spanlake::WeeklyOptions::default(), &again).await.unwrap();
    assert!(std::fs::read(again.join("report.html")).unwrap() == page, "same store, same bytes");
    assert!(count(&lake, "select count(*) from prompt_quality").await >= 10);
    assert!(count(&lake, "select count(*) from evals where name = 'faithfulness'").await > 20);
    let faults: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&made.faults).unwrap()).unwrap();
    assert_eq!(faults.as_array().map(Vec::len), Some(12));
}
