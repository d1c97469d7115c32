//! Retention: what expires goes everywhere, and what was hidden stays hidden.

use std::time::Duration;

use spanlake_model::{Rows, SpanRow, Table};
use spanlake_store::{MaintainOptions, Store, StoreOptions};

use crate::support::{
    StepClock, eval, open, options, payload, payloads, redacted, rows, span, spans,
};

#[tokio::test]
async fn a_row_that_moved_to_an_expired_date_does_not_come_back() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), StepClock::new());
    let url = dir.path().to_str().unwrap();
    let keep = || StoreOptions { metadata_retention_days: Some(20), ..options(&clock) };
    let store = Store::open(url, keep()).await.unwrap();
    // The second day's file has enough rows not to be rewritten for one dead row.
    let second_day: Vec<SpanRow> = (0..30).map(|n| span(30, n, None)).collect();
    store.append(redacted(vec![Rows::Spans(second_day)])).await.unwrap();
    store.flush().await.unwrap();
    let earlier = span(0, 0, None);
    let moved = SpanRow {
        start_time: earlier.start_time,
        start_unix_nano: earlier.start_unix_nano,
        date: earlier.date,
        ..span(30, 7, None)
    };
    store.append(redacted(vec![Rows::Spans(vec![moved])])).await.unwrap();
    store.flush().await.unwrap();
    assert_eq!(spans(&store.snapshot()).await.len(), 30);
    clock.advance_days(21);
    let report = store.maintain(MaintainOptions::default()).await.unwrap();
    assert_eq!(report.expired_files, 1);
    assert_eq!(spans(&store.snapshot()).await.len(), 29);
    drop(store);
    let store = Store::open(url, keep()).await.unwrap();
    let left = spans(&store.snapshot()).await;
    assert_eq!(left.len(), 29, "the version that was moved away from is back");
    // What carried the override goes with the last file that needs it.
    clock.advance_days(1);
    store.maintain(MaintainOptions::default()).await.unwrap();
    assert!(store.snapshot().table(Table::Spans).files.is_empty());
}

