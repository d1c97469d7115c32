//! A writer whose bucket fails it for a while, and which finds files gone afterwards: others merge
//! and delete meanwhile.

use std::sync::Arc;
use std::time::Duration;

use object_store::{ObjectStore, ObjectStoreExt as _};
use spanlake_model::{EvalRow, Rows, SpanRow, Table};
use spanlake_store::{MaintainOptions, Store, StoreError, StoreOptions};

use crate::gate::Stop;
use crate::lake::{Lake, URL, each_is_once_in, flush_trace, machine, plain};
use crate::support::{eval, payload, redacted, rows, span, spans};

async fn append_trace(store: &Store, n: u64) {
    let batch = vec![
        Rows::Payloads(vec![payload(n, 0, "an answer")]),
        Rows::Evals(vec![eval(n)]),
        Rows::Spans(vec![span(n, 0, None)]),
    ];
    store.append(redacted(batch)).await.unwrap();
}

#[tokio::test]
async fn files_that_were_vacuumed_before_their_commit_are_written_again() {
    let lake = Lake::new().await;
    flush_trace(&lake.two, 1).await;
    flush_trace(&lake.two, 2).await;
    // Payloads are committed. Evaluations and spans are only written.
    lake.gate.close("evals/_delta_log", Stop::Refused);
    append_trace(&lake.one, 3).await;
    let error = lake.one.flush().await.err().unwrap();
    assert!(matches!(error, StoreError::CommitContention { .. }), "{error:?}");
    lake.two_merges_and_vacuums().await;
    lake.gate.open();
    lake.one.flush().await.unwrap();
    for snapshot in [lake.seen().await, lake.one.snapshot()] {
        each_is_once_in(&snapshot, 3).await;
    }
    lake.maintenance_leaves_one_of_each(3).await;
}

