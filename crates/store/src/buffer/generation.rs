//! One generation of buffered rows, and the two that are alive at a time.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use arrow_array::RecordBatch;
use spanlake_model::{Micros, Rows, Table};

use super::chunk::{Loc, TableBuffer};
use super::judged::Judged;
use crate::error::{Result, StoreError};
use crate::key::{RowKey, Version};
use crate::overrides::Overrides;

pub(crate) type Map<K, V> = HashMap<K, V, ahash::RandomState>;

/// Rows of one table with, for keyed tables, where each key's newest version is.
#[derive(Debug)]
pub(crate) struct Keyed {
    pub(super) rows: TableBuffer,
    locs: Map<RowKey, Loc>,
    groups: Map<u128, Vec<u64>>,
    /// Keys with older versions in files or in the generation before this one.
    pub(super) overrides: Overrides,
}

impl Keyed {
    fn new(table: Table) -> Self {
        Self {
            rows: TableBuffer::new(table),
            locs: Map::default(),
            groups: Map::default(),
            overrides: Overrides::default(),
        }
    }

    /// Returns the members of a trace.
    pub(super) fn members(&self, group: u128) -> &[u64] {
        self.groups.get(&group).map_or(&[], Vec::as_slice)
    }

    pub(super) fn loc(&self, key: RowKey) -> Option<Loc> {
        self.locs.get(&key).copied()
    }

    /// Gives a key's row up.
    fn forget(&mut self, key: RowKey) {
        if let Some(old) = self.locs.remove(&key) {
            self.rows.hide(old);
        }
        if let Some(members) = self.groups.get_mut(&key.group) {
            members.retain(|member| *member != key.member);
        }
    }

    /// Says where a key's newest version is; the one before is hidden.
    pub(super) fn place(&mut self, key: RowKey, at: Loc) {
        match self.locs.insert(key, at) {
            Some(old) => self.rows.hide(old),
            None => self.groups.entry(key.group).or_default().push(key.member),
        }
    }
}

/// What arrived between two flushes.
#[derive(Debug, Default)]
pub(crate) struct Generation {
    tables: BTreeMap<Table, Keyed>,
    evals: HashSet<u128, ahash::RandomState>,
    /// Evaluations of what has not been seen yet, with that.
    pub(super) open_evals: Vec<(RowKey, Judged)>,
    /// Sequence of the last WAL entry absorbed.
    pub(crate) last_seq: u64,
    /// When the first row arrived.
    pub(crate) oldest: Option<Micros>,
    /// Tables that WAL entries of this generation hold rows of.
    pub(crate) logged: std::collections::BTreeSet<Table>,
    /// Long traces, and how many rows of each arrived since it was last settled.
    pub(crate) unsettled: Map<u128, usize>,
}

/// What a flush writes of one table.
#[derive(Debug)]
pub(crate) struct FlushInput {
    pub(crate) table: Table,
    /// Visible rows.
    pub(crate) batches: Vec<Arc<RecordBatch>>,
    pub(crate) overrides: Overrides,
}

impl Generation {
    /// Whether nothing arrived.
    pub(crate) fn is_empty(&self) -> bool {
        self.logged.is_empty() && self.tables.is_empty()
    }

