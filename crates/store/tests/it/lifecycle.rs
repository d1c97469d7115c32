//! One thing at a time: append, see, flush, reopen, read from elsewhere.

use spanlake_model::{Rows, SpanRow, Table, TokenRole};
use spanlake_store::{Store, StoreError, StoreOptions};

use crate::faulty::Machine;
use crate::support::{
    StepClock, eval, open, options, payload, payloads, redacted, rows, span, spans, trace_id,
};

#[tokio::test]
async fn appended_rows_are_visible_before_and_after_a_flush_and_after_a_crash() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), StepClock::new());
    let store = open(dir.path(), &clock).await;
    let batch = vec![
        Rows::Spans(vec![span(1, 0, None), span(1, 1, Some(0))]),
        Rows::Payloads(vec![payload(1, 1, "an answer")]),
        Rows::Evals(vec![eval(1), eval(1)]),
    ];
    let ack = store.append(redacted(batch.clone())).await.unwrap();
    assert_eq!(ack.rows, 5);
    let before = spans(&store.snapshot()).await;
    assert_eq!(before.len(), 2);
    assert_eq!(before[0].token_role, TokenRole::Aggregate);

    drop(store);
    let store = open(dir.path(), &clock).await;
    assert_eq!(spans(&store.snapshot()).await, before);

    let report = store.flush().await.unwrap();
    assert_eq!((report.files, report.rows), (3, 4));
    let snapshot = store.snapshot();
    assert!(snapshot.table(Table::Spans).memory.is_empty());
    assert_eq!(spans(&snapshot).await, before);
    assert!(snapshot.table(Table::Spans).files[0].may_contain_trace(&trace_id(1)));
    assert!(!snapshot.table(Table::Spans).files[0].may_contain_trace(&trace_id(77)));

    drop(store);
    let store = open(dir.path(), &clock).await;
    let snapshot = store.snapshot();
    assert_eq!(spans(&snapshot).await, before);
    assert_eq!(payloads(&snapshot).await[0].output_text.as_deref(), Some("an answer"));
    assert_eq!(rows(&snapshot, Table::Evals).await.iter().map(Rows::len).sum::<usize>(), 1);

    // The same export once more changes nothing, not even versions.
    store.append(redacted(batch)).await.unwrap();
    let again = store.snapshot();
    assert_eq!(spans(&again).await, before);
    assert!(again.table(Table::Spans).files[0].dead.is_empty());
    assert_eq!(rows(&again, Table::Evals).await.iter().map(Rows::len).sum::<usize>(), 1);
}

#[tokio::test]
async fn a_root_that_comes_after_the_flush_settles_the_spans_in_files() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), StepClock::new());
    let store = open(dir.path(), &clock).await;
    store
        .append(redacted(vec![Rows::Spans(vec![span(1, 1, Some(0)), span(2, 5, None)])]))
        .await
        .unwrap();
    store.flush().await.unwrap();
    let root = SpanRow { session_id: Some("s".into()), ..span(1, 0, None) };
    store.append(redacted(vec![Rows::Spans(vec![root])])).await.unwrap();
    let expect = |spans: &[SpanRow]| {
        assert_eq!(spans.len(), 3);
        assert_eq!(spans[0].token_role, TokenRole::Aggregate);
        assert_eq!(spans[1].session_id.as_deref(), Some("s"), "inherited by the child in a file");
        assert_eq!(spans[2].session_id, None);
    };
    expect(&spans(&store.snapshot()).await);
    assert_eq!(store.snapshot().table(Table::Spans).files[0].dead.len(), 1);
    store.flush().await.unwrap();
    expect(&spans(&store.snapshot()).await);
    drop(store);
    expect(&spans(&open(dir.path(), &clock).await.snapshot()).await);
}

#[tokio::test]
async fn a_placeholder_is_hidden_in_the_buffer_and_in_files() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), StepClock::new());
    let store = open(dir.path(), &clock).await;
    let pending = SpanRow { name: "pending".into(), ..span(1, 9, Some(3)) };
    let with_payload = vec![Rows::Spans(vec![pending]), Rows::Payloads(vec![payload(1, 9, "x")])];
    store.append(redacted(with_payload)).await.unwrap();
    assert_eq!(spans(&store.snapshot()).await.len(), 1, "nothing replaces it yet");
    store.flush().await.unwrap();
    store.append(redacted(vec![Rows::Spans(vec![span(1, 3, None)])])).await.unwrap();
    for step in 0..3 {
        let snapshot = store.snapshot();
        let seen = spans(&snapshot).await;
        assert_eq!(seen.len(), 1, "step {step}");
        assert_eq!(seen[0].name, "span 3");
        assert!(payloads(&snapshot).await.is_empty(), "step {step}");
        store.flush().await.unwrap();
    }
    drop(store);
    let snapshot = open(dir.path(), &clock).await.snapshot();
    assert_eq!(spans(&snapshot).await.len(), 1);
    assert!(payloads(&snapshot).await.is_empty());
}

