//! Evaluations that say little more than which span they judge.

use spanlake_model::{EvalRow, Rows, SpanRow, Table};
use spanlake_store::Snapshot;

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
