//! Evaluations that say little more than which span they judge.

use spanlake_model::{EvalRow, Rows, SpanRow, Table};
use spanlake_store::{MaintainOptions, Snapshot};

use crate::support::{StepClock, eval, open, redacted, rows, span};

fn call(trace: u64, n: u64) -> SpanRow {
    SpanRow {
        tenant_id: Some(format!("tenant {trace}")),
        user_id: Some("ann".into()),
        prompt_name: Some("answer".into()),
        prompt_version: Some(n.to_string()),
        ..span(trace, n, None)
    }
}

/// A score of a trace's span, or of the whole trace.
fn score(number: u64, trace: u64, of: Option<u64>) -> EvalRow {
    let judged = span(trace, of.unwrap_or(0), None);
    EvalRow { trace_id: Some(judged.trace_id), span_id: of.map(|_| judged.span_id), ..eval(number) }
}

/// Tenant, user and prompt version of each evaluation, in their order.
async fn belongs(snapshot: &Snapshot) -> Vec<(String, [Option<String>; 3])> {
    let mut found = Vec::new();
    for rows in rows(snapshot, Table::Evals).await {
        let Rows::Evals(rows) = rows else { continue };
        found.extend(
            rows.into_iter()
                .map(|row| (row.eval_id, [row.tenant_id, row.user_id, row.prompt_version])),
        );
    }
    found.sort();
    found
}

fn expected(rows: &[(u64, [Option<&str>; 3])]) -> Vec<(String, [Option<String>; 3])> {
    let own = |row: &[Option<&str>; 3]| row.map(|text| text.map(str::to_owned));
    rows.iter().map(|(number, row)| (format!("eval-{number}"), own(row))).collect()
}

#[tokio::test]
async fn evaluations_in_files_belong_where_the_span_they_judge_does() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), StepClock::new());
    let store = open(dir.path(), &clock).await;
    let calls = vec![call(1, 0), call(1, 1), call(2, 0)];
    store.append(redacted(vec![Rows::Spans(calls)])).await.unwrap();
    // The spans of the first are in a file, that of the second comes after it.
    store.flush().await.unwrap();
    let named = EvalRow {
        prompt_name: Some("answer".into()),
        prompt_version: Some("own".into()),
        tenant_id: Some("own".into()),
        ..score(4, 2, Some(0))
    };
    let evals = vec![
        score(0, 1, Some(1)),
        score(1, 3, Some(7)),
        score(2, 1, None),
        score(3, 9, Some(0)),
        named,
    ];
    store.append(redacted(vec![Rows::Evals(evals)])).await.unwrap();
    store.append(redacted(vec![Rows::Spans(vec![call(3, 7)])])).await.unwrap();
    store.flush().await.unwrap();

    let expected = expected(&[
        (0, [Some("tenant 1"), Some("ann"), Some("1")]),
        (1, [Some("tenant 3"), Some("ann"), Some("7")]),
        // Of a whole trace: no prompt.
        (2, [Some("tenant 1"), Some("ann"), None]),
        // Of a span that is not here.
        (3, [None, None, None]),
        (4, [Some("own"), Some("ann"), Some("own")]),
    ]);
    assert_eq!(belongs(&store.snapshot()).await, expected);
    drop(store);
    let store = open(dir.path(), &clock).await;
    assert_eq!(belongs(&store.snapshot()).await, expected);
}

async fn evals(snapshot: &Snapshot) -> Vec<EvalRow> {
    let mut found = Vec::new();
    for rows in rows(snapshot, Table::Evals).await {
        let Rows::Evals(rows) = rows else { continue };
        found.extend(rows);
    }
    found.sort_by(|a, b| a.eval_id.cmp(&b.eval_id));
    found
}

#[tokio::test]
async fn an_evaluation_takes_what_its_span_says_only_later() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), StepClock::new());
    let store = open(dir.path(), &clock).await;
    let first = vec![
        Rows::Evals(vec![score(0, 1, Some(1)), score(1, 1, Some(2))]),
        Rows::Spans(vec![span(1, 1, Some(0)), span(1, 2, Some(0))]),
    ];
    store.append(redacted(first)).await.unwrap();
    store.flush().await.unwrap();
    // What has no prompt yet is looked up by those who ask.
    assert!(evals(&store.snapshot()).await.iter().all(|row| row.span_seen.is_none()));
    let root = SpanRow { session_id: Some("s".into()), ..span(1, 0, None) };
    let prompted = SpanRow { parent_span_id: span(1, 1, Some(0)).parent_span_id, ..call(1, 1) };
    store.append(redacted(vec![Rows::Spans(vec![root, prompted])])).await.unwrap();
    store.append(redacted(vec![Rows::Evals(vec![score(2, 9, Some(0))])])).await.unwrap();
    store.flush().await.unwrap();
    store.maintain(MaintainOptions::default()).await.unwrap();
    let found = evals(&store.snapshot()).await;
    assert_eq!(store.snapshot().table(Table::Evals).files.len(), 1);
    assert_eq!(found[0].session_id.as_deref(), Some("s"));
    assert_eq!(found[0].user_id.as_deref(), Some("ann"));
    assert_eq!(found[0].prompt_version.as_deref(), Some("1"));
    assert_eq!((&found[1].prompt_name, found[1].session_id.as_deref()), (&None, Some("s")));
    assert_eq!(found[1].span_seen, None);
    // After some days what a span does not say stays unsaid, and nobody looks for it any more.
    clock.advance_days(4);
    store.append(redacted(vec![Rows::Evals(vec![score(3, 9, Some(0))])])).await.unwrap();
    store.maintain(MaintainOptions::default()).await.unwrap();
    let seen: Vec<_> = evals(&store.snapshot()).await.iter().map(|row| row.span_seen).collect();
    assert_eq!(seen, [Some(true), Some(true), None, None]);
}

#[tokio::test]
async fn an_evaluation_of_a_trace_takes_what_its_root_says_or_its_spans_agree_on() {
    let of = |workflow: &str, row: SpanRow| SpanRow {
        workflow: Some(workflow.to_owned()),
        tenant_id: Some("t".into()),
        ..row
    };
    let rooted = [of("inner", span(1, 1, Some(0))), of("outer", span(1, 0, None))];
    let rootless = [of("a", span(2, 1, Some(0))), of("b", span(2, 2, Some(0)))];
    let expected = [(Some("outer".to_owned()), Some("t".into())), (None, Some("t".into()))];
    for flushed in [false, true] {
        let (dir, clock) = (tempfile::tempdir().unwrap(), StepClock::new());
        let store = open(dir.path(), &clock).await;
        let calls = rooted.iter().chain(&rootless);
        for row in calls.cloned() {
            store.append(redacted(vec![Rows::Spans(vec![row])])).await.unwrap();
            if flushed {
                store.flush().await.unwrap();
            }
        }
        let scores = vec![score(1, 1, None), score(2, 2, None)];
        store.append(redacted(vec![Rows::Evals(scores)])).await.unwrap();
        store.flush().await.unwrap();
        let found = evals(&store.snapshot()).await;
        let found: Vec<_> = found.into_iter().map(|row| (row.workflow, row.tenant_id)).collect();
        assert_eq!(found, expected);
    }
}
