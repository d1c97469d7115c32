//! `compare_versions`: each of the rules that a comparison is held to, against values computed elsewhere.

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::json::ArrayWriter;
use serde_json::Value;
use spanlake_model::{Day, EvalRow, Kind, Micros, Rows, SpanRow, TokenRole};
use spanlake_query::Session;

use crate::data::{FIRST_DAY, session};
use crate::support::Builder;

/// A model call of `answer`; `minute` counts from the first day.
pub(crate) fn call(version: &str, number: usize, minute: i64) -> SpanRow {
    let start = Day(FIRST_DAY).start().0 + minute * 60_000_000;
    SpanRow {
        date: Micros(start).day(),
        trace_id: format!("{version:0>16}{number:016x}"),
        span_id: format!("{version:0>4}{number:012x}"),
        start_time: Micros(start),
        start_unix_nano: start * 1_000,
        end_unix_nano: start * 1_000 + 5_000_000,
        duration_ms: Some(5.0),
        name: "chat".to_owned(),
        kind: Kind::Llm,
        token_role: TokenRole::Leaf,
        tenant_id: Some("t".to_owned()),
        request_model: Some("m".to_owned()),
        prompt_name: Some("answer".to_owned()),
        prompt_version: Some(version.to_owned()),
        is_final: true,
        ..SpanRow::default()
    }
}

/// A score of that call.
fn score(call: &SpanRow, value: f64) -> EvalRow {
    EvalRow {
        date: call.date,
        eval_id: format!("e{}", call.span_id),
        eval_time: call.start_time,
        trace_id: Some(call.trace_id.clone()),
        span_id: Some(call.span_id.clone()),
        name: "faithfulness".to_owned(),
        score: Some(value),
        evaluator_type: Some("model".to_owned()),
        evaluator: Some("judge".to_owned()),
        evaluator_version: Some("faith@1".to_owned()),
        prompt_name: call.prompt_name.clone(),
        prompt_version: call.prompt_version.clone(),
        span_seen: Some(true),
        ..EvalRow::default()
    }
}

fn store(calls: Vec<SpanRow>, scores: Vec<EvalRow>) -> Session {
    let mut builder = Builder::new(100);
    builder.memory(&Rows::Spans(calls));
    if !scores.is_empty() {
        builder.memory(&Rows::Evals(scores));
    }
    session(builder.build())
}

async fn compared(session: &Session, metrics: &str) -> Vec<Value> {
    let sql = format!("select * from compare_versions('answer', 'a', 'b', '{metrics}')");
    let batches = session.collect(&sql).await.unwrap();
    json(&batches)
}

/// Rows as JSON objects; NULL cells are absent.
pub(crate) fn json(batches: &[RecordBatch]) -> Vec<Value> {
    let mut writer = ArrayWriter::new(Vec::new());
    writer.write_batches(&batches.iter().collect::<Vec<_>>()).unwrap();
    writer.finish().unwrap();
    let bytes = writer.into_inner();
    if bytes.is_empty() { Vec::new() } else { serde_json::from_slice(&bytes).unwrap() }
}

pub(crate) fn near(row: &Value, field: &str, expected: f64) {
    let found = row[field].as_f64().unwrap_or(f64::NAN);
    assert!((found - expected).abs() <= 1e-9 * expected.abs().max(1e-3), "{field}: {found} {row}");
}

/// Calls of both versions, taking turns, with a cost each.
fn costs(n: usize, second: f64) -> Vec<SpanRow> {
    let cost = |at: usize| 1.0 + 0.1 * ((at * 7 % 11) as f64 / 10.0 - 0.5);
    (0..n)
        .flat_map(|at| {
            [("a", 1.0), ("b", second)].map(|(version, factor)| SpanRow {
                cost_usd: Some(factor * cost(at)),
                ..call(version, at, at as i64)
            })
        })
        .collect()
}

