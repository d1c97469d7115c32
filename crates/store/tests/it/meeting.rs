//! Two writers of one bucket whose commits meet: each row is seen once all the same, and after
//! maintenance it is there once.

use object_store::ObjectStore;
use spanlake_model::Rows;
use spanlake_store::{MaintainOptions, StoreError, Subject, SubjectKind};

use crate::gate::Stop;
use crate::lake::{KEYED, Lake, each_is_once_in, flush_trace};
use crate::support::{eval, payload, redacted, span, spans, trace_id};

#[tokio::test]
async fn a_commit_that_comes_during_a_compaction_is_taken_in() {
    for at in ["evals/_delta_log", "spans/_delta_log", "payloads/_delta_log"] {
        let lake = Lake::new().await;
        flush_trace(&lake.one, 1).await;
        flush_trace(&lake.one, 2).await;
        lake.gate.close(at, Stop::Before);
        let one = lake.one.clone();
        let maintaining =
            tokio::spawn(async move { one.maintain(MaintainOptions::default()).await });
        lake.gate.reached().await;
        for n in 3..6 {
            flush_trace(&lake.two, n).await;
        }
        lake.gate.open();
        maintaining.await.unwrap().unwrap();
        // The same traces come to this writer, too.
        for n in 3..6 {
            flush_trace(&lake.one, n).await;
        }
        // Before maintenance, which would drop what is there twice.
        each_is_once_in(&*lake.seen().await, 5).await;
        lake.two.maintain(MaintainOptions::default()).await.unwrap();
        lake.each_is_seen_once(5).await;
        lake.maintenance_leaves_one_of_each(5).await;
    }
}

#[tokio::test]
async fn a_commit_that_follows_a_flush_at_once_is_taken_in() {
    for at in ["evals/_delta_log", "spans/_delta_log", "payloads/_delta_log"] {
        let lake = Lake::new().await;
        flush_trace(&lake.one, 1).await;
        flush_trace(&lake.two, 2).await;
        lake.gate.close(at, Stop::After);
        let one = lake.one.clone();
        let flushing = tokio::spawn(async move { flush_trace(&one, 3).await });
        lake.gate.reached().await;
        flush_trace(&lake.two, 4).await;
        lake.gate.open();
        flushing.await.unwrap();
        flush_trace(&lake.one, 4).await;
        each_is_once_in(&*lake.seen().await, 4).await;
        lake.two.maintain(MaintainOptions::default()).await.unwrap();
        lake.each_is_seen_once(4).await;
        lake.maintenance_leaves_one_of_each(4).await;
    }
}

#[tokio::test]
async fn files_that_another_writer_merged_are_not_committed_again() {
    let lake = Lake::new().await;
    flush_trace(&lake.two, 1).await;
    flush_trace(&lake.one, 2).await;
    // Payloads are committed, evaluations and spans are not.
    lake.gate.close("evals/_delta_log", Stop::Refused);
    let batch = vec![
        Rows::Payloads(vec![payload(3, 0, "an answer")]),
        Rows::Evals(vec![eval(3)]),
        Rows::Spans(vec![span(3, 0, None)]),
    ];
    lake.one.append(redacted(batch)).await.unwrap();
    let error = lake.one.flush().await.err().unwrap();
    assert!(matches!(error, StoreError::CommitContention { .. }), "{error:?}");
    let report = lake.two.maintain(MaintainOptions::default()).await.unwrap();
    assert!(report.merged_files > 0, "{report:?}");
    lake.gate.open();
    lake.one.flush().await.unwrap();
    each_is_once_in(&*lake.seen().await, 3).await;
    lake.two.maintain(MaintainOptions::default()).await.unwrap();
    lake.each_is_seen_once(3).await;
    lake.maintenance_leaves_one_of_each(3).await;
}

#[tokio::test]
async fn what_two_writers_stored_without_knowing_is_settled_by_maintenance() {
    let lake = Lake::new().await;
    flush_trace(&lake.one, 1).await;
    flush_trace(&lake.two, 1).await;
    // As if the second had not known of the first: nothing says which one is dead.
    for table in KEYED {
        let dir = object_store::path::Path::from(format!("lake/_store/overrides/{}", table.name()));
        let listed = lake.bucket.list_with_delimiter(Some(&dir)).await.unwrap();
        for overrides in listed.objects {
            object_store::ObjectStoreExt::delete(&*lake.bucket, &overrides.location).await.unwrap();
        }
    }
    assert_eq!(spans(&*lake.seen().await).await.len(), 2);
    lake.maintenance_leaves_one_of_each(1).await;
}

#[tokio::test]
async fn a_merge_that_was_under_way_does_not_bring_erased_rows_back() {
    for at in ["evals/_delta_log", "spans/_delta_log", "payloads/_delta_log"] {
        let lake = Lake::new().await;
        for n in 1..4 {
            flush_trace(&lake.one, n).await;
        }
        lake.gate.close(at, Stop::Before);
        let one = lake.one.clone();
        let merging = tokio::spawn(async move { one.maintain(MaintainOptions::default()).await });
        lake.gate.reached().await;
        let subject = Subject::new(SubjectKind::Trace, trace_id(2));
        lake.two.erase(subject.clone()).await.unwrap();
        lake.gate.open();
        merging.await.unwrap().unwrap();
        lake.each_is_seen_once(2).await;
        lake.maintenance_leaves_one_of_each(2).await;
        let receipt = lake.one.erase(subject).await.unwrap();
        assert!(receipt.is_clean(), "{receipt:#?}");
    }
}

#[tokio::test]
async fn rows_are_hidden_while_a_merge_of_the_same_process_goes_on() {
    let lake = Lake::new().await;
    for n in 1..4 {
        flush_trace(&lake.one, n).await;
    }
    lake.gate.close("spans/date=", Stop::Before);
    let one = lake.one.clone();
    let merging = tokio::spawn(async move { one.maintain(MaintainOptions::default()).await });
    lake.gate.reached().await;
    let one = lake.one.clone();
    let subject = Subject::new(SubjectKind::Trace, trace_id(2));
    let erasing = tokio::spawn(async move { one.erase(subject).await });
    // The merge stands still; the erasure has to wait with the rewriting, and only with that.
    while spans(&lake.one.snapshot()).await.len() > 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(spans(&*lake.seen().await).await.len(), 2);
    assert!(!erasing.is_finished());
    lake.gate.open();
    merging.await.unwrap().unwrap();
    let receipt = erasing.await.unwrap().unwrap();
    assert!(receipt.is_clean(), "{receipt:#?}");
    lake.each_is_seen_once(2).await;
    lake.maintenance_leaves_one_of_each(2).await;
}
