//! Folds incoming rows into the buffer, trace by trace.
//!
//! Settling needs the whole trace, so that a trace which grows span by span would cost the square of
//! its length. A trace of up to 256 rows is settled with every batch; a longer one each time it has
//! grown by half, so that each of its rows is settled about three times in all. Between two of
//! these, only the rows that arrive are folded, and what is settled over the whole trace (roles,
//! inherited values) may lag. The lag ends with the next flush, the next tick of the open store
//! (10 s at most), or a refresh of a reader: what is in files is settled.

use std::collections::{BTreeSet, HashSet};

use object_store::path::Path;
use spanlake_model::{Day, EvalRow, Micros, PayloadRow, Rows, Settle, SpanRow, Table, TraceRows};

use super::generation::{Buffer, Map};
use super::judged::Judged;
use super::trace::{Changed, Slots};
use crate::error::Result;
use crate::key::{RowKey, group_key, member_key};

/// Rows of a trace up to which it is settled with every batch.
const SETTLE_AT_ONCE: usize = 256;

/// Whether a trace with `known` spans is settled when `arriving` rows come in, `waiting` rows
/// having come in since the last time.
pub(crate) const fn is_due(known: usize, waiting: usize, arriving: usize) -> bool {
    known + arriving <= SETTLE_AT_ONCE || (waiting + arriving) * 2 >= known
}

/// Rows of one WAL entry, stamped.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) seq: u64,
    pub(crate) rows: Vec<Rows>,
}

/// A visible row of a data file.
#[derive(Debug)]
pub(crate) struct FileRow<R> {
    pub(crate) row: R,
    pub(crate) file: Path,
    pub(crate) at: u32,
}

/// What data files hold of the traces and evaluations that arrive.
#[derive(Debug, Default)]
pub(crate) struct FileRows {
    pub(crate) spans: Map<u128, Vec<FileRow<SpanRow>>>,
    pub(crate) payloads: Map<u128, Vec<FileRow<PayloadRow>>>,
    pub(crate) evals: HashSet<u128, ahash::RandomState>,
    /// Traces of which every row is here, to be settled. Of other traces there are only the rows
    /// with the ids that arrive.
    pub(crate) whole: HashSet<u128, ahash::RandomState>,
}

/// Rows of files that absorbing made dead.
#[derive(Debug, Default)]
pub(crate) struct Absorbed {
    pub(crate) dead: Vec<(Table, Path, u32)>,
    pub(crate) tables: BTreeSet<Table>,
}

/// Gives out versions for rows that change.
pub(crate) trait Versions {
    /// Returns a version above the given one and above all before.
    fn above(&mut self, version: i64) -> i64;
    fn writer(&self) -> &str;
}

/// Contributions to one trace, in order.
#[derive(Debug, Default)]
struct Trace {
    spans: Vec<SpanRow>,
    payloads: Vec<PayloadRow>,
}

impl Trace {
    /// Returns the spans that the contributions are to, each once.
    fn members(&self) -> Vec<u64> {
        let spans = self.spans.iter().map(|row| &row.span_id);
        let payloads = self.payloads.iter().map(|row| &row.span_id);
        let mut members: Vec<u64> = spans.chain(payloads).map(|id| member_key(id)).collect();
        members.sort_unstable();
        members.dedup();
        members
    }
}

/// Traces in the order they were first named.
#[derive(Debug, Default)]
struct Traces {
    at: Map<u128, usize>,
    traces: Vec<(u128, Trace)>,
}

impl Traces {
    /// Makes room for the rows of each trace, so that they are moved only once.
    fn expecting(entries: &[Incoming]) -> Self {
        let mut traces = Self::default();
        let mut counts: Vec<(usize, usize)> = Vec::new();
        let mut count = |trace: &str, spans: usize, payloads: usize| {
            let at = traces.place(group_key(trace));
            counts.resize(counts.len().max(at + 1), (0, 0));
            if let Some(count) = counts.get_mut(at) {
                *count = (count.0 + spans, count.1 + payloads);
            }
        };
        for rows in entries.iter().flat_map(|entry| &entry.rows) {
            match rows {
                Rows::Spans(rows) => rows.iter().for_each(|row| count(&row.trace_id, 1, 0)),
                Rows::Payloads(rows) => rows.iter().for_each(|row| count(&row.trace_id, 0, 1)),
                _ => {}
            }
        }
        for ((_, trace), (spans, payloads)) in traces.traces.iter_mut().zip(counts) {
            trace.spans.reserve_exact(spans);
            trace.payloads.reserve_exact(payloads);
        }
        traces
    }

    /// Returns the numbers of spans and payloads.
    fn rows(&self) -> (usize, usize) {
        self.traces.iter().fold((0, 0), |(spans, payloads), (_, trace)| {
            (spans + trace.spans.len(), payloads + trace.payloads.len())
        })
    }

    fn place(&mut self, group: u128) -> usize {
        *self.at.entry(group).or_insert_with(|| {
            self.traces.push((group, Trace::default()));
            self.traces.len() - 1
        })
    }

    fn trace(&mut self, id: &str) -> &mut Trace {
        let at = self.place(group_key(id));
        #[expect(clippy::indexing_slicing, reason = "the map holds only positions of the list")]
        &mut self.traces[at].1
    }
}

