//! The tables' logs: what stands in them, how they stay short, and how their columns grow.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;
use spanlake_model::Rows;
use spanlake_store::{MaintainOptions, Store, StoreError, StoreOptions};

use crate::support::{StepClock, open, options, redacted, span, spans};

fn log_dir(store: &Path) -> PathBuf {
    store.join("spans/_delta_log")
}

/// Every action of every commit that is left, oldest first.
fn actions(store: &Path) -> Vec<Value> {
    let mut commits: Vec<PathBuf> = std::fs::read_dir(log_dir(store))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    commits.sort();
    let texts = commits.iter().map(|path| std::fs::read_to_string(path).unwrap());
    texts
        .flat_map(|text| {
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>()
        })
        .collect()
}

/// Changes the columns in a table's first commit.
fn edit_columns(store: &Path, edit: impl Fn(&mut Vec<Value>)) {
    let path = log_dir(store).join(format!("{:020}.json", 0));
    let text = std::fs::read_to_string(&path).unwrap();
    let mut lines = Vec::new();
    for line in text.lines() {
        let mut action: Value = serde_json::from_str(line).unwrap();
        if let Some(metadata) = action.get_mut("metaData") {
            let schema = metadata["schemaString"].as_str().unwrap();
            let mut schema: Value = serde_json::from_str(schema).unwrap();
            edit(schema["fields"].as_array_mut().unwrap());
            metadata["schemaString"] = schema.to_string().into();
        }
        lines.push(action.to_string());
    }
    std::fs::write(path, lines.join("\n")).unwrap();
}

async fn append_and_flush(store: &Store, trace: u64) {
    store.append(redacted(vec![Rows::Spans(vec![span(trace, 0, None)])])).await.unwrap();
    store.flush().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn maintenance_keeps_the_log_short() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), StepClock::new());
    let short =
        StoreOptions { checkpoint_commits: 4, log_retention: Duration::ZERO, ..options(&clock) };
    let store = Store::open(dir.path().to_str().unwrap(), short.clone()).await.unwrap();
    let only_log = || MaintainOptions {
        eager: false,
        retain: false,
        vacuum: false,
        ..MaintainOptions::default()
    };
    for trace in 0..6 {
        append_and_flush(&store, trace).await;
    }
    let report = store.maintain(only_log()).await.unwrap();
    assert_eq!((report.checkpoints, report.deleted_log_files), (1, 6), "{report:?}");
    assert_eq!(store.maintain(only_log()).await.unwrap().checkpoints, 0);
    append_and_flush(&store, 6).await;
    drop(store);
    let store = Store::open(dir.path().to_str().unwrap(), short).await.unwrap();
    assert_eq!(spans(&store.snapshot()).await.len(), 7);
    assert!(store.check().await.unwrap().is_sound());
}

#[tokio::test]
async fn commits_say_what_they_are() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), StepClock::new());
    let store = open(dir.path(), &clock).await;
    append_and_flush(&store, 0).await;
    append_and_flush(&store, 1).await;
    store.maintain(MaintainOptions::default()).await.unwrap();
    let actions = actions(dir.path());
    let infos = actions.iter().filter_map(|action| action.get("commitInfo"));
    let blind: Vec<Option<bool>> = infos.map(|info| info["isBlindAppend"].as_bool()).collect();
    // Created, two flushes, one compaction.
    assert_eq!(blind[1..], [Some(true), Some(true), Some(false)], "{blind:?}");
    let metadata = actions.iter().find_map(|action| action.get("metaData")).unwrap();
    let property = |name: &str| metadata["configuration"][name].as_str().map(str::to_owned);
    assert_eq!(property("delta.checkpointInterval").as_deref(), Some("32"));
    assert_eq!(property("delta.logRetentionDuration").as_deref(), Some("interval 1 days"));
    assert_eq!(property("delta.enableExpiredLogCleanup").as_deref(), Some("false"));
}

#[tokio::test]
async fn a_table_of_an_older_program_gets_the_newer_columns() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), StepClock::new());
    let store = open(dir.path(), &clock).await;
    append_and_flush(&store, 0).await;
    drop(store);
    edit_columns(dir.path(), |fields| fields.retain(|field| field["name"] != "sensitivity"));
    // A reader changes nothing and sees the rows.
    let read_only = StoreOptions { read_only: true, ..options(&clock) };
    let reader = Store::open(dir.path().to_str().unwrap(), read_only).await.unwrap();
    assert_eq!(spans(&reader.refresh().await.unwrap()).await.len(), 1);
    assert_eq!(actions(dir.path()).iter().filter(|a| a.get("metaData").is_some()).count(), 1);

    let store = open(dir.path(), &clock).await;
    append_and_flush(&store, 1).await;
    assert_eq!(spans(&store.snapshot()).await.len(), 2);
    let actions = actions(dir.path());
    let latest = actions.iter().rev().find_map(|action| action.get("metaData")).unwrap();
    let schema: Value = serde_json::from_str(latest["schemaString"].as_str().unwrap()).unwrap();
    let fields = schema["fields"].as_array().unwrap();
    let added = fields.last().unwrap();
    assert_eq!(
        (added["name"].as_str(), added["nullable"].as_bool()),
        (Some("sensitivity"), Some(true))
    );
    drop(store);
    let commits = self::actions(dir.path()).len();
    drop(open(dir.path(), &clock).await);
    assert_eq!(self::actions(dir.path()).len(), commits, "once is enough");
}

#[tokio::test]
async fn an_older_program_reads_a_newer_table_and_does_not_write_it() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), StepClock::new());
    let url = dir.path().to_str().unwrap();
    let store = open(dir.path(), &clock).await;
    append_and_flush(&store, 0).await;
    drop(store);
    let column = serde_json::json!({
        "name": "from_a_newer_version", "type": "string", "nullable": true, "metadata": {},
    });
    edit_columns(dir.path(), |fields| fields.push(column.clone()));
    let error = Store::open(url, options(&clock)).await.err().unwrap();
    assert!(matches!(error, StoreError::TableTooNew { table: "spans", .. }), "{error:?}");
    assert!(error.to_string().contains("from_a_newer_version"), "{error}");
    assert!(!error.is_retryable() && !error.is_corruption());
    let read_only = StoreOptions { read_only: true, ..options(&clock) };
    let reader = Store::open(url, read_only).await.unwrap();
    assert_eq!(spans(&reader.refresh().await.unwrap()).await.len(), 1);
}
