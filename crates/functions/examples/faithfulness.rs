//! Scores labelled answers by `faith_score` and prints how well the scores tell supported from unsupported.
//!
//! ```text
//! cargo run --release -p spanlake-functions --example faithfulness -- FILE.jsonl [PROFILE]
//! ```
//!
//! FILE: JSON lines of {context, question, response, label, spans, task}, label 1 = holds unsupported content, spans in
//! characters. Unless PROFILE is given, the task names it: QA `qa`, Summary `summary`, Claim, `CitedClaim` and Dialogue
//! `claim`, anything else `qa`.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a program for developers: input is trusted, output is the point"
)]

use std::collections::BTreeMap;

mod files;

use files::{column, session};
use serde_json::Value;

/// Records a statement scores at once.
const BATCH: usize = 64;

/// A count.
fn number(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

fn profile_of(record: &Value) -> &'static str {
    match record["task"].as_str().unwrap_or_default() {
        "Summary" => "summary",
        "Claim" | "CitedClaim" | "Dialogue" => "claim",
        _ => "qa",
    }
}

#[tokio::main]
async fn main() {
    let Some(path) = std::env::args().nth(1) else {
        println!("usage: faithfulness FILE [PROFILE]");
        return;
    };
    let named = std::env::args().nth(2);
    let records = files::json_lines(&path);
    let context = session();
    let mut scored: BTreeMap<String, Vec<(f64, bool)>> = BTreeMap::new();
    let mut sentences: Vec<(f64, bool)> = Vec::new();
    let mut without = 0;
    for batch in records.chunks(BATCH) {
        let profiles: Vec<&str> =
            batch.iter().map(|r| named.as_deref().unwrap_or_else(|| profile_of(r))).collect();
        files::register(
            &context,
            "records",
            &[
                ("response", column(batch, "response")),
                ("context", column(batch, "context")),
                ("question", column(batch, "question")),
                ("profile", profiles.iter().map(|name| Some((*name).to_owned())).collect()),
            ],
        );
        let sql = "select faith_score(response, context, question, profile) as score,
            faith_detail(response, context, question, profile)['sentences'] as sentences from records";
        let rows = files::rows(&context, sql).await;
        for ((record, row), profile) in batch.iter().zip(&rows).zip(profiles) {
            let Some(score) = row["score"].as_f64() else {
                without += 1;
                continue;
            };
            let is_bad = record["label"] == 1;
            scored.entry(profile.to_owned()).or_default().push((score, is_bad));
            let spans: Vec<(u64, u64)> = record["spans"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|span| (number(&span[0]), number(&span[1])))
                .collect();
            if spans.is_empty() && is_bad {
                continue;
            }
            sentences.extend(row["sentences"].as_array().into_iter().flatten().map(|part| {
                let (start, end) = (number(&part["start"]), number(&part["end"]));
                let is_bad = spans.iter().any(|&(from, to)| from < end && start < to);
                (part["support"].as_f64().unwrap(), is_bad)
            }));
        }
    }
    if without > 0 {
        println!("without a score (blank answer or context): {without}");
    }
    if sentences.iter().any(|sentence| sentence.1) {
        println!("sentences: AUROC {:.3} (n={})", auroc(&sentences), sentences.len());
    }
    for (profile, scored) in &scored {
        let threshold = spanlake_parse::faith::Profile::by_name(profile).unwrap().threshold;
        if scored.len() < records.len() - without {
            println!("{profile}: AUROC {:.3} (n={})", auroc(scored), scored.len());
        }
        println!(
            "{profile}: {:.3} score below the threshold {threshold}",
            share(scored, threshold)
        );
    }
    let all: Vec<(f64, bool)> = scored.values().flatten().copied().collect();
    let right = |bad: bool| {
        let (mut hits, mut n) = (0.0, 0.0);
        for (profile, scored) in &scored {
            let threshold = spanlake_parse::faith::Profile::by_name(profile).unwrap().threshold;
            for (score, is_bad) in scored.iter().filter(|scored| scored.1 == bad) {
                n += 1.0;
                hits += f64::from(u8::from((*score < threshold) == *is_bad));
            }
        }
        hits / n
    };
    println!(
        "AUROC {:.3} (n={}), balanced accuracy {:.3} at the profile's threshold",
        auroc(&all),
        all.len(),
        f64::midpoint(right(true), right(false))
    );
}

fn share(scored: &[(f64, bool)], threshold: f64) -> f64 {
    scored.iter().filter(|scored| scored.0 < threshold).count() as f64 / scored.len() as f64
}

/// Share of (supported, unsupported) pairs in which the supported one scores higher, ties half.
fn auroc(scored: &[(f64, bool)]) -> f64 {
    let mut sorted = scored.to_vec();
    sorted.sort_by(|a, b| b.0.total_cmp(&a.0));
    let bad = sorted.iter().filter(|scored| scored.1).count() as f64;
    let good = sorted.len() as f64 - bad;
    let (mut ranks, mut below) = (0.0, 0.0);
    for tie in sorted.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
        let middle = below + f64::midpoint(tie.len() as f64, 1.0);
        ranks += middle * tie.iter().filter(|scored| scored.1).count() as f64;
        below += tie.len() as f64;
    }
    (ranks - bad * (bad + 1.0) / 2.0) / (bad * good)
}
