//! Backup of a store that is written to meanwhile, and the way back.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use spanlake_model::Rows;
use spanlake_store::{MaintainOptions, Store, StoreError, StoreOptions, Subject, SubjectKind};

use crate::support::{
    StepClock, eval, open, options, payload, payloads, redacted, rows, span, spans, trace_id,
};

fn batch(n: u64) -> Vec<Rows> {
    vec![
        Rows::Payloads(vec![payload(n, 0, &format!("answer {n}"))]),
        Rows::Evals(vec![eval(n)]),
        Rows::Spans(vec![span(n, 0, None), span(n, 1, Some(0))]),
    ]
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A store with rows in files, hidden rows, an erased trace, and rows in the log only.
async fn filled(dir: &Path, clock: &Arc<StepClock>) -> Store {
    let store = open(dir, clock).await;
    for n in 1..5 {
        store.append(redacted(batch(n))).await.unwrap();
        store.flush().await.unwrap();
    }
    clock.advance_days(2);
    store.erase(Subject::new(SubjectKind::Trace, trace_id(3))).await.unwrap();
    // A new version of a row in a file.
    let mut later = span(1, 1, Some(0));
    later.input_tokens = Some(7);
    store.append(redacted(vec![Rows::Spans(vec![later])])).await.unwrap();
    store.flush().await.unwrap();
    store.append(redacted(batch(5))).await.unwrap();
    store
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_store_is_the_one_that_was_saved() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), StepClock::new());
    let place = |name: &str| dir.path().join(name);
    let store = filled(&place("store"), &clock).await;
    let expected = (spans(&store.snapshot()).await, payloads(&store.snapshot()).await);
    assert_eq!((expected.0.len(), expected.1.len()), (8, 4));
    // By the writer itself, and by another process beside it.
    let read_only = StoreOptions { read_only: true, ..options(&clock) };
    let reader = Store::open(text(&place("store")), read_only).await.unwrap();
    for (name, saver) in [("one", &store), ("two", &reader)] {
        let report = saver.backup(text(&place(name))).await.unwrap();
        assert!(report.files > 10 && report.bytes > 10_000, "{report:?}");
        let again = saver.backup(text(&place(name))).await.err().unwrap();
        assert!(matches!(again, StoreError::NotEmpty { .. }), "{again:?}");
        let to = place(&format!("{name} restored"));
        assert_eq!(Store::restore(text(&place(name)), text(&to), None).await.unwrap(), report);
        let restored = open(&to, &clock).await;
        let found = (spans(&restored.snapshot()).await, payloads(&restored.snapshot()).await);
        assert_eq!(found, expected, "{name}");
        assert!(restored.check().await.unwrap().is_sound());
        // It goes on where the other was: what comes again changes nothing, who was erased stays so.
        restored.append(redacted(batch(5))).await.unwrap();
        assert_eq!(restored.append(redacted(batch(3))).await.unwrap().rows, 0);
        restored.append(redacted(batch(6))).await.unwrap();
        restored.maintain(MaintainOptions::default()).await.unwrap();
        assert_eq!(spans(&restored.snapshot()).await.len(), 10, "{name}");
        let evals = rows(&restored.snapshot(), spanlake_model::Table::Evals).await;
        assert_eq!(evals.iter().map(Rows::len).sum::<usize>(), 5, "{name}");
    }
    assert_eq!(spans(&store.snapshot()).await, expected.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_beside_appends_flushes_and_merges_has_all_that_was_acknowledged_before() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), StepClock::new());
    let store = open(&dir.path().join("store"), &clock).await;
    for n in 0..3 {
        store.append(redacted(batch(n))).await.unwrap();
    }
    let (ends, writing) = (Arc::new(AtomicBool::new(false)), store.clone());
    let writer = tokio::spawn({
        let ends = Arc::clone(&ends);
        async move {
            let mut n = 3;
            while !ends.load(Ordering::Relaxed) {
                writing.append(redacted(batch(n))).await.unwrap();
                match n % 4 {
                    0 => drop(writing.flush().await.unwrap()),
                    2 => drop(writing.maintain(MaintainOptions::default()).await.unwrap()),
                    _ => {}
                }
                n += 1;
            }
            n
        }
    });
    for round in 0..4 {
        let before = spans(&store.snapshot()).await;
        let (to, back) =
            (dir.path().join(format!("backup {round}")), dir.path().join(format!("back {round}")));
        store.backup(text(&to)).await.unwrap();
        Store::restore(text(&to), text(&back), None).await.unwrap();
        let restored = open(&back, &clock).await;
        let (seen, contents) =
            (spans(&restored.snapshot()).await, payloads(&restored.snapshot()).await);
        let has = |id: &str| contents.iter().any(|row| row.trace_id == id);
        for row in &before {
            assert!(seen.iter().any(|s| s.span_id == row.span_id), "{}", row.span_id);
            assert!(has(&row.trace_id), "{}", row.trace_id);
        }
        let mut keys: Vec<_> = seen.iter().map(|row| (&row.trace_id, &row.span_id)).collect();
        keys.dedup();
        assert_eq!(keys.len(), seen.len());
        assert!(restored.check().await.unwrap().is_sound());
    }
    ends.store(true, Ordering::Relaxed);
    assert!(writer.await.unwrap() > 3);
}

fn files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

#[tokio::test]
async fn a_damaged_or_unfinished_backup_is_refused() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), StepClock::new());
    let store = filled(&dir.path().join("store"), &clock).await;
    let backup = dir.path().join("backup");
    store.backup(text(&backup)).await.unwrap();
    let mut paths = Vec::new();
    files(&backup, &mut paths);
    paths.retain(|path| !path.ends_with("_store/store.json") && !path.ends_with("backup.json"));
    for (n, path) in paths.iter().enumerate() {
        let bytes = std::fs::read(path).unwrap();
        let mut damaged = bytes.clone();
        let middle = damaged.len() / 2;
        damaged[middle] ^= 1;
        std::fs::write(path, &damaged).unwrap();
        let to = dir.path().join(format!("to {n}"));
        let error = Store::restore(text(&backup), text(&to), None).await.err();
        assert!(error.as_ref().is_some_and(StoreError::is_corruption), "{path:?}: {error:?}");
        // Half of a store is none.
        let read_only = StoreOptions { read_only: true, ..options(&clock) };
        let opened = Store::open(text(&to), read_only).await.err();
        assert!(matches!(opened, Some(StoreError::Missing { .. })), "{path:?}: {opened:?}");
        std::fs::write(path, &bytes).unwrap();
    }
    std::fs::remove_file(backup.join("_store/backup.json")).unwrap();
    let error = Store::restore(text(&backup), text(&dir.path().join("to")), None).await.err();
    assert!(matches!(error, Some(StoreError::NoBackup { .. })), "{error:?}");
}
