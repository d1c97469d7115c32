//! Fits the weights of the faithfulness profiles and prints how well they rank.
//!
//! ```text
//! cargo run --release -p spanlake-parse --example fit_profile -- FOLDER
//! ```
//!
//! FOLDER holds the JSON lines that [`SPECS`] name, of {context, question, response, label, spans, group}, label 1 = holds
//! unsupported content. Method: non-negative logistic regression on standardised hazards, every file weighing the same,
//! with a strong ridge towards equal weights (59 positive answers carry no more than that), then a logistic curve over the
//! logarithm of that sum, which makes the score a calibrated chance. The threshold is that of best balanced accuracy on the
//! first file. Two halves by question are fitted on each other, which is the figure to trust; no randomness anywhere.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a program for developers: input is trusted, output is the point"
)]

use std::collections::BTreeMap;
use std::time::Instant;

use serde_json::Value;
use spanlake_parse::faith::{self, HAZARDS, Profile};

const N: usize = HAZARDS.len();
/// Pull towards equal weights, against a mean gradient of order 0.1.
const RIDGE: f64 = 3.0;
/// Share of the mean risk below which risks are not told apart when the curve is fitted.
const LEAST_RISK: f64 = 0.1;
const STEPS: usize = 4_000;
const RATE: f64 = 0.2;

/// What a profile is fitted on.
struct Spec {
    name: &'static str,
    files: &'static [&'static str],
    /// Hazards that may weigh, in the order of [`HAZARDS`].
    used: [bool; N],
    /// Fewest words of an answer.
    least_words: usize,
}

const RAGTRUTH: &str = "ragtruth/qa_dev.jsonl";
const WICE: &str = "faithfulness/wice_claim_dev.jsonl";
const EXPERTQA: &str = "faithfulness/expertqa_val.jsonl";
const BEGIN: &str = "faithfulness/begin_tc_dev.jsonl";
const ALL: [bool; N] = [true; N];

const SPECS: [Spec; 4] = [
    Spec { name: "qa", files: &[RAGTRUTH], used: ALL, least_words: 0 },
    Spec {
        name: "summary",
        files: &[RAGTRUTH, WICE, EXPERTQA, BEGIN],
        used: [false, true, true, true, false, false, false, false, true],
        least_words: 0,
    },
    Spec {
        name: "long_answer",
        files: &[RAGTRUTH],
        used: [true, false, false, false, true, true, true, true, true],
        least_words: 100,
    },
    Spec { name: "claim", files: &[WICE, BEGIN], used: ALL, least_words: 0 },
];

struct Row {
    hazards: [f64; N],
    is_positive: bool,
    is_held_out: bool,
    words: usize,
    /// Share of its file.
    weight: f64,
    /// Support of each sentence and whether an annotated span touches it.
    sentences: Vec<(f64, bool)>,
}

fn main() {
    let Some(folder) = std::env::args().nth(1) else {
        println!("usage: fit_profile FOLDER");
        return;
    };
    let mut sets = BTreeMap::new();
    for path in [RAGTRUTH, WICE, EXPERTQA, BEGIN] {
        let started = Instant::now();
        let rows = load(&format!("{folder}/{path}"));
        let micros = started.elapsed().as_micros() as f64 / rows.len().max(1) as f64;
        println!("{path}: n={}, {micros:.0} us a record with reading", rows.len());
        sets.insert(path, rows);
    }
    for spec in &SPECS {
        let chosen = |path: &str| sets[path].iter().filter(|r| r.words >= spec.least_words);
        let rows: Vec<&Row> = spec.files.iter().flat_map(|path| chosen(path)).collect();
        let halves = [false, true].map(|held_out| {
            let other: Vec<&Row> =
                rows.iter().copied().filter(|r| r.is_held_out != held_out).collect();
            let weights = fit(&other, &spec.used);
            spec.files
                .iter()
                .map(|path| {
                    let scored = chosen(path).filter(|r| r.is_held_out == held_out);
                    let area = auroc(scored.map(|r| (risk(&weights, r), r.is_positive)));
                    format!("{area:.3}")
                })
                .collect::<Vec<_>>()
                .join(" ")
        });
        println!("{}: fitted on the other half: AUROC {} and {}", spec.name, halves[0], halves[1]);
        let weights = fit(&rows, &spec.used);
        let (even_risk, steepness) = calibrate(&weights, &rows);
        let weights = weights.map(|weight| weight / even_risk);
        let first: Vec<&Row> = chosen(spec.files[0]).collect();
        let threshold = best_threshold(&weights, steepness, &first).0;
        println!("  weights: {weights:.3?}");
        println!("  steepness: {steepness:.3}, threshold: {threshold:.3}");
        let shipped = Profile::by_name(spec.name).unwrap_or(Profile::QA);
        for (path, rows) in &sets {
            let area =
                |weights: &[f64; N]| auroc(rows.iter().map(|r| (risk(weights, r), r.is_positive)));
            let sentences = auroc(
                rows.iter().flat_map(|r| &r.sentences).map(|&(support, bad)| (-support, bad)),
            );
            let all: Vec<&Row> = rows.iter().collect();
            println!(
                "  {path}: AUROC {:.3} (as shipped {:.3}), sentences {sentences:.3}, balanced accuracy {:.3} at the \
                 threshold, {:.3} at its own best",
                area(&weights),
                area(&shipped.weights),
                accuracy(&weights, steepness, &all, threshold),
                best_threshold(&weights, steepness, &all).1,
            );
        }
    }
    for (path, rows) in &sets {
        print!("{path}:");
        for (j, name) in HAZARDS.iter().enumerate() {
            print!(" {name} {:.3}", auroc(rows.iter().map(|r| (r.hazards[j], r.is_positive))));
        }
        println!();
    }
}

