//! Evaluations that name no prompt count for the prompt version of the span they judge.

use spanlake_model::{EvalRow, Micros, Rows, SpanRow};
use spanlake_query::Session;

use crate::data::{FIRST_DAY, cell, session, span, spans};
use crate::support::Builder;

/// An evaluation as a person or another system imports it: with the span's id and nothing more.
fn imported(judged: &SpanRow, by: (&str, &str), score: f64, passed: bool) -> EvalRow {
    EvalRow {
        date: judged.date,
        eval_id: format!("{}{}", by.1, judged.span_id),
        eval_time: Micros(judged.start_time.0 + 1),
        trace_id: Some(judged.trace_id.clone()),
        span_id: Some(judged.span_id.clone()),
        name: "faithfulness".to_owned(),
        score: Some(score),
        passed: Some(passed),
        evaluator_type: Some(by.0.to_owned()),
        evaluator: Some(by.1.to_owned()),
        ..EvalRow::default()
    }
}

/// Calls 0 to 8 use versions 1, 2, 3, 1, 2, 3, … of the prompt.
async fn store() -> Session {
    let call = |number| span(FIRST_DAY, number);
    let (judge, person) = (("model", "judge"), ("human", "ann"));
    let without_trace = EvalRow { trace_id: None, ..imported(&call(7), judge, 0.2, false) };
    let of_a_session =
        EvalRow { span_id: None, trace_id: None, ..imported(&call(1), judge, 0.0, false) };
    let named = EvalRow {
        prompt_name: Some("answer".to_owned()),
        prompt_version: Some("1".to_owned()),
        ..imported(&call(0), judge, 0.5, true)
    };
    let evals = vec![
        named,
        imported(&call(3), judge, 0.7, true),
        imported(&call(1), judge, 0.4, false),
        without_trace,
        imported(&call(2), person, 0.0, false),
        of_a_session,
    ];
    let mut builder = Builder::new(4);
    builder.file(&spans(FIRST_DAY, 0..9), vec![]).await;
    builder.file(&Rows::Evals(evals), vec![]).await;
    session(builder.build())
}

#[tokio::test]
async fn scores_and_labels_count_for_their_spans_version() {
    let session = store().await;
    for (version, column, expected) in [
        ("1", "round(faithfulness, 6)", "0.6"),
        ("1", "faithfulness_n", "2"),
        ("1", "failed_evals", "0"),
        ("2", "round(faithfulness, 6)", "0.3"),
        ("2", "failed_evals", "2"),
        // A person's score is not among the evaluators', but failed.
        ("3", "faithfulness_n", "0"),
        ("3", "failed_evals", "1"),
    ] {
        let sql = format!("select {column} from prompt_quality where prompt_version = '{version}'");
        assert_eq!(cell(&session, &sql).await, expected, "{sql}");
    }
    let nowhere = "select count(*) from prompt_evals where prompt_name is null";
    assert_eq!(cell(&session, nowhere).await, "1");
    let resolved = "select count(*) from prompt_evals where is_resolved";
    assert_eq!(cell(&session, resolved).await, "4");
}

#[tokio::test]
async fn metrics_count_them_too() {
    let session = store().await;
    let library = session.library().clone();
    let of = |path: &str, columns: &str, version: &str| {
        let text = &library.get(path).unwrap().text;
        format!("select {columns} from ({text}\n) as m where prompt_version = '{version}'")
    };
    let grounded = of("metrics/output/grounded_rate.sql", "n || ' ' || grounded", "2");
    assert_eq!(cell(&session, &grounded).await, "2 0");
    let faithful = of("metrics/retrieval/faithfulness.sql", "n || ' ' || round(mean, 6)", "1");
    assert_eq!(cell(&session, &faithful).await, "2 0.6");
}

#[tokio::test]
async fn an_evaluation_without_a_trace_counts_once_though_two_traces_have_its_span_id() {
    let judged = span(FIRST_DAY, 1);
    let same_id = SpanRow {
        trace_id: crate::data::trace_id(FIRST_DAY, 77),
        prompt_version: Some("9".to_owned()),
        start_time: Micros(judged.start_time.0 + 60_000_000),
        ..judged.clone()
    };
    let score = imported(&judged, ("model", "judge"), 0.4, false);
    let of_the_second = EvalRow {
        trace_id: Some(same_id.trace_id.clone()),
        eval_id: "second".into(),
        ..score.clone()
    };
    let without_trace = EvalRow { trace_id: None, ..score };
    let mut builder = Builder::new(4);
    builder.file(&Rows::Spans(vec![judged, same_id]), vec![]).await;
    builder.file(&Rows::Evals(vec![without_trace, of_the_second]), vec![]).await;
    let session = session(builder.build());
    let versions =
        "select string_agg(prompt_version, ' ' order by prompt_version) from prompt_evals";
    assert_eq!(cell(&session, versions).await, "2 9");
}
