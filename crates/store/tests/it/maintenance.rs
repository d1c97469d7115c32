//! Compaction, retention, vacuum and checks.

use std::time::Duration;

use spanlake_model::{Rows, SpanRow, Table};
use spanlake_store::{MaintainOptions, Store, StoreOptions};

use crate::support::{StepClock, open, options, payload, payloads, redacted, span, spans};

#[tokio::test]
async fn compaction_changes_no_row_and_drops_old_versions() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), StepClock::new());
    let store = open(dir.path(), &clock).await;
    for n in 0..5 {
        let rows = vec![
            Rows::Spans(vec![span(n, 1, Some(0)), span(n + 30, 0, None)]),
            Rows::Payloads(vec![payload(n, 1, "text")]),
        ];
        store.append(redacted(rows)).await.unwrap();
        store.flush().await.unwrap();
    }
    // Roots that come late: children get new versions.
    for n in 0..3 {
        let root = SpanRow { session_id: Some("s".into()), ..span(n, 0, None) };
        store.append(redacted(vec![Rows::Spans(vec![root])])).await.unwrap();
        store.flush().await.unwrap();
    }
    let before = (spans(&store.snapshot()).await, payloads(&store.snapshot()).await);
    assert_eq!((before.0.len(), before.1.len()), (13, 5));
    let held = store.snapshot();
    let report = store.maintain(MaintainOptions::default()).await.unwrap();
    assert!(report.merged_files >= 10, "{report:?}");
    let after = store.snapshot();
    assert_eq!((spans(&after).await, payloads(&after).await), before);
    let files = &after.table(Table::Spans).files;
    assert_eq!(files.len(), 2, "one a date");
    assert!(files.iter().all(|file| file.dead.is_empty()));
    assert_eq!(spans(&held).await, before.0, "a reader of the old version still can");

    // A change after compaction finds its row in the new file.
    let root = SpanRow { session_id: Some("t".into()), ..span(4, 0, None) };
    store.append(redacted(vec![Rows::Spans(vec![root])])).await.unwrap();
    assert_eq!(spans(&store.snapshot()).await.len(), 14);
    let check = store.check().await.unwrap();
    assert!(check.is_sound(), "{check:?}");
    drop(store);
    let store = open(dir.path(), &clock).await;
    let again = spans(&store.snapshot()).await;
    assert_eq!(again.len(), 14);
    assert_eq!(again.iter().filter(|span| span.session_id.as_deref() == Some("t")).count(), 2);
}

#[tokio::test]
async fn vacuum_deletes_what_is_unreferenced_after_the_grace() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), StepClock::new());
    let store = open(dir.path(), &clock).await;
    for n in 0..3 {
        store.append(redacted(vec![Rows::Spans(vec![span(n, 0, None)])])).await.unwrap();
        store.flush().await.unwrap();
    }
    let first = store.maintain(MaintainOptions::default()).await.unwrap();
    assert_eq!((first.merged_files, first.deleted_files), (3, 0));
    let unreferenced = store.check().await.unwrap();
    assert_eq!(unreferenced.findings.len(), 3);
    assert!(unreferenced.is_sound());
    clock.advance_days(1);
    let second = store.maintain(MaintainOptions::default()).await.unwrap();
    assert_eq!((second.merged_files, second.deleted_files), (0, 3));
    assert!(store.check().await.unwrap().findings.is_empty());
    assert_eq!(spans(&store.snapshot()).await.len(), 3);
}

#[tokio::test]
async fn payloads_expire_before_spans() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), StepClock::new());
    let keep = StoreOptions {
        payload_retention_days: Some(3),
        metadata_retention_days: Some(20),
        vacuum_grace: Duration::ZERO,
        ..options(&clock)
    };
    let store = Store::open(dir.path().to_str().unwrap(), keep).await.unwrap();
    let rows =
        vec![Rows::Spans(vec![span(0, 0, None)]), Rows::Payloads(vec![payload(0, 0, "an answer")])];
    store.append(redacted(rows)).await.unwrap();
    for (days, spans_left, payloads_left) in [(0, 1, 1), (4, 1, 0), (20, 0, 0)] {
        clock.advance_days(days);
        store.maintain(MaintainOptions::default()).await.unwrap();
        let snapshot = store.snapshot();
        assert_eq!(spans(&snapshot).await.len(), spans_left, "after {days} more days");
        assert_eq!(payloads(&snapshot).await.len(), payloads_left, "after {days} more days");
    }
}

#[tokio::test]
async fn a_check_names_damaged_and_missing_files() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), StepClock::new());
    let store = open(dir.path(), &clock).await;
    for n in [0, 40] {
        store.append(redacted(vec![Rows::Spans(vec![span(n, 0, None)])])).await.unwrap();
        store.flush().await.unwrap();
    }
    let files = store.snapshot().table(Table::Spans).files.clone();
    let place = |at: usize| std::path::Path::new("/").join(files[at].path.as_ref());
    std::fs::remove_file(place(0)).unwrap();
    let bytes = std::fs::read(place(1)).unwrap();
    std::fs::write(place(1), &bytes[..bytes.len() - 1]).unwrap();
    let report = store.check().await.unwrap();
    let codes: Vec<&str> = report.findings.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, ["missing_file", "wrong_size"]);
    assert!(!report.is_sound());
    let info = store.info().await.unwrap();
    assert_eq!((info.tables.len(), info.tables[0].rows, info.redaction), (1, 2, "redacted"));
}

#[tokio::test]
async fn a_store_maintains_itself_when_it_is_asked_to() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), StepClock::new());
    let busy = StoreOptions {
        maintain_interval: Some(Duration::from_millis(1)),
        compact_files: 2,
        ..options(&clock)
    };
    let store = Store::open(dir.path().to_str().unwrap(), busy).await.unwrap();
    for n in 0..4 {
        store.append(redacted(vec![Rows::Spans(vec![span(n, 0, None)])])).await.unwrap();
        store.flush().await.unwrap();
    }
    while store.snapshot().table(Table::Spans).files.len() > 1 {
        tokio::task::yield_now().await;
    }
    assert_eq!(spans(&store.snapshot()).await.len(), 4);
    store.close().await.unwrap();
}
