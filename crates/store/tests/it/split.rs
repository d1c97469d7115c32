//! Traces whose spans went to several writers: maintenance settles them, whatever is committed,
//! buffered or settled elsewhere meanwhile.

use std::time::Duration;

use spanlake_model::{Micros, Rows, SpanRow, Table, TokenRole};
use spanlake_store::{MaintainOptions, Store, StoreOptions};

use crate::gate::Stop;
use crate::lake::Lake;
use crate::support::{START, StepClock, payload, payloads, redacted, span, span_id, spans};

/// A root with a session, which its trace inherits.
fn root(trace: u64) -> SpanRow {
    SpanRow { session_id: Some("s".into()), ..span(trace, 0, None) }
}

async fn append(store: &Store, spans: Vec<SpanRow>) {
    store.append(redacted(vec![Rows::Spans(spans)])).await.unwrap();
}

async fn flush(store: &Store, spans: Vec<SpanRow>) {
    append(store, spans).await;
    store.flush().await.unwrap();
}

/// Lets both maintain, twice, and holds that a trace of a root and a child is settled as one.
async fn is_settled(lake: &Lake) {
    for store in [&lake.one, &lake.two, &lake.one, &lake.two] {
        store.maintain(MaintainOptions::default()).await.unwrap();
    }
    for snapshot in [lake.seen().await, lake.one.snapshot(), lake.two.snapshot()] {
        let seen = spans(&snapshot).await;
        let seen: Vec<_> = seen.iter().filter(|s| s.trace_id == root(1).trace_id).collect();
        assert_eq!(seen.len(), 2);
        assert_eq!(seen[1].session_id.as_deref(), Some("s"));
        assert_eq!(
            (seen[0].token_role, seen[1].token_role),
            (TokenRole::Aggregate, TokenRole::Leaf)
        );
    }
    assert!(lake.two.check().await.unwrap().is_sound());
}

#[tokio::test]
async fn a_trace_split_between_writers_is_settled_by_maintenance() {
    let lake = Lake::new().await;
    let root = SpanRow { session_id: Some("s".into()), ..span(1, 0, None) };
    lake.one.append(redacted(vec![Rows::Spans(vec![root])])).await.unwrap();
    lake.one.flush().await.unwrap();
    let child = vec![
        Rows::Payloads(vec![payload(1, 1, "an answer")]),
        Rows::Spans(vec![span(1, 1, Some(0))]),
    ];
    lake.two.append(redacted(child)).await.unwrap();
    lake.two.flush().await.unwrap();
    // Another trace, which only one has.
    lake.two.append(redacted(vec![Rows::Spans(vec![span(2, 0, None)])])).await.unwrap();
    lake.two.flush().await.unwrap();
    let before = spans(&*lake.seen().await).await;
    assert_eq!(before[1].session_id, None);
    let elsewhere = tempfile::tempdir().unwrap();
    let third = lake.another(&elsewhere, |options| options).await;
    for _ in 0..2 {
        third.maintain(MaintainOptions::default()).await.unwrap();
        let after = spans(&*lake.seen().await).await;
        assert_eq!(after.len(), 3);
        assert_eq!(after[1].span_id, span_id(1_001));
        assert_eq!(after[1].session_id.as_deref(), Some("s"));
        assert_eq!(after[0].token_role, TokenRole::Aggregate);
        assert_eq!(after[2], before[2]);
        assert_eq!(payloads(&*lake.seen().await).await.len(), 1);
    }
    // Settled once: nothing changes any more, and nothing more is written.
    let files = third.snapshot().table(Table::Spans).files.len();
    let settled = spans(&third.snapshot()).await;
    for store in [&lake.one, &lake.two, &third] {
        store.maintain(MaintainOptions::default()).await.unwrap();
        assert_eq!(spans(&store.snapshot()).await, settled);
    }
    assert_eq!(lake.seen().await.table(Table::Spans).files.len(), files);
}

#[tokio::test]
async fn a_contribution_that_its_writer_still_holds_outlives_settling_elsewhere() {
    let lake = Lake::new().await;
    flush(&lake.one, vec![root(1)]).await;
    flush(&lake.two, vec![span(1, 1, Some(0))]).await;
    append(&lake.two, vec![SpanRow { input_tokens: Some(3), ..span(1, 1, Some(0)) }]).await;
    // A third machine settles the child, which changes, later than that contribution.
    let (elsewhere, clock) = (tempfile::tempdir().unwrap(), StepClock::new());
    clock.advance_days(1);
    let third = lake.another(&elsewhere, |options| StoreOptions { clock, ..options }).await;
    third.maintain(MaintainOptions::default()).await.unwrap();
    assert_eq!(spans(&*lake.seen().await).await[1].session_id.as_deref(), Some("s"));
    lake.two.flush().await.unwrap();
    let tokens = |seen: Vec<SpanRow>| seen.into_iter().map(|s| s.input_tokens).collect::<Vec<_>>();
    assert_eq!(tokens(spans(&*lake.seen().await).await), [None, Some(3)]);
    assert_eq!(tokens(spans(&lake.two.snapshot()).await), [None, Some(3)]);
    is_settled(&lake).await;
    assert_eq!(tokens(spans(&*lake.seen().await).await), [None, Some(3)]);
}

