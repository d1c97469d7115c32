//! Fits the weights of a faithfulness profile and prints how well they rank.
//!
//! ```text
//! cargo run --release -p spanlake-parse --example fit_profile -- ragtruth/qa_dev.jsonl [other.jsonl …]
//! ```
//!
//! Input: JSON lines of {context, question, response, label, spans, group}, label 1 = holds unsupported content. The
//! first file is fitted, all are scored. Method: non-negative logistic regression on standardised hazards, with a
//! strong ridge towards equal weights (59 positive answers carry no more than that), then a logistic curve over the
//! logarithm of that sum, which makes the score a calibrated chance. Two halves by question are fitted on each other, which is the
//! figure to trust; no randomness anywhere.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a program for developers: input is trusted, output is the point"
)]

use std::time::Instant;

use serde_json::Value;
use spanlake_parse::faith::{self, HAZARDS, Profile};

const N: usize = HAZARDS.len();
/// Pull towards equal weights, against a mean gradient of order 0.1.
const RIDGE: f64 = 3.0;
const STEPS: usize = 4_000;
const RATE: f64 = 0.2;

struct Row {
    hazards: [f64; N],
    is_positive: bool,
    is_held_out: bool,
    /// Support of each sentence and whether an annotated span touches it.
    sentences: Vec<(f64, bool)>,
}

fn main() {
    let mut sets = Vec::new();
    for path in std::env::args().skip(1) {
        let started = Instant::now();
        let rows = load(&path);
        let micros = started.elapsed().as_micros() as f64 / rows.len().max(1) as f64;
        sets.push((path, rows, micros));
    }
    let Some((_, rows, _)) = sets.first() else {
        println!("usage: fit_profile FIT.jsonl [SCORE.jsonl ...]");
        return;
    };
    let halves = [false, true].map(|held_out| {
        let weights = fit(&rows.iter().filter(|r| r.is_held_out != held_out).collect::<Vec<_>>());
        auroc(
            rows.iter()
                .filter(|r| r.is_held_out == held_out)
                .map(|r| (risk(&weights, r), r.is_positive)),
        )
    });
    println!("fitted on the other half: AUROC {:.3} and {:.3}", halves[0], halves[1]);
    let weights = fit(&rows.iter().collect::<Vec<_>>());
    let (even_risk, steepness) = calibrate(&weights, rows);
    let weights = weights.map(|weight| weight / even_risk);
    println!("weights: {weights:.3?}");
    println!("steepness: {steepness:.3}");
    println!("threshold: {:.3}", best_threshold(&weights, steepness, rows).0);
    for (path, rows, micros) in &sets {
        let whole = auroc(rows.iter().map(|r| (risk(&weights, r), r.is_positive)));
        let shipped = auroc(rows.iter().map(|r| (risk(&Profile::QA.weights, r), r.is_positive)));
        let sentences =
            auroc(rows.iter().flat_map(|r| &r.sentences).map(|&(support, bad)| (-support, bad)));
        println!(
            "{path}: AUROC {whole:.3} (as shipped {shipped:.3}), sentences {sentences:.3}, balanced accuracy {:.3} \
             (n={}, positive {}), mean score {:.3}, {micros:.0} us a record with reading",
            best_threshold(&weights, steepness, rows).1,
            rows.len(),
            rows.iter().filter(|r| r.is_positive).count(),
            rows.iter().map(|r| score(&weights, steepness, r)).sum::<f64>() / rows.len() as f64,
        );
        for (j, name) in HAZARDS.iter().enumerate() {
            print!("  {name} {:.3}", auroc(rows.iter().map(|r| (r.hazards[j], r.is_positive))));
        }
        println!();
    }
}

fn load(path: &str) -> Vec<Row> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().filter_map(|line| row(&serde_json::from_str(line).unwrap())).collect()
}

fn row(record: &Value) -> Option<Row> {
    let text = |key: &str| record[key].as_str().unwrap_or_default();
    let answer = text("response");
    let detail = faith::detail(answer, &[text("context")], Some(text("question")), &Profile::QA)?;
    let offset = |chars: &Value| {
        let chars = chars.as_u64().unwrap_or_default() as usize;
        answer.char_indices().nth(chars).map_or(answer.len(), |(at, _)| at)
    };
    let spans: Vec<(usize, usize)> = record["spans"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|span| (offset(&span[0]), offset(&span[1])))
        .collect();
    let sentences = detail.components.sentences.iter().map(|sentence| {
        let is_bad = spans.iter().any(|&(start, end)| start < sentence.end && sentence.start < end);
        (sentence.support, is_bad)
    });
    let hash = text("group").bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    Some(Row {
        hazards: detail.components.hazards(),
        is_positive: record["label"] == 1,
        is_held_out: (hash >> 32) & 1 == 1,
        sentences: sentences.collect(),
    })
}

