//! Prints the rows that captures of one flow become, settled, one JSON object per line.
//!
//! `cargo run -p spanlake-ingest --example rows -- FILE…`
//! Files are taken in the order given, as if they arrived so. Spans are printed with their content
//! under `payload`; evaluations and errors follow.

#![expect(clippy::print_stdout, reason = "it is a program that prints")]
#![expect(clippy::expect_used, reason = "an example stops at the first surprise")]

use std::collections::BTreeMap;

use serde_json::{Value, json};
use spanlake_ingest::{IngestContext, TraceSettler, decode_any};
use spanlake_model::{Day, PayloadRow, PriceTable, Settle, SpanRow, TraceRows};

fn main() {
    let ctx = IngestContext {
        received: Day::parse_iso("2026-11-24").expect("a date").start(),
        prices: PriceTable::builtin(),
        ..IngestContext::default()
    };
    let mut spans: BTreeMap<(String, String), SpanRow> = BTreeMap::new();
    let mut payloads: BTreeMap<(String, String), PayloadRow> = BTreeMap::new();
    for file in std::env::args().skip(1) {
        let body = std::fs::read(&file).expect("a file");
        let batch = decode_any(&body, Some(&file), &file, &ctx).batch;
        for span in batch.spans {
            let row = spans.entry((span.trace_id.clone(), span.span_id.clone())).or_default();
            let (mut first, mut last) = (std::mem::take(row), span);
            if first.is_final && !last.is_final {
                std::mem::swap(&mut first, &mut last);
            }
            first.merge(last);
            *row = first;
        }
        for payload in batch.payloads {
            let key = (payload.trace_id.clone(), payload.span_id.clone());
            let row = payloads.entry(key).or_default();
            let (mut first, mut last) = (std::mem::take(row), payload);
            if first.is_final && !last.is_final {
                std::mem::swap(&mut first, &mut last);
            }
            first.merge(last);
            *row = first;
        }
        for eval in batch.evals {
            println!("{}", json!({"eval": eval}));
        }
        for error in batch.errors {
            println!("{}", json!({"error": error}));
        }
    }
    let mut traces: BTreeMap<String, TraceRows> = BTreeMap::new();
    for ((trace, _), span) in spans {
        traces.entry(trace).or_default().spans.push(span);
    }
    for ((trace, _), payload) in payloads {
        traces.entry(trace).or_default().payloads.push(payload);
    }
    for mut trace in traces.into_values() {
        TraceSettler.settle(&mut trace);
        for span in &trace.spans {
            let payload = trace.payloads.iter().find(|payload| payload.span_id == span.span_id);
            let mut row = serde_json::to_value(span).expect("a row is JSON");
            if let Some(members) = row.as_object_mut() {
                let payload = payload.and_then(|payload| serde_json::to_value(payload).ok());
                members.insert("payload".to_owned(), payload.unwrap_or(Value::Null));
            }
            println!("{row}");
        }
    }
}