#[tokio::test]
async fn calls_of_one_session_are_one_observation() {
    let (mut calls, mut scores) = (Vec::new(), Vec::new());
    for (version, shift) in [("a", 0.0), ("b", 0.1)] {
        for group in 0..40_usize {
            for at in 0..=group % 4 {
                let mut one = call(version, group * 10 + at, (group * 10 + at) as i64);
                one.session_id = Some(format!("s{version}{group}"));
                let value = 0.5 + 0.01 * (group * 7 % 13) as f64 + 0.02 * (at % 3) as f64 + shift;
                scores.push(score(&one, value));
                calls.push(one);
            }
        }
    }
    let rows = compared(&store(calls, scores), "faithfulness").await;
    let row = &rows[0];
    assert_eq!((row["n_a"].as_u64(), row["clusters_a"].as_u64()), (Some(100), Some(40)));
    // statsmodels 0.15: OLS on a constant, cov_type="cluster"; then equation 9 of Waudby-Smith et
    // al. 2023 with 40 + 40 units, alpha 0.05, tuned to 1,000.
    near(row, "effective_n_a", 37.587_098_788_372_1);
    near(row, "value_a", 0.5737);
    near(row, "value_b", 0.6737);
    near(row, "difference", 0.1);
    near(row, "low", 0.061_136_314_678_657_586);
    near(row, "high", 0.138_863_685_321_341_9);
    near(row, "p_value", 6.111_066_050_644_535e-10);
    near(row, "minimum_detectable", 0.046_868_969_130_943_54);
    near(row, "coverage_b", 1.0);
    assert_eq!(row["test"], "confidence sequence");
    assert_eq!((&row["verdict"], &row["basis"]), (&"better".into(), &"concurrent".into()));
}

#[tokio::test]
async fn a_changed_mix_of_tenants_is_told() {
    // Errors of calls: tenant big 10 % then 8 %, tenant small 50 % then 45 %; b has more of small.
    let mut calls = Vec::new();
    let mut number = 0;
    for (version, tenant, n, errors) in [
        ("a", "big", 300, 30),
        ("a", "small", 100, 50),
        ("b", "big", 100, 8),
        ("b", "small", 300, 135),
    ] {
        for at in 0..n {
            number += 1;
            calls.push(SpanRow {
                tenant_id: Some(tenant.to_owned()),
                is_error: at < errors,
                ..call(version, number, at)
            });
        }
    }
    let rows = compared(&store(calls, vec![]), "error").await;
    let row = &rows[0];
    near(row, "difference", 0.3575 - 0.2);
    near(row, "standardised", 0.3575 - (0.25 * 0.1 + 0.75 * 0.5));
    assert_eq!(row["sign_flips"], true);
    assert!(row["note"].as_str().unwrap().contains("turns round"), "{row}");
}

#[tokio::test]
async fn scores_count_by_how_they_were_drawn() {
    let (mut calls, mut scores) = (Vec::new(), Vec::new());
    for version in ["a", "b"] {
        for at in 0..70 {
            let one = call(version, at, at as i64);
            let (value, drawn, reason) = match at {
                0..30 => (0.2, Some(0.1), Some("random")),
                30..60 => (0.8, Some(1.0), Some("random")),
                _ => (0.0, None, Some("failure")),
            };
            scores.push(EvalRow {
                inclusion_probability: drawn,
                sample_reason: reason.map(str::to_owned),
                ..score(&one, value)
            });
            calls.push(one);
        }
    }
    let rows = compared(&store(calls, scores), "faithfulness").await;
    let row = &rows[0];
    // Thirty scores stand for 300 answers, thirty for 30; ten picked by hand stand for none.
    near(row, "value_a", (300.0 * 0.2 + 30.0 * 0.8) / 330.0);
    assert_eq!(row["n_b"], 60);
    assert!(row["note"].as_str().unwrap().starts_with("20 scores drawn"), "{row}");
}

#[tokio::test]
async fn all_rows_are_one_family() {
    let mut calls = costs(60, 1.1);
    for (at, one) in calls.iter_mut().enumerate() {
        one.is_error = at % 9 == 0;
        one.refusal_kind = Some(if at % 5 == 0 { "full" } else { "none" }.to_owned());
        one.duration_ms = Some(100.0 + (at * 13 % 17) as f64);
    }
    let session = store(calls, vec![]);
    let rows = compared(&session, "error,refusal,cost_per_call,latency").await;
    assert_eq!(rows.len(), 4);
    let p: Vec<f64> = rows.iter().map(|row| row["p_value"].as_f64().unwrap()).collect();
    for (row, own) in rows.iter().zip(&p) {
        // Benjamini and Hochberg's step-up by its definition.
        let at_most = |limit: f64| p.iter().filter(|p| **p <= limit).count() as f64;
        let expected = p
            .iter()
            .filter(|p| *p >= own)
            .map(|p| (p * 4.0 / at_most(*p)).min(1.0))
            .fold(1.0, f64::min);
        near(row, "p_adjusted", expected);
    }
    let alone = compared(&session, "cost_per_call").await;
    assert_eq!(alone[0]["p_adjusted"], alone[0]["p_value"]);
}

