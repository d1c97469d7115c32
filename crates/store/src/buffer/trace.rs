//! The rows of one trace while they are folded, and what changes in them.

use object_store::path::Path;
use spanlake_model::{PayloadRow, Rows, SpanRow, Table};

use super::absorb::{Absorbed, FileRow, FileRows, Versions};
use super::chunk::Loc;
use super::fold::Foldable;
use super::generation::{Buffer, Generation, Map};
use crate::error::Result;
use crate::key::{RowKey, Version, member_key};

#[derive(Clone, Debug)]
pub(super) enum Origin {
    Active,
    Frozen(Loc),
    File(Path, u32),
}

/// What is remembered of a row while it is folded. Rows are large and are moved as little as can
/// be, so this stands beside them.
#[derive(Debug)]
pub(super) struct Memory<R> {
    /// The row as it was, where it was, and whether readers saw it.
    before: Option<Box<(R, Origin, bool)>>,
    /// The newest version among the contributions.
    contributed: i64,
}

/// One trace's rows of one table while they are folded.
#[derive(Debug)]
pub(super) struct Slots<R> {
    at: Map<u64, usize>,
    rows: Vec<R>,
    memories: Vec<Memory<R>>,
}

/// A row type that has traces.
pub(super) trait TraceRow: Foldable {
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
    /// Starts without rows, with room for contributions.
    pub(super) fn with_capacity(contributions: usize) -> Self {
        Self {
            at: Map::default(),
            rows: Vec::with_capacity(contributions),
            memories: Vec::with_capacity(contributions),
        }
    }

    /// Starts with what is known of the trace, or of some spans of it: the buffer's rows, then the
    /// files' others.
    pub(super) fn load(
        &mut self,
        buffer: &Buffer,
        files: &mut FileRows,
        group: u128,
        only: Option<&[u64]>,
    ) {
        let mut load_generation = |generation: &Generation, origin: fn(Loc) -> Origin| {
            let Some(keyed) = generation.table(R::TABLE) else { return };
            let members = only.unwrap_or_else(|| keyed.members(group)).iter();
            let known: Vec<(u64, Loc)> = members
                .filter(|member| !self.at.contains_key(*member))
                .filter_map(|member| Some((*member, keyed.loc(RowKey { group, member: *member })?)))
                .collect();
            let rows = keyed.rows.read(known.iter().map(|(_, loc)| *loc));
            for ((member, loc), row) in known.iter().zip(rows.into_iter().flat_map(R::unwrap)) {
                let seen = !keyed.rows.is_hidden(*loc);
                self.add_known(*member, row, origin(*loc), seen);
            }
        };
        load_generation(&buffer.active, |_| Origin::Active);
        if let Some(frozen) = &buffer.frozen {
            load_generation(frozen, Origin::Frozen);
        }
        let mut found = R::file_rows(files).remove(&group).unwrap_or_default();
        found.sort_by_key(|found| std::cmp::Reverse(found.row.order()));
        for FileRow { row, file, at } in found {
            let member = member_key(row.ids().1);
            if !self.at.contains_key(&member) {
                self.add_known(member, row, Origin::File(file, at), true);
            }
        }
    }

    fn add_known(&mut self, member: u64, row: R, origin: Origin, seen: bool) {
        self.at.insert(member, self.rows.len());
        let before = Some(Box::new((row.clone(), origin, seen)));
        self.memories.push(Memory { before, contributed: 0 });
        self.rows.push(row);
    }

    pub(super) fn contribute(&mut self, row: R) {
        let member = member_key(row.ids().1);
        let version = row.version();
        let known = self.at.get(&member).copied();
        if let Some(at) = known
            && let (Some(slot), Some(memory)) = (self.rows.get_mut(at), self.memories.get_mut(at))
        {
            slot.fold(row);
            memory.contributed = memory.contributed.max(version);
        } else {
            self.at.insert(member, self.rows.len());
            self.memories.push(Memory { before: None, contributed: version });
            self.rows.push(row);
        }
    }

    /// Splits the rows from what is remembered of them, by span.
    pub(super) fn split(self) -> (Vec<R>, Map<u64, Memory<R>>) {
        let mut members: Vec<(u64, usize)> = self.at.into_iter().collect();
        members.sort_unstable_by_key(|(_, at)| *at);
        let members = members.into_iter().map(|(member, _)| member);
        (self.rows, members.zip(self.memories).collect())
    }
}

/// New versions of one table's rows, to be stored together.
#[derive(Debug)]
pub(super) struct Changed<R> {
    rows: Vec<R>,
    places: Vec<(RowKey, bool)>,
    overridden: Vec<(RowKey, Version)>,
    dead: Vec<(Path, u32)>,
    hidden_in_frozen: Vec<Loc>,
}

impl<R: TraceRow> Changed<R> {
    /// Starts empty, with room for rows.
    pub(super) fn with_capacity(rows: usize) -> Self {
        Self {
            rows: Vec::with_capacity(rows),
            places: Vec::with_capacity(rows),
            overridden: Vec::new(),
            dead: Vec::new(),
            hidden_in_frozen: Vec::new(),
        }
    }

    /// Takes a settled row in, if it is new or says something else than before.
    pub(super) fn take(
        &mut self,
        group: u128,
        mut row: R,
        memory: Option<Memory<R>>,
        hidden: bool,
        versions: &mut dyn Versions,
    ) {
        let key = RowKey { group, member: member_key(row.ids().1) };
        let Memory { mut before, contributed: mut version } =
            memory.unwrap_or(Memory { before: None, contributed: 0 });
        if let Some((old, _, seen)) = before.as_deref_mut() {
            if *seen != hidden && row.says_the_same(old) {
                return;
            }
            if version == 0 {
                // Only settled, maybe for another writer: one step, so that whatever the row's own
                // writer still holds of it is newer and outlives this.
                version = old.version().saturating_add(1);
            } else if version <= old.version() {
                version = versions.above(old.version());
            }
        }
        if version != row.version() || before.is_some() {
            row.stamp(version, versions.writer());
        }
        match before.map(|before| before.1) {
            Some(Origin::Frozen(loc)) => {
                self.hidden_in_frozen.push(loc);
                self.overridden.push((key, row.order()));
            }
            Some(Origin::File(file, at)) => {
                self.dead.push((file, at));
                self.overridden.push((key, row.order()));
            }
            Some(Origin::Active) | None => {}
        }
        self.places.push((key, hidden));
        self.rows.push(row);
    }

    pub(super) fn store(self, buffer: &mut Buffer, absorbed: &mut Absorbed) -> Result<()> {
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