#[tokio::test]
async fn a_failed_flush_is_tried_again_though_nothing_is_appended() {
    let short = |options| StoreOptions { flush_interval: Duration::from_millis(100), ..options };
    let lake = Lake::with(short).await;
    lake.gate.close("evals/_delta_log", Stop::Refused);
    append_trace(&lake.one, 1).await;
    lake.one.flush().await.err().unwrap();
    lake.gate.open();
    for _ in 0..200 {
        if lake.seen().await.table(Table::Spans).files.len() == 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    each_is_once_in(&*lake.seen().await, 1).await;
}

#[tokio::test]
async fn a_row_that_is_changed_before_its_flush_is_tried_again_is_written_all_the_same() {
    let lake = Lake::new().await;
    lake.gate.close("spans/date=", Stop::Refused);
    let first = SpanRow { input_tokens: Some(5), ..span(1, 0, None) };
    lake.one.append(redacted(vec![Rows::Spans(vec![first])])).await.unwrap();
    lake.one.flush().await.err().unwrap();
    let second = SpanRow { request_model: Some("m".into()), ..span(1, 0, None) };
    lake.one.append(redacted(vec![Rows::Spans(vec![second])])).await.unwrap();
    lake.gate.open();
    lake.one.flush().await.unwrap();
    // The machine stops before the second one is in a file: it is merged with the first again.
    let Lake { bucket, one, dirs, .. } = lake;
    drop(one);
    let again = Store::open(URL, machine(plain(&bucket), &dirs[0])).await.unwrap();
    let seen = spans(&again.snapshot()).await;
    assert_eq!(seen.len(), 1);
    assert_eq!((seen[0].input_tokens, seen[0].request_model.as_deref()), (Some(5), Some("m")));
}

/// Makes every tombstone of a table's log so old that the next checkpoint leaves it out.
async fn age_tombstones(bucket: &Arc<dyn ObjectStore>, table: &str) {
    let dir = object_store::path::Path::from(format!("lake/{table}/_delta_log"));
    for entry in bucket.list_with_delimiter(Some(&dir)).await.unwrap().objects {
        let bytes = bucket.get(&entry.location).await.unwrap().bytes().await.unwrap();
        let Ok(text) = std::str::from_utf8(&bytes) else { continue };
        let mut aged = String::new();
        for (at, part) in text.split("\"deletionTimestamp\":").enumerate() {
            let rest = part.trim_start_matches(|digit: char| at > 0 && digit.is_ascii_digit());
            aged.push_str(if at > 0 { "\"deletionTimestamp\":1" } else { "" });
            aged.push_str(rest);
        }
        bucket.put(&entry.location, aged.into_bytes().into()).await.unwrap();
    }
}

#[tokio::test]
async fn a_commit_whose_answer_got_lost_is_known_when_its_files_are_forgotten() {
    let lake = Lake::new().await;
    flush_trace(&lake.two, 1).await;
    flush_trace(&lake.one, 2).await;
    lake.gate.close("evals/_delta_log", Stop::Severed);
    append_trace(&lake.one, 3).await;
    lake.one.flush().await.err().unwrap();
    // The evaluations are committed, merged with others, and the log forgets where they were.
    let report = lake.two.maintain(MaintainOptions::default()).await.unwrap();
    assert!(report.merged_files > 0, "{report:?}");
    age_tombstones(&plain(&lake.bucket), "evals").await;
    flush_trace(&lake.two, 4).await;
    let brief =
        |options| StoreOptions { checkpoint_commits: 1, log_retention: Duration::ZERO, ..options };
    let elsewhere = tempfile::tempdir().unwrap();
    let third = lake.another(&elsewhere, brief).await;
    let report = third.maintain(MaintainOptions::default()).await.unwrap();
    assert!(report.checkpoints > 0 && report.deleted_log_files > 0, "{report:?}");
    lake.gate.open();
    lake.one.flush().await.unwrap();
    let seen = rows(&*lake.seen().await, Table::Evals).await;
    assert_eq!(seen.iter().map(Rows::len).sum::<usize>(), 4);
    lake.maintenance_leaves_one_of_each(4).await;
}

#[tokio::test]
async fn an_evaluation_is_flushed_though_the_file_of_what_it_judges_is_gone() {
    let lake = Lake::new().await;
    let judged = SpanRow { session_id: Some("s".into()), ..span(1, 0, None) };
    lake.one.append(redacted(vec![Rows::Spans(vec![judged.clone()])])).await.unwrap();
    lake.one.flush().await.unwrap();
    flush_trace(&lake.two, 2).await;
    lake.two_merges_and_vacuums().await;
    let score = EvalRow { span_id: Some(judged.span_id), ..eval(1) };
    lake.one.append(redacted(vec![Rows::Evals(vec![score])])).await.unwrap();
    lake.one.flush().await.unwrap();
    let evals = rows(&*lake.seen().await, Table::Evals).await;
    let sessions = evals.into_iter().flat_map(|rows| match rows {
        Rows::Evals(rows) => rows.into_iter().map(|row| row.session_id).collect(),
        _ => Vec::new(),
    });
    let mut sessions: Vec<_> = sessions.collect();
    sessions.sort();
    assert_eq!(sessions, [None, Some("s".to_owned())]);
}

#[tokio::test]
async fn a_late_span_is_taken_in_though_the_file_of_its_trace_is_gone() {
    let lake = Lake::new().await;
    let root = SpanRow { session_id: Some("s".into()), ..span(1, 0, None) };
    // The rows of the last two flushes are still in memory.
    for row in [root, span(2, 0, None), span(3, 0, None)] {
        lake.one.append(redacted(vec![Rows::Spans(vec![row])])).await.unwrap();
        lake.one.flush().await.unwrap();
    }
    lake.two_merges_and_vacuums().await;
    lake.one.append(redacted(vec![Rows::Spans(vec![span(1, 1, Some(0))])])).await.unwrap();
    for _ in 0..2 {
        let seen = spans(&lake.one.snapshot()).await;
        assert_eq!(seen.len(), 4);
        assert_eq!(seen[1].session_id.as_deref(), Some("s"));
        lake.one.flush().await.unwrap();
    }
    assert_eq!(spans(&*lake.seen().await).await, spans(&lake.one.snapshot()).await);
}
