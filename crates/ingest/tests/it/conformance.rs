//! Captured exports of real instrumentations against expectations that were checked by hand.

use std::path::{Path, PathBuf};

use serde_json::Value;
use spanlake_ingest::{IngestContext, decode_any};
use spanlake_model::{Day, PriceTable};

use crate::expected::{Score, compare};
use crate::fold::Fold;

pub(crate) fn context() -> IngestContext {
    IngestContext {
        received: Day::parse_iso("2026-11-24").unwrap().start(),
        prices: PriceTable::builtin(),
        hash_key: Some(b"test key".to_vec()),
        ..IngestContext::default()
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The shared corpus, where it is there.
pub(crate) fn shared_corpus() -> Option<PathBuf> {
    let given = std::env::var_os("SPANLAKE_SHARED").map(PathBuf::from);
    let places = given.into_iter().chain([root().join("../shared"), root().join("../../shared")]);
    let found = places.map(|place| place.join("data/otlp")).find(|place| place.is_dir());
    if found.is_none() {
        eprintln!("skipped: no shared corpus (set SPANLAKE_SHARED)");
    }
    found
}

/// The captures inside the repository.
pub(crate) fn small_corpus() -> PathBuf {
    root().join("testdata/otlp")
}

/// A flow's bodies in the order of arrival.
pub(crate) fn bodies(corpus: &Path, flow: &Value) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<&Value> = flow["files"].as_array().unwrap().iter().collect();
    files.sort_by_key(|file| file["order"].as_i64().unwrap_or_default());
    let names = files.iter().map(|file| file["file"].as_str().unwrap().to_owned());
    names.map(|name| (name.clone(), std::fs::read(corpus.join(&name)).unwrap())).collect()
}

pub(crate) fn manifest(corpus: &Path) -> Value {
    let text = std::fs::read_to_string(corpus.join("MANIFEST.json")).unwrap();
    // Python writes what JSON cannot: a cost of Infinity.
    serde_json::from_str(&text.replace(": Infinity", ": {}")).unwrap()
}

fn run(corpus: &Path) -> Score {
    let mut score = Score::default();
    let ctx = context();
    for flow in manifest(corpus)["flows"].as_array().unwrap() {
        let mut fold = Fold::default();
        for (name, body) in bodies(corpus, flow) {
            fold.add(decode_any(&body, Some(&name), &name, &ctx).batch);
        }
        compare(flow, fold, &mut score);
    }
    for (field, (good, all)) in &score.fields {
        eprintln!("{field:24} {good:5} / {all}");
    }
    for difference in &score.differences {
        eprintln!("{}", difference.chars().take(400).collect::<String>());
    }
    score
}

fn assert_all(score: &Score, at_least: u32) {
    assert_eq!(score.differences, Vec::<String>::new());
    let checked: u32 = score.fields.values().map(|(_, all)| all).sum();
    assert!(checked >= at_least, "only {checked} fields were checked");
}

#[test]
fn every_field_of_the_captures_here_agrees() {
    assert_all(&run(&small_corpus()), 3_000);
}

/// Captures whose expectations are what a provider was asked and answered.
#[test]
fn every_field_that_the_calls_themselves_tell_agrees() {
    assert_all(&run(&root().join("testdata/otlp-calls")), 5_000);
}

#[test]
fn every_field_of_the_shared_corpus_agrees() {
    if let Some(corpus) = shared_corpus() {
        assert_all(&run(&corpus), 2_500);
    }
}