fn load(path: &str) -> Vec<Row> {
    let text = std::fs::read_to_string(path).unwrap();
    let mut rows: Vec<Row> =
        text.lines().filter_map(|line| row(&serde_json::from_str(line).unwrap())).collect();
    let n = rows.len() as f64;
    for row in &mut rows {
        row.weight = n.recip();
    }
    rows
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
        words: answer.split_whitespace().count(),
        weight: 1.0,
        sentences: sentences.collect(),
    })
}

fn risk(weights: &[f64; N], row: &Row) -> f64 {
    weights.iter().zip(row.hazards).map(|(weight, hazard)| weight * hazard).sum()
}

fn score(weights: &[f64; N], steepness: f64, row: &Row) -> f64 {
    (1.0 + risk(weights, row).powf(steepness)).recip()
}

fn fit(rows: &[&Row], used: &[bool; N]) -> [f64; N] {
    let n: f64 = rows.iter().map(|r| r.weight).sum();
    let mean = |j: usize| rows.iter().map(|r| r.weight * r.hazards[j]).sum::<f64>() / n;
    let spread: [(f64, f64); N] = std::array::from_fn(|j| {
        let mean = mean(j);
        let variance =
            rows.iter().map(|r| r.weight * (r.hazards[j] - mean).powi(2)).sum::<f64>() / n;
        (mean, variance.sqrt().max(1e-9))
    });
    let (mut weights, mut bias) = (used.map(|used| if used { 0.2 } else { 0.0 }), -1.5);
    for _ in 0..STEPS {
        let (mut slope, mut bias_slope) = ([0.0; N], 0.0);
        for row in rows {
            let z: [f64; N] = std::array::from_fn(|j| (row.hazards[j] - spread[j].0) / spread[j].1);
            let logit: f64 = bias + weights.iter().zip(z).map(|(w, z)| w * z).sum::<f64>();
            let error = 1.0 / (1.0 + (-logit).exp()) - f64::from(u8::from(row.is_positive));
            let error = row.weight * error;
            bias_slope += error;
            slope.iter_mut().zip(z).for_each(|(slope, z)| *slope += error * z);
        }
        let n_used = used.iter().filter(|used| **used).count() as f64;
        let centre = weights.iter().sum::<f64>() / n_used;
        for ((weight, slope), used) in weights.iter_mut().zip(slope).zip(used) {
            let next = *weight - RATE * (slope / n + RIDGE * (*weight - centre));
            *weight = if *used { next.max(0.0) } else { 0.0 };
        }
        bias -= RATE * bias_slope / n;
    }
    std::array::from_fn(|j| weights[j] / spread[j].1)
}

/// Logistic regression of the label on ln(risk) by Newton's method: the risk of even odds, and the steepness.
fn calibrate(direction: &[f64; N], rows: &[&Row]) -> (f64, f64) {
    let all: f64 = rows.iter().map(|r| r.weight).sum();
    let mean = rows.iter().map(|r| r.weight * risk(direction, r)).sum::<f64>() / all;
    // Answers with next to no hazard would pull the curve by how small it is; they count as one another's equals.
    let least = mean * LEAST_RISK;
    let points: Vec<(f64, f64, f64)> = rows
        .iter()
        .map(|r| {
            let x = risk(direction, r).max(least).ln();
            (x, f64::from(u8::from(r.is_positive)), r.weight / all)
        })
        .collect();
    let centre: f64 = points.iter().map(|(x, _, weight)| x * weight).sum();
    let (mut bias, mut slope) = (0.0, 1.0);
    for _ in 0..200 {
        let (mut gb, mut gs, mut hbb, mut hbs, mut hss) = (0.0, 0.0, 1e-9, 0.0, 1e-9);
        for &(x, y, times) in &points {
            let x = x - centre;
            let p: f64 = 1.0 / (1.0 + (-(bias + slope * x)).exp());
            let (error, weight) = (times * (p - y), times * p * (1.0 - p));
            gb += error;
            gs += error * x;
            hbb += weight;
            hbs += weight * x;
            hss += weight * x * x;
        }
        let determinant = hbb * hss - hbs * hbs;
        bias -= (0.5 * (hss * gb - hbs * gs) / determinant).clamp(-0.5, 0.5);
        slope -= (0.5 * (hbb * gs - hbs * gb) / determinant).clamp(-0.5, 0.5);
    }
    ((centre - bias / slope).exp(), slope)
}

/// Mean of the shares of positives below, and of negatives not below, a score.
fn accuracy(weights: &[f64; N], steepness: f64, rows: &[&Row], threshold: f64) -> f64 {
    let right = |positive: bool| {
        let side: Vec<&&Row> = rows.iter().filter(|r| r.is_positive == positive).collect();
        let hits = side.iter().filter(|r| (score(weights, steepness, r) < threshold) == positive);
        hits.count() as f64 / side.len() as f64
    };
    f64::midpoint(right(true), right(false))
}

/// The score threshold of best balanced accuracy, and that accuracy.
fn best_threshold(weights: &[f64; N], steepness: f64, rows: &[&Row]) -> (f64, f64) {
    (1..1000)
        .map(|step| f64::from(step) / 1000.0)
        .map(|threshold| (threshold, accuracy(weights, steepness, rows, threshold)))
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
