//! Folds incoming rows into the buffer, trace by trace.

use std::collections::{BTreeSet, HashSet};

use object_store::path::Path;
use spanlake_model::{Day, EvalRow, Micros, PayloadRow, Rows, Settle, SpanRow, Table, TraceRows};

use super::chunk::Loc;
use super::fold::Foldable;
use super::generation::{Buffer, Generation, Map};
use crate::error::Result;
use crate::key::{RowKey, Version, group_key, member_key};

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
}

/// Rows of files that absorbing made dead.
#[derive(Debug, Default)]
pub(crate) struct Absorbed {
    pub(crate) dead: Vec<(Table, Path, u32)>,
    pub(crate) tables: BTreeSet<Table>,
}

/// Gives out versions for rows that change.
pub(crate) trait Versions {
    fn next(&mut self) -> i64;
    fn writer(&self) -> &str;
}

#[derive(Clone, Debug)]
enum Origin {
    Active,
    Frozen(Loc),
    File(Path, u32),
}

/// A row of a trace while it is folded.
#[derive(Debug)]
struct Slot<R> {
    row: R,
    /// The row as it was, where it was, and whether readers saw it.
    before: Option<(R, Origin, bool)>,
    /// The newest version among the contributions.
    contributed: i64,
}

/// One trace's rows of one table while they are folded.
#[derive(Debug)]
struct Slots<R> {
    at: Map<u64, usize>,
    slots: Vec<Slot<R>>,
}

impl<R> Default for Slots<R> {
    fn default() -> Self {
        Self { at: Map::default(), slots: Vec::new() }
    }
}

/// A row type that has traces.
trait TraceRow: Foldable {
    const TABLE: Table;
    fn wrap(rows: Vec<Self>) -> Rows;
    fn unwrap(rows: Rows) -> Vec<Self>;
    fn file_rows(files: &mut FileRows) -> &mut Map<u128, Vec<FileRow<Self>>>;
}

impl TraceRow for SpanRow {
    const TABLE: Table = Table::Spans;
    fn wrap(rows: Vec<Self>) -> Rows {
        Rows::Spans(rows)
    }
    fn unwrap(rows: Rows) -> Vec<Self> {
        if let Rows::Spans(rows) = rows { rows } else { Vec::new() }
    }
    fn file_rows(files: &mut FileRows) -> &mut Map<u128, Vec<FileRow<Self>>> {
        &mut files.spans
    }
}

impl TraceRow for PayloadRow {
    const TABLE: Table = Table::Payloads;
    fn wrap(rows: Vec<Self>) -> Rows {
        Rows::Payloads(rows)
    }
    fn unwrap(rows: Rows) -> Vec<Self> {
        if let Rows::Payloads(rows) = rows { rows } else { Vec::new() }
    }
    fn file_rows(files: &mut FileRows) -> &mut Map<u128, Vec<FileRow<Self>>> {
        &mut files.payloads
    }
}

impl<R: TraceRow> Slots<R> {
    /// Starts with what is known of the trace: the buffer's rows, then the files' others.
    fn load(&mut self, buffer: &Buffer, files: &mut FileRows, group: u128) {
        let mut load_generation = |generation: &Generation, origin: fn(Loc) -> Origin| {
            let Some(keyed) = generation.table(R::TABLE) else { return };
            for member in keyed.members(group) {
                let key = RowKey { group, member: *member };
                let Some(loc) = keyed.loc(key).filter(|_| !self.at.contains_key(member)) else {
                    continue;
                };
                let seen = !keyed.rows.is_hidden(loc);
                for row in keyed.rows.read(std::iter::once(loc)).into_iter().flat_map(R::unwrap) {
                    self.add_known(*member, row, origin(loc), seen);
                }
            }
        };
        load_generation(&buffer.active, |_| Origin::Active);
        if let Some(frozen) = &buffer.frozen {
            load_generation(frozen, Origin::Frozen);
        }
        let mut found = R::file_rows(files).remove(&group).unwrap_or_default();
        found.sort_by_key(|found| {
            std::cmp::Reverse(Version::new(found.row.is_final(), found.row.version()))
        });
        for FileRow { row, file, at } in found {
            let member = member_key(row.ids().1);
            if !self.at.contains_key(&member) {
                self.add_known(member, row, Origin::File(file, at), true);
            }
        }
    }

    fn add_known(&mut self, member: u64, row: R, origin: Origin, seen: bool) {
        self.at.insert(member, self.slots.len());
        let before = Some((row.clone(), origin, seen));
        self.slots.push(Slot { row, before, contributed: 0 });
    }

    fn contribute(&mut self, row: R) {
        let member = member_key(row.ids().1);
        let version = row.version();
        if let Some(slot) = self.at.get(&member).and_then(|at| self.slots.get_mut(*at)) {
            slot.row.fold(row);
            slot.contributed = slot.contributed.max(version);
        } else {
            self.at.insert(member, self.slots.len());
            self.slots.push(Slot { row, before: None, contributed: version });
        }
    }

