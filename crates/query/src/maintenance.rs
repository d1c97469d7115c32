//! What was done to the tables' files: their newest commits, as the Delta logs tell.

use datafusion::error::{DataFusionError, Result};
use futures::TryStreamExt as _;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};
use serde_json::Value;
use spanlake_model::{Micros, Table};
use spanlake_store::Snapshot;

/// Commits shown of each table: each costs one read.
const COMMITS: usize = 100;

/// One commit to a table's log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Commit {
    pub(crate) table: &'static str,
    pub(crate) version: u64,
    pub(crate) time: Option<Micros>,
    pub(crate) work: &'static str,
    pub(crate) files_added: u64,
    pub(crate) files_removed: u64,
    pub(crate) rows_added: u64,
    pub(crate) bytes_added: u64,
    pub(crate) bytes_removed: u64,
}

/// Reads the newest commits of every table that has files, oldest first.
pub(crate) async fn read(snapshot: &Snapshot) -> Result<Vec<Commit>> {
    let store = snapshot.object_store();
    let mut commits = Vec::new();
    for table in Table::ALL {
        let Some(folder) = log_folder(snapshot, *table) else { continue };
        let mut entries: Vec<(u64, Path)> = store
            .list(Some(&folder))
            .try_filter_map(|found| std::future::ready(Ok(entry(found.location))))
            .try_collect()
            .await
            .map_err(failed)?;
        entries.sort();
        let newest = entries.split_off(entries.len().saturating_sub(COMMITS));
        for (version, path) in newest {
            let bytes = store.get(&path).await.map_err(failed)?.bytes().await.map_err(failed)?;
            commits.push(commit(table.name(), version, &String::from_utf8_lossy(&bytes)));
        }
    }
    Ok(commits)
}

fn failed(error: object_store::Error) -> DataFusionError {
    DataFusionError::ObjectStore(Box::new(error))
}

/// Finds a table's log beside its files: `…/spans/date=…/x.parquet` has it in `…/spans/_delta_log`.
fn log_folder(snapshot: &Snapshot, table: Table) -> Option<Path> {
    let data = snapshot.table(table);
    let path = data.files.first()?.path.as_ref();
    let end = path.rfind("/date=")?;
    Some(Path::from(format!("{}/_delta_log", path.get(..end)?)))
}

fn entry(path: Path) -> Option<(u64, Path)> {
    let version = path.filename()?.strip_suffix(".json")?.parse().ok()?;
    Some((version, path))
}

/// Reads one log entry: a JSON object a line.
fn commit(table: &'static str, version: u64, text: &str) -> Commit {
    let mut commit = Commit { table, version, ..Commit::default() };
    let (mut is_first, mut is_ingest, mut changes_data) = (false, false, false);
    let number = |object: &Value, name: &str| object.get(name).and_then(Value::as_u64).unwrap_or(0);
    for action in text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
        if let Some(info) = action.get("commitInfo") {
            let time = info.get("timestamp").and_then(Value::as_i64);
            commit.time = time.map(|milliseconds| Micros(milliseconds.saturating_mul(1000)));
        } else if let Some(add) = action.get("add") {
            let stats = add.get("stats").and_then(Value::as_str);
            let stats = stats.and_then(|text| serde_json::from_str::<Value>(text).ok());
            commit.files_added += 1;
            commit.bytes_added += number(add, "size");
            commit.rows_added += stats.map_or(0, |stats| number(&stats, "numRecords"));
        } else if let Some(remove) = action.get("remove") {
            commit.files_removed += 1;
            commit.bytes_removed += number(remove, "size");
            changes_data |= remove.get("dataChange").and_then(Value::as_bool).unwrap_or(false);
        } else if let Some(application) = action.get("txn").and_then(|txn| txn.get("appId")) {
            is_ingest |= application.as_str().is_some_and(|name| name.starts_with("ingest/"));
        } else {
            is_first |= action.get("protocol").is_some();
        }
    }
    commit.work = if is_ingest {
        // What arrived may all be known: then only the mark is committed.
        "flush"
    } else if commit.files_removed == 0 {
        if is_first { "create" } else { "other" }
    } else if changes_data && commit.rows_added == 0 {
        // A file without rows may stay, to hide what expired ones hid.
        "retention"
    } else {
        "compaction"
    };
    commit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_say_what_was_done() {
        let info = r#"{"commitInfo":{"timestamp":1795542283075,"operation":"WRITE"}}"#;
        let add = r#"{"add":{"path":"date=2026-06-01/a.parquet","size":100,"dataChange":true,"stats":"{\"numRecords\":7}"}}"#;
        let remove =
            r#"{"remove":{"path":"date=2026-06-01/b.parquet","size":40,"dataChange":false}}"#;
        let carrier = r#"{"add":{"path":"date=2026-06-02/c.parquet","size":30,"dataChange":true,"stats":"{\"numRecords\":0}"}}"#;
        let expired = remove.replace("false", "true");
        let flush = r#"{"txn":{"appId":"ingest/94f6","version":3}}"#;
        let maintenance = r#"{"txn":{"appId":"94f6/maintenance","version":1}}"#;
        for (lines, work, counts) in [
            (vec![info, add, flush], "flush", (1, 0, 7, 100, 0)),
            (vec![info, remove, remove, add, maintenance], "compaction", (1, 2, 7, 100, 80)),
            (vec![info, &expired, maintenance], "retention", (0, 1, 0, 0, 40)),
            (vec![info, r#"{"protocol":{"minReaderVersion":1}}"#], "create", (0, 0, 0, 0, 0)),
            // Nothing but repeats arrived.
            (vec![info, flush], "flush", (0, 0, 0, 0, 0)),
            (vec![info, r#"{"metaData":{"id":"m"}}"#], "other", (0, 0, 0, 0, 0)),
            (vec![info, &expired, carrier, maintenance], "retention", (1, 1, 0, 30, 40)),
            (vec![info, &expired, add, maintenance], "compaction", (1, 1, 7, 100, 40)),
        ] {
            let found = commit("spans", 5, &lines.join("\n"));
            let Commit {
                files_added, files_removed, rows_added, bytes_added, bytes_removed, ..
            } = found;
            let summed = (files_added, files_removed, rows_added, bytes_added, bytes_removed);
            assert_eq!((found.work, summed), (work, counts));
            assert_eq!(found.time, Some(Micros(1_795_542_283_075_000)));
        }
    }
}