#[tokio::test]
async fn a_certain_change_below_the_minimum_is_no_finding() {
    for (factor, verdict) in
        [(1.05, "not worse"), (1.15, "no evidence"), (1.3, "worse"), (0.7, "better")]
    {
        let rows = compared(&store(costs(80, factor), vec![]), "cost_per_call").await;
        let row = &rows[0];
        near(row, "difference", factor - 1.0);
        near(row, "minimum_effect", 0.2);
        assert!(row["p_adjusted"].as_f64().unwrap() < 1e-6, "{row}");
        assert_eq!(row["verdict"], verdict, "{row}");
    }
}

#[tokio::test]
async fn a_changed_evaluator_breaks_the_series() {
    let calls = costs(40, 1.0);
    let scores = calls
        .iter()
        .map(|one| {
            let version = if one.prompt_version.as_deref() == Some("a") { "1" } else { "2" };
            EvalRow {
                evaluator_version: Some(format!("faith@{version}")),
                ..score(one, if version == "1" { 0.9 } else { 0.2 })
            }
        })
        .collect();
    let rows = compared(&store(calls, scores), "faithfulness").await;
    assert_eq!(rows.len(), 2);
    for (row, other) in rows.iter().zip(["judge faith@2", "judge faith@1"]) {
        assert!(row["difference"].is_null() && row["p_value"].is_null(), "{row}");
        assert_eq!(row["verdict"], "too little data");
        let note = row["note"].as_str().unwrap();
        assert_eq!(note, format!("evaluator changed: the other version was judged by {other}"));
    }
}

#[tokio::test]
async fn versions_one_after_the_other_are_called_so() {
    let shifted = |minutes: i64| {
        let mut calls = costs(80, 1.0);
        for one in calls.iter_mut().filter(|one| one.prompt_version.as_deref() == Some("b")) {
            one.start_time.0 += minutes * 60_000_000;
        }
        store(calls, vec![])
    };
    let after = compared(&shifted(1_000), "cost_per_call").await;
    assert_eq!((&after[0]["basis"], &after[0]["n_a"]), (&"before/after".into(), &80.into()));
    // From minute 40 to 79 both are in use.
    let shared = compared(&shifted(40), "cost_per_call").await;
    assert_eq!((&shared[0]["basis"], &shared[0]["n_a"]), (&"concurrent".into(), &40.into()));
}

#[tokio::test]
async fn traces_are_compared_by_their_version() {
    let mut calls = Vec::new();
    for version in ["a", "b"] {
        for at in 0..50 {
            let mut one = call(version, at, at as i64);
            one.cost_usd = Some(2.0);
            one.is_error = version == "b" && at < 25;
            calls.push(one);
        }
    }
    let rows = compared(&store(calls, vec![]), "success,cost_per_success").await;
    let [success, cost] = rows.as_slice() else { panic!("{rows:?}") };
    let (success, cost) =
        if success["metric"] == "success" { (success, cost) } else { (cost, success) };
    near(success, "value_b", 0.5);
    near(cost, "value_a", 2.0);
    // A hundred dollars for 25 successes.
    near(cost, "value_b", 4.0);
    assert_eq!((&success["verdict"], &cost["verdict"]), (&"worse".into(), &"worse".into()));
}

#[tokio::test]
async fn calls_that_make_no_sense_are_refused() {
    let session = store(costs(3, 1.0), vec![]);
    for (arguments, part) in [
        ("'answer', '1', '1'", "compares two versions, got 1 twice"),
        ("'answer', '1', '2', 'luck'", "no metric luck; known are parse_failure"),
        ("'answer', '1', '2', ['latency', 'luck']", "no metric luck"),
    ] {
        let sql = format!("select * from compare_versions({arguments})");
        let error = session.collect(&sql).await.unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
    let list = "select count(*) from compare_versions('answer', 'a', 'b', ['latency', 'error'])";
    assert_eq!(crate::data::cell(&session, list).await, "2");
    let none = "select count(*) from compare_versions('nothing', 'a', 'b')";
    assert_eq!(crate::data::cell(&session, none).await, "0");
}