fn risk(weights: &[f64; N], row: &Row) -> f64 {
    weights.iter().zip(row.hazards).map(|(weight, hazard)| weight * hazard).sum()
}

fn score(weights: &[f64; N], steepness: f64, row: &Row) -> f64 {
    (1.0 + risk(weights, row).powf(steepness)).recip()
}

fn fit(rows: &[&Row]) -> [f64; N] {
    let n = rows.len() as f64;
    let mean = |j: usize| rows.iter().map(|r| r.hazards[j]).sum::<f64>() / n;
    let spread: [(f64, f64); N] = std::array::from_fn(|j| {
        let mean = mean(j);
        let variance = rows.iter().map(|r| (r.hazards[j] - mean).powi(2)).sum::<f64>() / n;
        (mean, variance.sqrt().max(1e-9))
    });
    let (mut weights, mut bias) = ([0.2; N], -1.5);
    for _ in 0..STEPS {
        let (mut slope, mut bias_slope) = ([0.0; N], 0.0);
        for row in rows {
            let z: [f64; N] = std::array::from_fn(|j| (row.hazards[j] - spread[j].0) / spread[j].1);
            let logit: f64 = bias + weights.iter().zip(z).map(|(w, z)| w * z).sum::<f64>();
            let error = 1.0 / (1.0 + (-logit).exp()) - f64::from(u8::from(row.is_positive));
            bias_slope += error;
            slope.iter_mut().zip(z).for_each(|(slope, z)| *slope += error * z);
        }
        let centre = weights.iter().sum::<f64>() / N as f64;
        for (weight, slope) in weights.iter_mut().zip(slope) {
            *weight = (*weight - RATE * (slope / n + RIDGE * (*weight - centre))).max(0.0);
        }
        bias -= RATE * bias_slope / n;
    }
    std::array::from_fn(|j| weights[j] / spread[j].1)
}

/// Logistic regression of the label on ln(risk) by Newton's method: the risk of even odds, and the steepness.
fn calibrate(direction: &[f64; N], rows: &[Row]) -> (f64, f64) {
    let points: Vec<(f64, f64)> = rows
        .iter()
        .map(|r| (risk(direction, r).max(1e-6).ln(), f64::from(u8::from(r.is_positive))))
        .collect();
    let (mut bias, mut slope) = (0.0, 1.0);
    for _ in 0..100 {
        let (mut gb, mut gs, mut hbb, mut hbs, mut hss) = (0.0, 0.0, 1e-9, 0.0, 1e-9);
        for &(x, y) in &points {
            let p: f64 = 1.0 / (1.0 + (-(bias + slope * x)).exp());
            let (error, weight) = (p - y, p * (1.0 - p));
            gb += error;
            gs += error * x;
            hbb += weight;
            hbs += weight * x;
            hss += weight * x * x;
        }
        let determinant = hbb * hss - hbs * hbs;
        bias -= 0.5 * (hss * gb - hbs * gs) / determinant;
        slope -= 0.5 * (hbb * gs - hbs * gb) / determinant;
    }
    ((-bias / slope).exp(), slope)
}

/// The score threshold of best balanced accuracy, and that accuracy.
fn best_threshold(weights: &[f64; N], steepness: f64, rows: &[Row]) -> (f64, f64) {
    let scores: Vec<(f64, bool)> =
        rows.iter().map(|r| (score(weights, steepness, r), r.is_positive)).collect();
    let positives = scores.iter().filter(|s| s.1).count() as f64;
    let negatives = scores.len() as f64 - positives;
    let accuracy = |threshold: f64| {
        let caught = scores.iter().filter(|s| s.1 && s.0 < threshold).count() as f64;
        let passed = scores.iter().filter(|s| !s.1 && s.0 >= threshold).count() as f64;
        f64::midpoint(caught / positives, passed / negatives)
    };
    (1..1000)
        .map(|step| f64::from(step) / 1000.0)
        .map(|threshold| (threshold, accuracy(threshold)))
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .unwrap_or_default()
}

/// Area under the ROC curve by mid-ranks.
fn auroc(scored: impl Iterator<Item = (f64, bool)>) -> f64 {
    let mut scored: Vec<(f64, bool)> = scored.collect();
    scored.sort_by(|a, b| a.0.total_cmp(&b.0));
    let positives = scored.iter().filter(|s| s.1).count() as f64;
    let negatives = scored.len() as f64 - positives;
    let (mut ranks, mut below) = (0.0, 0.0);
    for tie in scored.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
        let middle = below + f64::midpoint(tie.len() as f64, 1.0);
        ranks += middle * tie.iter().filter(|s| s.1).count() as f64;
        below += tie.len() as f64;
    }
    (ranks - positives * (positives + 1.0) / 2.0) / (positives * negatives)
}
