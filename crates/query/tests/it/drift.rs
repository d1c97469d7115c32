//! `drift_report`: counts of clusters, missing values, words, mixes, one family, a floor.

use serde_json::Value;
use spanlake_model::{Rows, SpanRow};
use spanlake_query::Session;

use crate::compare::{call, json, near};
use crate::data::session;
use crate::support::Builder;

/// `n` calls of each version; `make` is given whether it is the current one and the number.
fn store(n: usize, make: impl Fn(bool, usize, &mut SpanRow)) -> Session {
    let calls = ["a", "b"].into_iter().flat_map(|version| {
        let make = &make;
        (0..n).map(move |at| {
            let mut one = call(version, at, at as i64);
            make(version == "b", at, &mut one);
            one
        })
    });
    let mut builder = Builder::new(100);
    builder.memory(&Rows::Spans(calls.collect()));
    session(builder.build())
}

async fn report(session: &Session, current: &str, baseline: &str) -> Vec<Value> {
    let sql = format!("select * from drift_report('answer', '{current}', '{baseline}')");
    json(&session.collect(&sql).await.unwrap())
}

fn row<'a>(rows: &'a [Value], column: &str) -> &'a Value {
    rows.iter().find(|row| row["column_name"] == column).unwrap_or_else(|| panic!("no {column}"))
}

/// Of every hundred 20 end by length in the baseline, 40 in the current version.
fn reason(is_current: bool, at: usize) -> String {
    let many = if is_current { 40 } else { 20 };
    if at % 100 < many { "length" } else { "stop" }.to_owned()
}

#[tokio::test]
async fn a_session_that_repeats_itself_counts_once() {
    let single = store(100, |is_current, at, one| one.finish_reason = Some(reason(is_current, at)));
    let repeated = store(500, |is_current, at, one| {
        one.finish_reason = Some(reason(is_current, at / 5));
        one.session_id = Some(format!("{is_current}{}", at / 5));
    });
    for session in [single, repeated] {
        let rows = report(&session, "b", "a").await;
        let found = row(&rows, "finish_reason");
        // Pearson's statistic of 80, 20 against 60, 40 is 9.5238; 100 sessions are worth 99, as the
        // share is estimated. scipy.stats.chi2.sf(9.428571, 1).
        near(found, "statistic", 9.523_809_523_809_524 * 0.99);
        near(found, "p_value", 0.002_136_306_416_781_162);
        near(found, "effect", 0.2 * (4.0_f64 / 3.0).ln() + 0.2 * 2.0_f64.ln());
        near(found, "effective_n_current", 99.0);
        assert_eq!(found["clusters_current"], 100);
        assert_eq!((&found["verdict"], &found["basis"]), (&"drift".into(), &"concurrent".into()));
        assert_eq!(found["change"], "length: 20.0% \u{2192} 40.0%");
    }
}

#[tokio::test]
async fn numbers_missing_values_and_words_are_compared() {
    let session = store(200, |is_current, at, one| {
        one.duration_ms = Some((at * 37 % 200) as f64 + if is_current { 100.0 } else { 0.0 });
        one.output_tokens = (!is_current || at % 2 == 0).then_some(7);
        let refunds = if is_current { 4 } else { 1 };
        one.output_preview = Some(if at % 4 < refunds { "a refund" } else { "a note" }.to_owned());
    });
    let rows = report(&session, "b", "a").await;
    let duration = row(&rows, "duration_ms");
    near(duration, "mean_baseline", 99.5);
    near(duration, "mean_current", 199.5);
    assert_eq!((&duration["kind"], &duration["verdict"]), (&"number".into(), &"drift".into()));
    let tokens = row(&rows, "output_tokens");
    near(tokens, "missing_current", 0.5);
    assert_eq!(tokens["verdict"], "drift");
    let words = row(&rows, "output_preview");
    assert_eq!((&words["kind"], &words["verdict"]), (&"text".into(), &"drift".into()));
    near(words, "effect", 0.75);
    // A value that never varies is no test and no change.
    let status = row(&rows, "request_model");
    assert!(status["p_value"].is_null());
    assert_eq!(status["verdict"], "no evidence");
    // All tests are one family, by Benjamini and Hochberg's definition.
    let tested: Vec<&Value> = rows.iter().filter(|row| !row["p_value"].is_null()).collect();
    let p: Vec<f64> = tested.iter().map(|row| row["p_value"].as_f64().unwrap()).collect();
    for (row, own) in tested.iter().zip(&p) {
        let at_most = |limit: f64| p.iter().filter(|p| **p <= limit).count() as f64;
        let over = p.iter().filter(|p| *p >= own);
        let expected =
            over.map(|p| (p * p_len(&tested) / at_most(*p)).min(1.0)).fold(1.0, f64::min);
        near(row, "p_adjusted", expected);
    }
}

fn p_len(rows: &[&Value]) -> f64 {
    rows.len() as f64
}

#[tokio::test]
async fn a_changed_mix_of_tenants_is_told() {
    // Within each tenant nothing changes: big ends by length in 10 %, small in 60 %.
    let session = store(400, |is_current, at, one| {
        let is_small = at % 4 < if is_current { 3 } else { 1 };
        one.tenant_id = Some(if is_small { "small" } else { "big" }.to_owned());
        let by_length = at / 4 % 10 < if is_small { 6 } else { 1 };
        one.finish_reason = Some(if by_length { "length" } else { "stop" }.to_owned());
    });
    let rows = report(&session, "b", "a").await;
    let found = row(&rows, "finish_reason");
    assert_eq!(found["verdict"], "drift");
    near(found, "psi_standardised", 0.0);
    assert!(found["note"].as_str().unwrap().contains("mix changed"), "{found}");
}

#[tokio::test]
async fn a_certain_change_below_the_minimum_is_no_drift() {
    let session = store(2_000, |is_current, at, one| {
        let many = if is_current { 25 } else { 20 };
        one.finish_reason = Some(if at % 100 < many { "length" } else { "stop" }.to_owned());
    });
    let rows = report(&session, "b", "a").await;
    let found = row(&rows, "finish_reason");
    assert!(found["p_adjusted"].as_f64().unwrap() < 0.01, "{found}");
    assert_eq!(found["verdict"], "no evidence");
}

#[tokio::test]
async fn sides_may_be_spans_of_time() {
    let session = store(100, |is_current, at, one| {
        one.prompt_version = Some("1".to_owned());
        one.start_time.0 += i64::from(is_current) * 86_400_000_000;
        one.finish_reason = Some(reason(is_current, at));
    });
    let (first, second) = ("2026-11-01/2026-11-02", "2026-11-02/2026-11-03");
    let rows = report(&session, second, first).await;
    let found = row(&rows, "finish_reason");
    assert_eq!((&found["n_baseline"], &found["n_current"]), (&100.into(), &100.into()));
    assert_eq!((&found["verdict"], &found["basis"]), (&"drift".into(), &"before/after".into()));
    let few = report(&session, "2026-11-02/2026-11-02T00:10:00Z", first).await;
    assert_eq!(row(&few, "finish_reason")["verdict"], "too little data");
    let twice = format!("select * from drift_report('answer', '{first}', '{first}')");
    let error = session.collect(&twice).await.unwrap_err().to_string();
    assert!(error.contains("compares two sides, got one twice"), "{error}");
}
