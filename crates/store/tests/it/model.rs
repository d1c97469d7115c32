//! Random histories against a plain model: after each step what is visible is what was
//! acknowledged, each key once, merged and settled from all contributions in their order.

use std::collections::BTreeMap;

use rand::{Rng as _, RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use spanlake_model::{EvalRow, PayloadRow, Rows, Settle as _, SpanRow, Table, TraceRows};
use spanlake_store::{MaintainOptions, Snapshot, Store, StoreOptions};

use crate::support::{
    StepClock, TestSettle, eval, open, options, payload, payloads, redacted, rows, span, spans,
};

/// Every contribution that was acknowledged, in order.
#[derive(Clone, Default)]
pub(crate) struct Model {
    spans: Vec<SpanRow>,
    payloads: Vec<PayloadRow>,
    evals: BTreeMap<String, EvalRow>,
}

/// What can be compared: not versions and writers.
type Facts = (String, String, String, Option<String>, Option<i64>, Option<String>, bool, String);

fn facts(span: &SpanRow) -> Facts {
    (
        span.trace_id.clone(),
        span.span_id.clone(),
        span.name.clone(),
        span.session_id.clone(),
        span.input_tokens,
        span.request_model.clone(),
        span.is_final,
        span.token_role.to_string(),
    )
}

impl Model {
    /// Takes a batch's contributions in.
    pub(crate) fn add(&mut self, batch: &[Rows]) {
        for rows in batch {
            match rows {
                Rows::Spans(rows) => self.spans.extend(rows.iter().cloned()),
                Rows::Payloads(rows) => self.payloads.extend(rows.iter().cloned()),
                Rows::Evals(rows) => {
                    self.evals.extend(rows.iter().map(|row| (row.eval_id.clone(), row.clone())));
                }
                _ => {}
            }
        }
    }

    /// The same once a trace is gone.
    pub(crate) fn without_trace(&self, trace: &str) -> Self {
        let mut without = self.clone();
        without.spans.retain(|row| row.trace_id != trace);
        without.payloads.retain(|row| row.trace_id != trace);
        without.evals.retain(|_, row| row.trace_id.as_deref() != Some(trace));
        without
    }

    /// The same once all payloads are gone.
    pub(crate) fn without_payloads(&self) -> Self {
        Self { payloads: Vec::new(), ..self.clone() }
    }

    /// One row a key, written from the rules: final values first, the latest of them winning; then
    /// partial ones for the gaps. (The histories give each partial field one value.)
    fn visible_spans(&self) -> Vec<Facts> {
        let mut keys: BTreeMap<(String, String), Vec<&SpanRow>> = BTreeMap::new();
        for span in &self.spans {
            keys.entry((span.trace_id.clone(), span.span_id.clone())).or_default().push(span);
        }
        let mut traces: BTreeMap<String, TraceRows> = BTreeMap::new();
        for ((trace, _), all) in keys {
            let mut ranked: Vec<&SpanRow> = all.iter().rev().copied().collect();
            ranked.sort_by_key(|span| !span.is_final);
            let mut row = (*ranked.first().unwrap()).clone();
            row.input_tokens = ranked.iter().find_map(|span| span.input_tokens);
            row.request_model = ranked.iter().find_map(|span| span.request_model.clone());
            row.session_id = ranked.iter().find_map(|span| span.session_id.clone());
            traces.entry(trace).or_default().spans.push(row);
        }
        let mut seen = Vec::new();
        for (_, mut trace) in traces {
            TestSettle.settle(&mut trace);
            seen.extend(trace.spans.iter().filter(|span| !span.is_superseded).map(facts));
        }
        seen.sort();
        seen
    }

    fn visible_payloads(&self) -> BTreeMap<(String, String), Option<String>> {
        let rows = self.payloads.iter();
        rows.map(|row| ((row.trace_id.clone(), row.span_id.clone()), row.output_text.clone()))
            .collect()
    }
}

fn random_span(rng: &mut ChaCha8Rng) -> SpanRow {
    let (trace, n) = (rng.random_range(0..12_u64), rng.random_range(0..5_u64));
    let parent = (n > 0).then_some(0);
    let mut row = span(trace, n, parent);
    if n == 0 && rng.random_bool(0.7) {
        row.session_id = Some(format!("session {trace}"));
    }
    if rng.random_bool(0.3) {
        // An open span: it knows its model, not its tokens.
        row.is_final = false;
        row.request_model = Some(format!("model {trace}.{n}"));
    } else if rng.random_bool(0.8) {
        row.input_tokens = Some(rng.random_range(0..3));
    }
    row
}

/// Draws a batch and adds it to the model, from which retries are drawn.
pub(crate) fn random_batch(rng: &mut ChaCha8Rng, model: &mut Model) -> Vec<Rows> {
    let mut batch: Vec<SpanRow> = (0..rng.random_range(1..6)).map(|_| random_span(rng)).collect();
    if let Some(old) = model.spans.get(rng.random_range(0..model.spans.len().max(1))) {
        // A retried export.
        batch.push(old.clone());
    }
    if rng.random_bool(0.2) {
        let trace = rng.random_range(0..12);
        batch.push(SpanRow { name: "pending".into(), ..span(trace, 9, Some(1)) });
    }
    let contents: Vec<PayloadRow> = (0..rng.random_range(0..3))
        .map(|_| {
            let text = format!("text {}", rng.next_u32());
            payload(rng.random_range(0..12), rng.random_range(0..5), &text)
        })
        .collect();
    let scores: Vec<EvalRow> =
        (0..rng.random_range(0..3)).map(|_| eval(rng.random_range(0..20))).collect();
    let batch = vec![Rows::Payloads(contents), Rows::Evals(scores), Rows::Spans(batch)];
    model.add(&batch);
    batch
}

/// Says where what is visible differs from the model.
pub(crate) async fn difference(snapshot: &Snapshot, model: &Model) -> Option<String> {
    let mut seen: Vec<Facts> = spans(snapshot).await.iter().map(facts).collect();
    seen.sort();
    let expected = model.visible_spans();
    if seen != expected {
        let missing: Vec<_> = expected.iter().filter(|row| !seen.contains(row)).collect();
        let extra: Vec<_> = seen.iter().filter(|row| !expected.contains(row)).collect();
        let counts = (seen.len(), expected.len());
        return Some(format!("spans {counts:?}: missing {missing:?}, not expected {extra:?}"));
    }
    let seen = payloads(snapshot).await;
    let expected = model.visible_payloads();
    if seen.len() != expected.len() {
        return Some(format!("{} payloads instead of {}", seen.len(), expected.len()));
    }
    for row in seen {
        let key = (row.trace_id.clone(), row.span_id.clone());
        if expected.get(&key) != Some(&row.output_text) {
            return Some(format!("payload of {key:?}: {:?}", row.output_text));
        }
    }
    let mut evals = Vec::new();
    for rows in rows(snapshot, Table::Evals).await {
        if let Rows::Evals(rows) = rows {
            evals.extend(rows.into_iter().map(|row| row.eval_id));
        }
    }
    evals.sort();
    let expected: Vec<_> = model.evals.keys().cloned().collect();
    (evals != expected).then(|| format!("evals {evals:?} instead of {expected:?}"))
}

async fn compare(snapshot: &Snapshot, model: &Model, at: &str) {
    assert_eq!(difference(snapshot, model).await, None, "{at}");
}

async fn history(seed: u64) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let (dir, clock) = (tempfile::tempdir().unwrap(), StepClock::new());
    let url = dir.path().to_str().unwrap();
    let mut model = Model::default();
    let mut store = open(dir.path(), &clock).await;
    let read_only = StoreOptions { read_only: true, ..options(&clock) };
    let reader = Store::open(url, read_only).await.unwrap();
    for step in 0..25 {
        let at = format!("seed {seed}, step {step}");
        match rng.random_range(0..10) {
            0..=5 => {
                let batch = random_batch(&mut rng, &mut model);
                store.append(redacted(batch)).await.unwrap();
            }
            6..=7 => drop(store.flush().await.unwrap()),
            8 => drop(store.maintain(MaintainOptions::default()).await.unwrap()),
            _ => {
                // A crash: nothing is closed.
                drop(store);
                store = open(dir.path(), &clock).await;
            }
        }
        compare(&store.snapshot(), &model, &at).await;
        if step % 5 == 4 {
            compare(&reader.refresh().await.unwrap(), &model, &format!("{at}, reader")).await;
        }
    }
    store.close().await.unwrap();
    drop(store);
    let store = open(dir.path(), &clock).await;
    compare(&store.snapshot(), &model, &format!("seed {seed}, reopened")).await;
    assert!(store.check().await.unwrap().is_sound());
}

#[tokio::test]
async fn random_histories_show_what_was_acknowledged() {
    let seeds = std::env::var("SPANLAKE_SEEDS").ok().and_then(|text| text.parse().ok());
    for seed in 0..seeds.unwrap_or(3_u64) {
        history(seed).await;
    }
}