#[tokio::test]
async fn free_text_goes_with_the_payloads_of_its_date() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), StepClock::new());
    let keep = StoreOptions {
        payload_retention_days: Some(3),
        metadata_retention_days: Some(20),
        vacuum_grace: Duration::ZERO,
        ..options(&clock)
    };
    let store = Store::open(dir.path().to_str().unwrap(), keep).await.unwrap();
    let talkative = |trace| SpanRow {
        input_preview: Some("a question".into()),
        attributes: Some(r#"{"note":"a word"}"#.into()),
        events: Some(r#"[{"name":"an event"}]"#.into()),
        status_message: Some("a message".into()),
        prompt_name: Some("support".into()),
        input_tokens: Some(7),
        ..span(trace, 0, None)
    };
    let mut judged = eval(1);
    judged.explanation = Some("because".into());
    judged.label = Some("faithful".into());
    let batch = vec![
        Rows::Payloads(vec![payload(0, 0, "an answer")]),
        Rows::Evals(vec![judged]),
        // Two dates: only the first expires.
        Rows::Spans(vec![talkative(0), talkative(100)]),
    ];
    store.append(redacted(batch)).await.unwrap();
    store.flush().await.unwrap();
    clock.advance_days(4);
    store.maintain(MaintainOptions::default()).await.unwrap();
    let snapshot = store.snapshot();
    assert!(payloads(&snapshot).await.is_empty());
    let seen = spans(&snapshot).await;
    assert_eq!(seen.len(), 2);
    let expired = SpanRow {
        input_preview: None,
        attributes: None,
        events: None,
        status_message: None,
        ..talkative(0)
    };
    for (row, expected) in seen.iter().zip([expired, talkative(100)]) {
        let texts = |row: &SpanRow| {
            (
                row.input_preview.clone(),
                row.attributes.clone(),
                row.events.clone(),
                row.status_message.clone(),
                row.name.clone(),
                row.prompt_name.clone(),
                row.input_tokens,
            )
        };
        assert_eq!(texts(row), texts(&expected));
    }
    let evals = rows(&snapshot, Table::Evals).await;
    let [Rows::Evals(evals)] = evals.as_slice() else { panic!("{evals:?}") };
    assert_eq!(
        (evals[0].explanation.as_deref(), evals[0].label.as_deref()),
        (None, Some("faithful"))
    );

    // It is done once; a late span of the date is seen to, too.
    let idle = store.maintain(MaintainOptions::default()).await.unwrap();
    assert_eq!((idle.merged_files, idle.new_files), (0, 0), "{idle:?}");
    store.append(redacted(vec![Rows::Spans(vec![talkative(1)])])).await.unwrap();
    store.maintain(MaintainOptions::default()).await.unwrap();
    let seen = spans(&store.snapshot()).await;
    assert_eq!(seen.len(), 3);
    assert_eq!(seen.iter().filter(|span| span.attributes.is_some()).count(), 1);
    assert!(store.check().await.unwrap().is_sound());
}

#[tokio::test]
async fn compaction_keeps_what_recovery_merges_with() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), StepClock::new());
    let store = open(dir.path(), &clock).await;
    let first = SpanRow { input_tokens: Some(5), ..span(1, 0, None) };
    for rows in [vec![first], vec![span(2, 0, None)]] {
        store.append(redacted(vec![Rows::Spans(rows)])).await.unwrap();
        store.flush().await.unwrap();
    }
    // A contribution that says nothing of tokens, still in the log when files are merged.
    let second = SpanRow { request_model: Some("m".into()), ..span(1, 0, None) };
    store.append(redacted(vec![Rows::Spans(vec![second])])).await.unwrap();
    let report =
        store.maintain(MaintainOptions { flush: false, ..MaintainOptions::default() }).await;
    assert_eq!(report.unwrap().merged_files, 2);
    drop(store);
    let seen = spans(&open(dir.path(), &clock).await.snapshot()).await;
    assert_eq!(seen.len(), 2);
    assert_eq!((seen[0].input_tokens, seen[0].request_model.as_deref()), (Some(5), Some("m")));
}

#[tokio::test]
async fn maintenance_makes_lost_filters_again() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), StepClock::new());
    let store = open(dir.path(), &clock).await;
    let batch = vec![Rows::Evals(vec![eval(3)]), Rows::Spans(vec![span(1, 0, None)])];
    store.append(redacted(batch)).await.unwrap();
    store.flush().await.unwrap();
    drop(store);
    let filters = |table: &str| {
        let listed = std::fs::read_dir(dir.path().join("_store/idx").join(table)).unwrap();
        listed.map(|entry| entry.unwrap().path()).collect::<Vec<_>>()
    };
    std::fs::remove_file(&filters("spans")[0]).unwrap();
    let damaged = &filters("evals")[0];
    std::fs::write(damaged, b"not a filter").unwrap();
    let store = open(dir.path(), &clock).await;
    let snapshot = store.snapshot();
    let absent = crate::support::trace_id(77);
    assert!(snapshot.table(Table::Spans).files[0].may_contain_trace(&absent), "unknown is maybe");
    assert!(snapshot.table(Table::Evals).files[0].filter.may_contain_eval("none"));
    let report = store.maintain(MaintainOptions::default()).await.unwrap();
    assert_eq!(report.rebuilt_filters, 2);
    let snapshot = store.snapshot();
    assert!(!snapshot.table(Table::Spans).files[0].may_contain_trace(&absent));
    assert!(!snapshot.table(Table::Evals).files[0].filter.may_contain_eval("none"));
    assert_eq!(store.maintain(MaintainOptions::default()).await.unwrap().rebuilt_filters, 0);
    drop(store);
    let snapshot = open(dir.path(), &clock).await.snapshot();
    assert!(!snapshot.table(Table::Spans).files[0].may_contain_trace(&absent));
    assert!(snapshot.table(Table::Spans).files[0].may_contain_trace(&crate::support::trace_id(1)));
}