#[tokio::test]
async fn a_second_instance_sees_what_the_writer_acknowledged() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), StepClock::new());
    let writer = open(dir.path(), &clock).await;
    let read_only = StoreOptions { read_only: true, ..options(&clock) };
    let reader = Store::open(dir.path().to_str().unwrap(), read_only).await.unwrap();
    for n in 0..4 {
        let child = vec![Rows::Spans(vec![span(n / 2, n + 1, Some(0))])];
        writer.append(redacted(child)).await.unwrap();
        let seen = reader.refresh().await.unwrap();
        assert_eq!(spans(&seen).await.len(), n as usize + 1);
        if n % 2 == 1 {
            writer.flush().await.unwrap();
        }
    }
    writer.append(redacted(vec![Rows::Spans(vec![span(0, 0, None)])])).await.unwrap();
    let seen = spans(&reader.refresh().await.unwrap()).await;
    assert_eq!(seen.len(), 5);
    assert_eq!(seen[0].token_role, TokenRole::Aggregate);
    writer.close().await.unwrap();
    assert_eq!(spans(&reader.refresh().await.unwrap()).await.len(), 5);
    assert!(matches!(
        reader.append(redacted(vec![Rows::Spans(vec![span(9, 0, None)])])).await,
        Err(StoreError::ReadOnly)
    ));
}

#[tokio::test]
async fn wrong_places_and_second_writers_are_told_apart() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), StepClock::new());
    let file = dir.path().join("file");
    std::fs::write(&file, "x").unwrap();
    let opened = Store::open(file.to_str().unwrap(), options(&clock)).await;
    assert!(matches!(opened, Err(StoreError::NotADirectory { .. })));

    let path = dir.path().join("store");
    let read_only = StoreOptions { read_only: true, ..options(&clock) };
    let opened = Store::open(path.to_str().unwrap(), read_only).await;
    assert!(matches!(opened, Err(StoreError::Missing { .. })));
    assert!(!path.exists(), "a reader creates nothing");

    let store = open(&path, &clock).await;
    let opened = Store::open(path.to_str().unwrap(), options(&clock)).await;
    let Err(StoreError::Locked { holder }) = opened else { panic!("{opened:?}") };
    assert!(holder.contains(&std::process::id().to_string()), "{holder}");

    let unredacted = SpanRow { policy_version: "none".into(), ..span(1, 0, None) };
    let refused = store.append(redacted(vec![Rows::Spans(vec![unredacted])])).await;
    assert!(matches!(refused, Err(StoreError::PolicyMismatch { .. })), "{refused:?}");
    assert!(spans(&store.snapshot()).await.is_empty());
}

#[tokio::test]
async fn a_flush_that_fails_between_two_tables_is_finished_later() {
    for crash in [false, true] {
        let (dir, clock) = (tempfile::tempdir().unwrap(), StepClock::new());
        let mut store = open(dir.path(), &clock).await;
        let rows = vec![
            Rows::Spans(vec![span(1, 1, Some(0))]),
            Rows::Payloads(vec![payload(1, 1, "an answer")]),
        ];
        store.append(redacted(rows)).await.unwrap();
        // Payloads are committed first; a file stands where the spans' log must go.
        let spans_dir = dir.path().join("spans");
        std::fs::create_dir_all(&spans_dir).unwrap();
        let blocker = spans_dir.join("_delta_log");
        std::fs::write(&blocker, "x").unwrap();
        store.flush().await.unwrap_err();
        assert!(dir.path().join("payloads").join("_delta_log").is_dir());
        if crash {
            drop(store);
            std::fs::remove_file(&blocker).unwrap();
            store = open(dir.path(), &clock).await;
        } else {
            let late = vec![
                Rows::Spans(vec![span(1, 0, None)]),
                Rows::Payloads(vec![payload(1, 1, "a better answer")]),
            ];
            store.append(redacted(late)).await.unwrap();
            std::fs::remove_file(&blocker).unwrap();
        }
        for _ in 0..3 {
            let snapshot = store.snapshot();
            assert_eq!(spans(&snapshot).await.len(), if crash { 1 } else { 2 });
            let seen = payloads(&snapshot).await;
            assert_eq!(seen.len(), 1);
            let expected = if crash { "an answer" } else { "a better answer" };
            assert_eq!(seen[0].output_text.as_deref(), Some(expected));
            store.flush().await.unwrap();
        }
        drop(store);
        let store = open(dir.path(), &clock).await;
        assert_eq!(payloads(&store.snapshot()).await.len(), 1);
        assert_eq!(spans(&store.snapshot()).await.len(), if crash { 1 } else { 2 });
        assert!(store.check().await.unwrap().is_sound());
    }
}

#[tokio::test]
async fn a_span_of_a_long_trace_in_files_reads_little() {
    let (machine, clock) = (Machine::new(), StepClock::new());
    let options = StoreOptions { medium: Some(machine.medium()), ..options(&clock) };
    let store = Store::open("memory://long-trace", options).await.unwrap();
    let first = SpanRow { session_id: Some("s".into()), ..span(1, 0, None) };
    let mut batch = vec![first];
    batch.extend((1..600).map(|n| span(1, n, Some(0))));
    store.append(redacted(vec![Rows::Spans(batch)])).await.unwrap();
    store.flush().await.unwrap();
    let reads = machine.faults.reads();
    for n in 600..700 {
        store.append(redacted(vec![Rows::Spans(vec![span(1, n, Some(0))])])).await.unwrap();
    }
    let more = machine.faults.reads() - reads;
    assert!(more < 10, "{more} reads for 100 spans that are not in the file");
    // All are seen at once, and what depends on the whole trace by the next flush.
    assert_eq!(spans(&store.snapshot()).await.len(), 700);
    store.flush().await.unwrap();
    let seen = spans(&store.snapshot()).await;
    assert_eq!(seen.len(), 700);
    assert!(seen.iter().all(|span| span.session_id.as_deref() == Some("s")));
}