    /// Splits the rows from what is remembered of them.
    fn take_rows(&mut self) -> (Vec<R>, Map<u64, Memory<R>>) {
        let memories = self.at.drain();
        let mut members: Vec<(u64, usize)> = memories.collect();
        members.sort_unstable_by_key(|(_, at)| *at);
        let mut rows = Vec::with_capacity(self.slots.len());
        let mut remembered = Map::default();
        for ((member, _), slot) in members.into_iter().zip(self.slots.drain(..)) {
            rows.push(slot.row);
            remembered.insert(member, (slot.before, slot.contributed));
        }
        (rows, remembered)
    }
}

type Memory<R> = (Option<(R, Origin, bool)>, i64);

/// New versions of one table's rows, to be stored together.
#[derive(Debug)]
struct Changed<R> {
    rows: Vec<R>,
    places: Vec<(RowKey, bool)>,
    overridden: Vec<(RowKey, Version)>,
    dead: Vec<(Path, u32)>,
    hidden_in_frozen: Vec<Loc>,
}

impl<R> Default for Changed<R> {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            places: Vec::new(),
            overridden: Vec::new(),
            dead: Vec::new(),
            hidden_in_frozen: Vec::new(),
        }
    }
}

impl<R: TraceRow> Changed<R> {
    /// Takes a settled row in, if it is new or says something else than before.
    fn take(
        &mut self,
        group: u128,
        mut row: R,
        memory: Option<Memory<R>>,
        hidden: bool,
        versions: &mut dyn Versions,
    ) {
        let key = RowKey { group, member: member_key(row.ids().1) };
        let (before, contributed) = memory.unwrap_or((None, 0));
        let mut version = contributed;
        if let Some((old, _, seen)) = &before {
            if *seen != hidden && row.says_the_same(old) {
                return;
            }
            if version <= old.version() {
                version = versions.next();
            }
        }
        if version != row.version() || before.is_some() {
            row.stamp(version, versions.writer());
        }
        match before.map(|(_, origin, _)| origin) {
            Some(Origin::Frozen(loc)) => {
                self.hidden_in_frozen.push(loc);
                self.overridden.push((key, Version::new(row.is_final(), version)));
            }
            Some(Origin::File(file, at)) => {
                self.dead.push((file, at));
                self.overridden.push((key, Version::new(row.is_final(), version)));
            }
            Some(Origin::Active) | None => {}
        }
        self.places.push((key, hidden));
        self.rows.push(row);
    }

    fn store(self, buffer: &mut Buffer, absorbed: &mut Absorbed) -> Result<()> {
        if self.rows.is_empty() {
            return Ok(());
        }
        absorbed.tables.insert(R::TABLE);
        let first = buffer.active.push(&R::wrap(self.rows))?;
        let keyed = buffer.active.table_mut(R::TABLE);
        for (at, (key, hidden)) in self.places.into_iter().enumerate() {
            let loc = first.plus(at);
            keyed.place(key, loc);
            if hidden {
                keyed.rows.hide(loc);
            }
        }
        for (key, version) in self.overridden {
            keyed.overrides.insert(key, version);
        }
        if let Some(frozen) = &mut buffer.frozen {
            for loc in self.hidden_in_frozen {
                frozen.table_mut(R::TABLE).rows.hide(loc);
            }
        }
        absorbed.dead.extend(self.dead.into_iter().map(|(file, at)| (R::TABLE, file, at)));
        Ok(())
    }
}

/// Contributions to one trace, in order.
#[derive(Debug, Default)]
struct Trace {
    spans: Vec<SpanRow>,
    payloads: Vec<PayloadRow>,
}

/// Traces in the order they were first named.
#[derive(Debug, Default)]
struct Traces {
    at: Map<u128, usize>,
    traces: Vec<(u128, Trace)>,
}

impl Traces {
    fn trace(&mut self, id: &str) -> &mut Trace {
        let group = group_key(id);
        let at = *self.at.entry(group).or_insert_with(|| {
            self.traces.push((group, Trace::default()));
            self.traces.len() - 1
        });
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
    let (mut absorbed, mut traces) = (Absorbed::default(), Traces::default());
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
    let mut spans = Changed::<SpanRow>::default();
    let mut payloads = Changed::<PayloadRow>::default();
    for (group, trace) in traces.traces {
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
    let mut spans = Slots::<SpanRow>::default();
    spans.load(buffer, files, group);
    trace.spans.into_iter().for_each(|row| spans.contribute(row));
    let mut payloads = Slots::<PayloadRow>::default();
    payloads.load(buffer, files, group);
    trace.payloads.into_iter().for_each(|row| payloads.contribute(row));

    let (span_rows, mut span_memory) = spans.take_rows();
    let (payload_rows, mut payload_memory) = payloads.take_rows();
    let mut rows = TraceRows { spans: span_rows, payloads: payload_rows };
    date_payloads(&mut rows);
    settle.settle(&mut rows);

    let mut superseded: Vec<u64> = Vec::new();
    for row in rows.spans {
        let member = member_key(&row.span_id);
        if row.is_superseded {
            superseded.push(member);
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
    if !rows.is_empty() {
        buffer.active.push(&Rows::Evals(rows))?;
    }
    Ok(())
}
