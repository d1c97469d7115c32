//! Retrieval, agents, support of citations and a service's own scorer.

use std::sync::Arc;

use serde_json::{Value, json};
use spanlake_functions::{Asked, Scorer, faith_score_by};

use crate::sql::{rows, session, value};

#[tokio::test]
async fn the_first_k_places() {
    for (call, expected) in [
        ("precision_at_k(['d3', 'd1', 'd7'], ['d1', 'd2'], 3)", json!(1.0 / 3.0)),
        ("precision_at_k(['d1'], ['d1', 'd2'], 4)", json!(0.25)),
        ("recall_at_k(['d3', 'd1', 'd7'], ['d1', 'd2'], 3)", json!(0.5)),
        ("recall_at_k(['d3', 'd1', 'd1'], ['d1'], 1)", json!(0.0)),
        ("hit_at_k([4, 2], [2], 2)", json!(1.0)),
        ("hit_at_k([4, 2], [2], 1)", json!(0.0)),
        // sklearn.metrics.ndcg_score([[1, 1, 0, 0]], [[3, 1, 4, 2]], k=3) = 0.3868...: places 2 and 4 of two.
        ("ndcg_at_k(['d3', 'd1', 'd7'], ['d1', 'd2'], 3)", json!(0.386_852_807_234_541_6)),
        ("ndcg_at_k(['a', 'b'], ['b', 'a'], 5)", json!(1.0)),
        ("recall_at_k(['a'], [], 5)", Value::Null),
        ("precision_at_k(['a'], ['a'], 0)", Value::Null),
        ("hit_at_k(null, ['a'], 1)", Value::Null),
    ] {
        let found = value(&format!("select {call} as v")).await;
        match (found.as_f64(), expected.as_f64()) {
            (Some(a), Some(b)) => assert!((a - b).abs() < 1e-12, "{call}: {a}, not {b}"),
            _ => assert_eq!(found, expected, "{call}"),
        }
    }
}

#[tokio::test]
async fn loops_of_any_length() {
    for (calls, expected) in [
        ("['a', 'b', 'c']", json!({"repeats": 1, "length": 1, "start": 1, "repeated_share": 0.0})),
        (
            "['x', 'a', ' a', 'a', 'y']",
            json!({"repeats": 3, "length": 1, "start": 2, "repeated_share": 0.4}),
        ),
        (
            "['g', 'p', 'g', 'p', 'g', 'p', 'g']",
            json!({"repeats": 3, "length": 2, "start": 1, "repeated_share": 5.0 / 7.0}),
        ),
        ("['a', null]", json!({"repeats": 1, "length": 1, "start": 1, "repeated_share": 0.0})),
        ("cast([] as varchar[])", json!({"repeats": 0, "length": 0, "start": 1})),
        ("null", Value::Null),
    ] {
        assert_eq!(value(&format!("select tool_loop({calls}) as v")).await, expected, "{calls}");
    }
}

#[tokio::test]
async fn details_show_which_sentence() {
    let found = value(
        "select faith_detail('It opened in 1932. Käthe Lang paid 10 pounds 【1】.', ['x', 'The bridge opened in 1932.'], null, 'claim') as v",
    )
    .await;
    assert_eq!(found["profile"], "claim@1");
    assert_eq!(found["missing_numbers"], json!(["10"]));
    assert_eq!(found["missing_entities"], json!(["Lang"]));
    let sentences = found["sentences"].as_array().unwrap();
    assert_eq!(sentences[0], json!({"start": 0, "end": 18, "support": 1.0, "best_chunk": 2}));
    assert_eq!((&sentences[1]["start"], &sentences[1]["end"]), (&json!(19), &json!(49)));
    for profile in ["qa", "summary", "long_answer"] {
        let sql = format!(
            "select faith_score('It opened in 1932.', ['It opened in 1932.'], null, '{profile}') as v"
        );
        assert_eq!(value(&sql).await, 1.0, "{profile}");
    }
}

#[tokio::test]
async fn citations_are_held_against_their_documents() {
    let documents = "[named_struct('content', 'The bridge opened in 1932.', 'in_context', false),
        named_struct('content', 'Its span is 503 metres.', 'in_context', true)]";
    let answer = "The bridge opened in 1932 [1]. Its span is 503 metres [1]. It was painted green.";
    let found = value(&format!("select citation_support('{answer}', {documents}) as v")).await;
    assert_eq!(found["recall"].as_f64().map(|recall| (recall * 3.0).round()), Some(1.0));
    assert_eq!((&found["precision"], &found["n_citations"]), (&json!(0.5), &json!(2)));
    assert_eq!(
        found["sentences"][0],
        json!({"start": 0, "end": 30, "ids": [1], "is_supported": true, "supported_by": [1]})
    );
    assert_eq!(
        value(&format!("select citation_support(null, {documents}) as v")).await,
        Value::Null
    );
}

/// Counts words, and how often it was asked at once.
#[derive(Debug)]
struct Counting;

impl Scorer for Counting {
    fn id(&self) -> &'static str {
        "counting@1"
    }

    fn score(&self, asked: &[Asked<'_>]) -> Vec<Option<f64>> {
        let words =
            |asked: &Asked| asked.answer.split(' ').count() as f64 / asked.contexts.len() as f64;
        asked.iter().map(|one| Some(words(one))).collect()
    }
}

#[tokio::test]
async fn a_service_brings_its_own_scorer() {
    let context = session(1);
    context.register_udf((*faith_score_by(Arc::new(Counting))).clone());
    let sql = "select faith_score(a, ['x', 'y']) as own, faith_score(a, ['a b'], null, 'qa') as qa,
        faith_score(a, ['x'], null, 'counting@1') as named from (values ('a b'), (null)) as t(a)";
    let found = rows(&context, sql).await.unwrap();
    assert_eq!(found[0], json!({"own": 1.0, "qa": 1.0, "named": 2.0}));
    assert_eq!(found[1].as_object().unwrap().values().filter(|v| !v.is_null()).count(), 0);
}
