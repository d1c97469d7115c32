//! What a store does with contributions, in the smallest form: by key, final beats partial, then
//! later non-null wins, then settle.

use std::collections::BTreeMap;

use spanlake_ingest::TraceSettler;
use spanlake_model::{EvalRow, PayloadRow, Settle, SpanBatch, SpanRow, TraceRows};

type Key = (String, String);

/// Contributions by span, in order of arrival.
#[derive(Default)]
pub(crate) struct Fold {
    spans: BTreeMap<Key, Vec<SpanRow>>,
    payloads: BTreeMap<Key, Vec<PayloadRow>>,
    pub(crate) evals: BTreeMap<String, EvalRow>,
}

/// The settled rows of everything.
#[derive(Default, PartialEq)]
pub(crate) struct Settled {
    pub(crate) spans: BTreeMap<Key, SpanRow>,
    pub(crate) payloads: BTreeMap<Key, PayloadRow>,
}

impl Fold {
    pub(crate) fn add(&mut self, batch: SpanBatch) {
        for span in batch.spans {
            let key = (span.trace_id.clone(), span.span_id.clone());
            self.spans.entry(key).or_default().push(span);
        }
        for payload in batch.payloads {
            let key = (payload.trace_id.clone(), payload.span_id.clone());
            self.payloads.entry(key).or_default().push(payload);
        }
        for eval in batch.evals {
            self.evals.insert(eval.eval_id.clone(), eval);
        }
    }

    pub(crate) fn settle(self) -> Settled {
        let mut traces: BTreeMap<String, TraceRows> = BTreeMap::new();
        for ((trace_id, _), rows) in self.spans {
            let span = merged(
                rows,
                |row| row.is_final,
                |base, later| {
                    let ends = later.is_final;
                    let (status, is_error) = (later.status, later.is_error);
                    base.merge(later);
                    if ends {
                        base.status = status;
                        base.is_error = is_error;
                    }
                },
            );
            traces.entry(trace_id).or_default().spans.extend(span);
        }
        for ((trace_id, _), rows) in self.payloads {
            let payload = merged(rows, |row| row.is_final, PayloadRow::merge);
            traces.entry(trace_id).or_default().payloads.extend(payload);
        }
        let mut settled = Settled::default();
        for mut trace in traces.into_values() {
            TraceSettler.settle(&mut trace);
            for span in trace.spans {
                settled.spans.insert((span.trace_id.clone(), span.span_id.clone()), span);
            }
            for payload in trace.payloads {
                let key = (payload.trace_id.clone(), payload.span_id.clone());
                settled.payloads.insert(key, payload);
            }
        }
        settled
    }
}

fn merged<R>(rows: Vec<R>, is_final: fn(&R) -> bool, merge: fn(&mut R, R)) -> Option<R> {
    let (finals, partials): (Vec<R>, Vec<R>) = rows.into_iter().partition(is_final);
    partials.into_iter().chain(finals).reduce(|mut base, later| {
        merge(&mut base, later);
        base
    })
}