/// Folds entries into the buffer, in order. `files` must hold what data files have of the traces
/// and evaluations in them.
pub(crate) fn absorb(
    buffer: &mut Buffer,
    entries: Vec<Incoming>,
    mut files: FileRows,
    settle: &dyn Settle,
    versions: &mut dyn Versions,
    now: Micros,
) -> Result<Absorbed> {
    let (mut absorbed, mut traces) = (Absorbed::default(), Traces::expecting(&entries));
    for Incoming { seq, rows } in entries {
        buffer.active.last_seq = buffer.active.last_seq.max(seq);
        buffer.active.oldest.get_or_insert(now);
        for rows in rows {
            absorbed.tables.insert(rows.table());
            buffer.active.logged.insert(rows.table());
            match rows {
                Rows::Spans(rows) => {
                    for row in rows {
                        traces.trace(&row.trace_id).spans.push(row);
                    }
                }
                Rows::Payloads(rows) => {
                    for row in rows {
                        traces.trace(&row.trace_id).payloads.push(row);
                    }
                }
                Rows::Evals(rows) => absorb_evals(buffer, rows, &files)?,
                unkeyed => {
                    buffer.active.push(&unkeyed)?;
                }
            }
        }
    }
    let (arriving_spans, arriving_payloads) = traces.rows();
    let mut spans = Changed::<SpanRow>::with_capacity(arriving_spans);
    let mut payloads = Changed::<PayloadRow>::with_capacity(arriving_payloads);
    for group in &files.whole {
        if !traces.at.contains_key(group) {
            traces.traces.push((*group, Trace::default()));
        }
    }
    for (group, trace) in traces.traces {
        if files.whole.contains(&group) {
            buffer.active.unsettled.remove(&group);
        } else {
            *buffer.active.unsettled.entry(group).or_default() += trace.members().len();
        }
        fold_trace(
            (buffer, &mut files),
            (group, trace),
            settle,
            versions,
            (&mut spans, &mut payloads),
        );
    }
    payloads.store(buffer, &mut absorbed)?;
    spans.store(buffer, &mut absorbed)?;
    Ok(absorbed)
}

fn fold_trace(
    (buffer, files): (&Buffer, &mut FileRows),
    (group, trace): (u128, Trace),
    settle: &dyn Settle,
    versions: &mut dyn Versions,
    (changed_spans, changed_payloads): (&mut Changed<SpanRow>, &mut Changed<PayloadRow>),
) {
    let is_whole = files.whole.contains(&group);
    let members = (!is_whole).then(|| trace.members());
    let only = members.as_deref();
    let mut spans = Slots::<SpanRow>::with_capacity(trace.spans.len());
    spans.load(buffer, files, group, only);
    trace.spans.into_iter().for_each(|row| spans.contribute(row));
    let mut payloads = Slots::<PayloadRow>::with_capacity(trace.payloads.len());
    payloads.load(buffer, files, group, only);
    trace.payloads.into_iter().for_each(|row| payloads.contribute(row));

    let (span_rows, mut span_memory) = spans.split();
    let (payload_rows, mut payload_memory) = payloads.split();
    let mut rows = TraceRows { spans: span_rows, payloads: payload_rows };
    date_payloads(&mut rows);
    if is_whole {
        settle.settle(&mut rows);
    }

    let mut superseded: HashSet<u64, ahash::RandomState> = HashSet::default();
    for row in rows.spans {
        let member = member_key(&row.span_id);
        if row.is_superseded {
            superseded.insert(member);
        }
        let (memory, hidden) = (span_memory.remove(&member), row.is_superseded);
        changed_spans.take(group, row, memory, hidden, versions);
    }
    for row in rows.payloads {
        let member = member_key(&row.span_id);
        let (memory, hidden) = (payload_memory.remove(&member), superseded.contains(&member));
        changed_payloads.take(group, row, memory, hidden, versions);
    }
}

/// Gives every payload its span's time and date, so that both expire and are found together.
fn date_payloads(rows: &mut TraceRows) {
    if rows.payloads.is_empty() {
        return;
    }
    let times: Map<&str, (Micros, Day)> = rows
        .spans
        .iter()
        .map(|span| (span.span_id.as_str(), (span.start_time, span.date)))
        .collect();
    for payload in &mut rows.payloads {
        if let Some((start_time, date)) = times.get(payload.span_id.as_str()) {
            payload.start_time = *start_time;
            payload.date = *date;
        }
    }
}

/// Stores the evaluations that are not known yet. A repeated one has the same content, so the
/// first stays.
fn absorb_evals(buffer: &mut Buffer, mut rows: Vec<EvalRow>, files: &FileRows) -> Result<()> {
    rows.retain(|row| {
        let key = group_key(&row.eval_id);
        let known = files.evals.contains(&key)
            || buffer.frozen.as_ref().is_some_and(|frozen| frozen.has_eval(key));
        row.eval_id.is_empty() || (!known && buffer.active.add_eval(key))
    });
    if rows.is_empty() {
        return Ok(());
    }
    let keys: Vec<_> = rows.iter().map(|row| group_key(&row.eval_id)).collect();
    let open: Vec<_> = rows
        .iter()
        .zip(&keys)
        .filter_map(|(row, group)| Some((RowKey { group: *group, member: 0 }, Judged::of(row)?)))
        .collect();
    buffer.active.open_evals.extend(open);
    let unnamed = group_key("");
    let first = buffer.active.push(&Rows::Evals(rows))?;
    let keyed = buffer.active.table_mut(Table::Evals);
    for (at, group) in keys.into_iter().enumerate().filter(|(_, group)| *group != unnamed) {
        keyed.place(RowKey { group, member: 0 }, first.plus(at));
    }
    Ok(())
}
