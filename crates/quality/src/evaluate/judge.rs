//! One answer and its contexts to rows of `evals`.

use std::collections::BTreeMap;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use spanlake_model::EvalRow;
use spanlake_parse::citations;
use spanlake_parse::faith::{self, Profile};

use crate::stats::round_places;

/// An answer to judge.
#[derive(Clone, Debug, Default)]
pub(super) struct Answer {
    /// Start of the call, nanoseconds since the epoch.
    pub(super) started: i64,
    /// Its text.
    pub(super) text: String,
    /// Prompt variables, JSON.
    pub(super) variables: Option<String>,
    /// The row to fill: everything that is copied from the call.
    pub(super) row: EvalRow,
}

/// One retrieval or reranking.
#[derive(Clone, Debug, Default)]
pub(super) struct Retrieved {
    pub(super) trace_id: String,
    pub(super) span_id: String,
    pub(super) is_reranking: bool,
    /// Nanoseconds since the epoch.
    pub(super) ended: i64,
    pub(super) query: Option<String>,
    /// Texts that are not known to have stayed out of the prompt.
    pub(super) documents: Vec<String>,
}

/// Judges answers on every core; returns the rows in the answers' order and how many answers had
/// no known contexts.
pub(super) async fn judge_all(
    answers: Vec<Answer>,
    retrieved: Vec<Retrieved>,
    profile: Profile,
) -> (Vec<EvalRow>, u64) {
    let mut traces: BTreeMap<String, Vec<Retrieved>> = BTreeMap::new();
    for one in retrieved {
        traces.entry(one.trace_id.clone()).or_default().push(one);
    }
    let traces = Arc::new(traces);
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let size = answers.len().div_ceil(workers).max(1);
    let mut rest = answers.into_iter();
    let mut tasks = Vec::new();
    loop {
        let part: Vec<Answer> = rest.by_ref().take(size).collect();
        if part.is_empty() {
            break;
        }
        let (traces, profile) = (Arc::clone(&traces), profile.clone());
        tasks.push(tokio::task::spawn_blocking(move || {
            part.iter().map(|answer| judge(answer, &traces, &profile)).collect::<Vec<_>>()
        }));
    }
    let (mut rows, mut without) = (Vec::new(), 0);
    for task in tasks {
        for judged in task.await.unwrap_or_default() {
            without += u64::from(judged.is_none());
            rows.extend(judged.into_iter().flatten());
        }
    }
    (rows, without)
}

/// Contexts of an answer: the documents of the retrievals that ended before the call, replaced by
/// a later reranking's; else the prompt variable `context`; else unknown. Beside them the query.
fn contexts(
    answer: &Answer,
    traces: &BTreeMap<String, Vec<Retrieved>>,
) -> Option<(Vec<String>, Option<String>)> {
    let trace_id = answer.row.trace_id.as_deref().unwrap_or_default();
    let mut before: Vec<&Retrieved> = traces
        .get(trace_id)
        .into_iter()
        .flatten()
        .filter(|r| r.ended > 0 && r.ended <= answer.started)
        .collect();
    before.sort_by(|a, b| (a.ended, &a.span_id).cmp(&(b.ended, &b.span_id)));
    let query = before.iter().find_map(|r| r.query.clone());
    let mut documents: Vec<&String> = Vec::new();
    for one in before {
        if one.is_reranking {
            documents.clear();
        }
        documents.extend(&one.documents);
    }
    if !documents.is_empty() {
        return Some((documents.into_iter().cloned().collect(), query));
    }
    let variables: serde_json::Value = serde_json::from_str(answer.variables.as_deref()?).ok()?;
    let question = variables.get("question").or_else(|| variables.get("query"));
    let question = question.and_then(|q| q.as_str()).map(str::to_owned);
    match variables.get("context")? {
        serde_json::Value::String(text) => Some((vec![text.clone()], question)),
        serde_json::Value::Array(parts) => {
            let texts: Vec<String> = parts
                .iter()
                .map(|part| part.as_str().map_or_else(|| part.to_string(), str::to_owned))
                .collect();
            (!texts.is_empty()).then_some((texts, question))
        }
        serde_json::Value::Null => None,
        other => Some((vec![other.to_string()], question)),
    }
}