    /// Returns the memory held by rows, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.tables.values().map(|table| table.rows.bytes()).sum()
    }

    pub(super) fn table(&self, table: Table) -> Option<&Keyed> {
        self.tables.get(&table)
    }

    pub(super) fn table_mut(&mut self, table: Table) -> &mut Keyed {
        self.tables.entry(table).or_insert_with(|| Keyed::new(table))
    }

    pub(super) fn has_eval(&self, key: u128) -> bool {
        self.evals.contains(&key)
    }

    /// Takes an evaluation's key in; `false` when it is there.
    pub(super) fn add_eval(&mut self, key: u128) -> bool {
        self.evals.insert(key)
    }

    pub(super) fn push(&mut self, rows: &Rows) -> Result<Loc> {
        let table = rows.table();
        self.table_mut(table)
            .rows
            .push(rows)
            .map_err(|source| StoreError::Arrow { table: table.name(), source })
    }

    /// Returns the rows of a table that readers see.
    pub(crate) fn visible(&mut self, table: Table) -> Result<Vec<Arc<RecordBatch>>> {
        self.tables.get_mut(&table).map_or_else(
            || Ok(Vec::new()),
            |keyed| {
                keyed
                    .rows
                    .visible()
                    .map_err(|source| StoreError::Arrow { table: table.name(), source })
            },
        )
    }

    /// Returns the keys of a table that older versions exist of elsewhere.
    pub(crate) fn overrides(&self, table: Table) -> Option<&Overrides> {
        self.tables.get(&table).map(|keyed| &keyed.overrides).filter(|keys| !keys.is_empty())
    }

    /// Returns what a flush has to write, tables with logged rows included even when empty.
    pub(crate) fn flush_input(&mut self) -> Result<Vec<FlushInput>> {
        let mut tables: Vec<Table> = self.tables.keys().copied().collect();
        tables.extend(self.logged.iter().copied());
        tables.sort_unstable();
        tables.dedup();
        tables
            .into_iter()
            .map(|table| {
                let batches = self.visible(table)?;
                let overrides = self.overrides(table).cloned().unwrap_or_default();
                Ok(FlushInput { table, batches, overrides })
            })
            .collect()
    }
}

/// The generation that takes rows in, and the one that is being flushed.
#[derive(Debug, Default)]
pub(crate) struct Buffer {
    pub(crate) active: Generation,
    pub(crate) frozen: Option<Generation>,
}

impl Buffer {
    /// Returns the memory held by rows, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.active.bytes() + self.frozen.as_ref().map_or(0, Generation::bytes)
    }

    /// Returns the rows of a table that readers see.
    pub(crate) fn visible(&mut self, table: Table) -> Result<Vec<Arc<RecordBatch>>> {
        let mut batches = match &mut self.frozen {
            Some(frozen) => frozen.visible(table)?,
            None => Vec::new(),
        };
        batches.extend(self.active.visible(table)?);
        Ok(batches)
    }

    /// Returns how many rows of a trace the buffer holds in a table, and how many of its rows wait
    /// to be settled.
    pub(crate) fn trace_rows(&self, table: Table, group: u128) -> (usize, usize) {
        let rows = |generation: &Generation| {
            generation.table(table).map_or(0, |keyed| keyed.members(group).len())
        };
        let frozen = self.frozen.as_ref().map_or(0, rows);
        let waiting = self.active.unsettled.get(&group).copied().unwrap_or(0);
        (rows(&self.active) + frozen, waiting)
    }

    /// Takes in that another writer committed a version of a row; whether the buffer has a newer
    /// one. When it has an older one, that is given up.
    pub(crate) fn meet(&mut self, table: Table, key: RowKey, theirs: Version) -> bool {
        for generation in std::iter::once(&mut self.active).chain(&mut self.frozen) {
            let Some(keyed) = generation.tables.get_mut(&table) else { continue };
            let Some(ours) = keyed.loc(key).and_then(|at| keyed.rows.order(at)) else { continue };
            keyed.overrides.insert(key, ours.max(theirs));
            if ours > theirs {
                return true;
            }
            keyed.forget(key);
        }
        false
    }

    /// Gives up rows, and forgets that there were older versions of them.
    pub(crate) fn erase(&mut self, table: Table, keys: &Overrides) {
        for generation in std::iter::once(&mut self.active).chain(&mut self.frozen) {
            let Some(keyed) = generation.tables.get_mut(&table) else { continue };
            keys.iter().for_each(|(key, _)| keyed.forget(key));
            keyed.overrides.forget(keys);
        }
    }

    /// Returns every key of a table that the buffer overrides.
    pub(crate) fn overrides(&self, table: Table) -> Overrides {
        let mut all = self.active.overrides(table).cloned().unwrap_or_default();
        if let Some(frozen) = self.frozen.as_ref().and_then(|frozen| frozen.overrides(table)) {
            all.extend(frozen);
        }
        all
    }
}