#[tokio::test]
async fn a_part_that_is_committed_during_maintenance_is_settled_by_the_next() {
    let lake = Lake::new().await;
    flush(&lake.one, vec![root(1)]).await;
    append(&lake.one, vec![root(2)]).await;
    lake.gate.close("spans/date=", Stop::Before);
    let one = lake.one.clone();
    let maintaining = tokio::spawn(async move { one.maintain(MaintainOptions::default()).await });
    lake.gate.reached().await;
    flush(&lake.two, vec![span(1, 1, Some(0))]).await;
    lake.gate.open();
    maintaining.await.unwrap().unwrap();
    is_settled(&lake).await;
}

#[tokio::test]
async fn a_part_that_is_buffered_when_the_other_is_taken_in_is_settled_by_the_next() {
    let lake = Lake::new().await;
    flush(&lake.two, vec![span(1, 1, Some(0))]).await;
    append(&lake.one, vec![root(1)]).await;
    lake.one.maintain(MaintainOptions::default()).await.unwrap();
    is_settled(&lake).await;
}

#[tokio::test]
async fn two_that_settle_a_trace_at_once_leave_one_of_each() {
    let lake = Lake::new().await;
    flush(&lake.one, vec![root(1)]).await;
    flush(&lake.two, vec![span(1, 1, Some(0)), span(1, 2, Some(0))]).await;
    flush(&lake.one, vec![root(3)]).await;
    lake.gate.close("spans/date=", Stop::Before);
    let one = lake.one.clone();
    let maintaining = tokio::spawn(async move { one.maintain(MaintainOptions::default()).await });
    lake.gate.reached().await;
    lake.two.maintain(MaintainOptions::default()).await.unwrap();
    lake.gate.open();
    maintaining.await.unwrap().unwrap();
    for _ in 0..2 {
        for store in [&lake.one, &lake.two] {
            store.maintain(MaintainOptions::default()).await.unwrap();
        }
        for snapshot in [lake.seen().await, lake.one.snapshot(), lake.two.snapshot()] {
            let seen = spans(&snapshot).await;
            let ids: Vec<_> = seen.iter().map(|span| span.span_id.as_str()).collect();
            assert_eq!(ids, [span_id(1_000), span_id(1_001), span_id(1_002), span_id(3_000)]);
            assert!(seen.iter().all(|span| span.session_id.as_deref() == Some("s")));
        }
    }
}

#[tokio::test]
async fn appends_go_on_while_maintenance_reads_split_traces() {
    let lake = Lake::new().await;
    flush(&lake.two, vec![span(1, 1, Some(0))]).await;
    // The other's file is taken in with this commit; what is left to read are its rows.
    flush(&lake.one, vec![root(1)]).await;
    lake.gate.close("spans/date=", Stop::Read);
    let one = lake.one.clone();
    let maintaining = tokio::spawn(async move { one.maintain(MaintainOptions::default()).await });
    lake.gate.reached().await;
    let appending = append(&lake.one, vec![root(2)]);
    let appended = tokio::time::timeout(Duration::from_secs(20), appending).await;
    lake.gate.open();
    assert!(appended.is_ok(), "the append waited for maintenance");
    maintaining.await.unwrap().unwrap();
    is_settled(&lake).await;
}

#[tokio::test]
async fn many_split_traces_are_settled_in_several_flushes() {
    let lake = Lake::new().await;
    let day = |n: u64, row: SpanRow| {
        let start_time = Micros(START + n as i64);
        SpanRow { date: start_time.day(), start_time, ..row }
    };
    flush(&lake.one, (0..600).map(|n| day(n, root(n))).collect()).await;
    flush(&lake.two, (0..600).map(|n| day(n, span(n, 1, Some(0)))).collect()).await;
    let elsewhere = tempfile::tempdir().unwrap();
    let third =
        lake.another(&elsewhere, |options| StoreOptions { flush_bytes: 1, ..options }).await;
    let report = third.maintain(MaintainOptions::default()).await.unwrap();
    assert_eq!(report.flushed_rows, 1_200, "all roots and all children change");
    let seen = spans(&*lake.seen().await).await;
    assert_eq!(seen.len(), 1_200);
    assert!(seen.iter().all(|span| span.session_id.as_deref() == Some("s")));
    // Every row has a new version, in a file for each part of the traces.
    assert_eq!(third.snapshot().table(Table::Spans).files.len(), 2);
}