/// Judges one answer; `None` without known contexts.
fn judge(
    answer: &Answer,
    traces: &BTreeMap<String, Vec<Retrieved>>,
    profile: &Profile,
) -> Option<Vec<EvalRow>> {
    let (documents, question) = contexts(answer, traces)?;
    let texts: Vec<&str> = documents.iter().map(String::as_str).collect();
    let mut rows = Vec::with_capacity(2);
    if let Some(detail) = faith::detail(&answer.text, &texts, question.as_deref(), profile) {
        let score = round_places(detail.score, 6);
        rows.push(row(answer, profile, "faithfulness", score, score >= profile.threshold));
    }
    let cited = citations::check(&answer.text, documents.len() as u64);
    if cited.markers > 0 {
        let share = round_places(cited.valid as f64 / cited.markers as f64, 6);
        rows.push(row(answer, profile, "citation_validity", share, cited.invalid == 0));
    }
    Some(rows)
}

fn row(answer: &Answer, profile: &Profile, name: &str, score: f64, passed: bool) -> EvalRow {
    let version = profile.id();
    let key = [
        "spanlake",
        &version,
        name,
        answer.row.trace_id.as_deref().unwrap_or_default(),
        answer.row.span_id.as_deref().unwrap_or_default(),
    ]
    .join("\0");
    let digest = Sha256::digest(key.as_bytes());
    EvalRow {
        eval_id: hex::encode(digest.get(..16).unwrap_or_default()),
        name: name.to_owned(),
        score: Some(score),
        passed: Some(passed),
        evaluator_version: Some(version),
        ..answer.row.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retrieved(ended: i64, is_reranking: bool, documents: &[&str]) -> Retrieved {
        Retrieved {
            trace_id: "t".to_owned(),
            span_id: format!("{ended}"),
            is_reranking,
            ended,
            query: Some("q".to_owned()),
            documents: documents.iter().map(|d| (*d).to_owned()).collect(),
        }
    }

    fn answer(text: &str) -> Answer {
        let row = EvalRow {
            trace_id: Some("t".to_owned()),
            span_id: Some("s".to_owned()),
            ..EvalRow::default()
        };
        Answer { started: 100, text: text.to_owned(), variables: None, row }
    }

    fn texts(answer: &Answer, retrievals: Vec<Retrieved>) -> Option<Vec<String>> {
        let traces = BTreeMap::from([("t".to_owned(), retrievals)]);
        contexts(answer, &traces).map(|(texts, _)| texts)
    }

    #[test]
    fn a_reranking_replaces_and_a_later_retrieval_does_not_count() {
        let found = vec![
            retrieved(200, false, &["late"]),
            retrieved(10, false, &["a", "b"]),
            retrieved(20, true, &["b"]),
            retrieved(30, false, &["c"]),
        ];
        assert_eq!(texts(&answer("x"), found).unwrap(), ["b", "c"]);
    }

    #[test]
    fn the_variable_context_stands_in_and_nothing_is_unknown() {
        assert_eq!(texts(&answer("x"), vec![]), None);
        assert_eq!(texts(&answer("x"), vec![retrieved(10, false, &[])]), None);
        let mut given = answer("x");
        given.variables = Some(r#"{"context": ["one", "two"], "question": "why?"}"#.to_owned());
        assert_eq!(texts(&given, vec![]).unwrap(), ["one", "two"]);
    }

    #[test]
    fn rows_name_what_was_judged_by_what() {
        let traces = BTreeMap::from([(
            "t".to_owned(),
            vec![retrieved(10, false, &["The bridge opened in 1932.", "It spans 503 metres."])],
        )]);
        let profile = Profile::by_name("qa").unwrap();
        let rows = judge(&answer("The bridge opened in 1932 [1][9]."), &traces, &profile).unwrap();
        let named: Vec<(&str, Option<f64>, Option<bool>)> =
            rows.iter().map(|r| (r.name.as_str(), r.score, r.passed)).collect();
        assert_eq!(named[0], ("faithfulness", Some(1.0), Some(true)));
        assert_eq!(named[1], ("citation_validity", Some(0.5), Some(false)));
        assert_ne!(rows[0].eval_id, rows[1].eval_id);
        assert_eq!(rows[0].eval_id.len(), 32);
        assert_eq!(rows[0].evaluator_version.as_deref(), Some(profile.id().as_str()));
        let again = judge(&answer("The bridge opened in 1932 [1][9]."), &traces, &profile).unwrap();
        assert_eq!(rows[0].eval_id, again[0].eval_id);
    }
}
