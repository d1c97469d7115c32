//! Citation markers, their documents and sentence coverage against labelled answers.

use serde_json::Value;
use spanlake_parse::citations;

use crate::shared;

fn ids(value: &Value) -> Vec<i64> {
    value.as_array().unwrap().iter().map(|id| id.as_i64().unwrap()).collect()
}

fn spans(value: &Value) -> Vec<(usize, usize, Vec<i64>)> {
    let number = |value: &Value| usize::try_from(value.as_u64().unwrap()).unwrap();
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|m| (number(&m["start"]), number(&m["end"]), ids(&m["ids"])))
        .collect()
}

#[test]
fn every_labelled_answer_is_exact() {
    let Some(cases) = shared::json_lines("data/citations/dev.jsonl") else { return };
    let mut exact = 0;
    for case in &cases {
        let text = case["text"].as_str().unwrap();
        let check = citations::check(text, case["n_docs"].as_u64().unwrap());
        let markers: Vec<_> =
            citations::parse(text).into_iter().map(|m| (m.start, m.end, m.ids)).collect();
        let sentences: Vec<_> =
            check.sentences.iter().map(|s| (s.start, s.end, s.ids.clone())).collect();
        let coverage = case["sentence_coverage"].as_f64().unwrap_or(0.0);
        let right = markers == spans(&case["markers"])
            && sentences == spans(&case["sentences"])
            && check.valid_ids == ids(&case["valid_ids"])
            && check.invalid_ids == ids(&case["invalid_ids"])
            && (check.sentence_coverage - coverage).abs() < 1e-9;
        exact += usize::from(right);
        if !right {
            eprintln!("{text}\n {markers:?} {sentences:?} {}", check.sentence_coverage);
        }
    }
    eprintln!("citations: {exact} of {}", cases.len());
    assert_eq!(exact, cases.len());
}
