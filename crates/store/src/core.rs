//! The state that appends, flushes and maintenance change, and its publication.

use std::collections::BTreeMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use object_store::ObjectStore;
use spanlake_model::{Micros, Settle, Table};
use url::Url;

use crate::buffer::{Absorbed, Buffer, FileRows, Incoming, Versions, absorb};
use crate::error::Result;
use crate::snapshot::{Snapshot, TableSnapshot};
use crate::table_files::TableFiles;

/// Files of every loaded table, the buffer, and what was published of them.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) buffer: Buffer,
    pub(crate) tables: BTreeMap<Table, TableFiles>,
    /// Appended entries that are not absorbed yet, by their first sequence number.
    pub(crate) pending: BTreeMap<u64, Incoming>,
    /// Last sequence number absorbed.
    pub(crate) absorbed_seq: u64,
    snapshots: BTreeMap<Table, Arc<TableSnapshot>>,
    version: u64,
}

impl Core {
    pub(crate) fn new() -> Self {
        Self {
            buffer: Buffer::default(),
            tables: BTreeMap::new(),
            pending: BTreeMap::new(),
            absorbed_seq: 0,
            snapshots: BTreeMap::new(),
            version: 0,
        }
    }

    /// Takes the entries out that can be absorbed: those without a gap before them.
    pub(crate) fn ready(&self) -> impl Iterator<Item = &Incoming> {
        let mut next = self.absorbed_seq + 1;
        self.pending.iter().map_while(move |(first, entry)| {
            (*first == next).then(|| {
                next = entry.seq + 1;
                entry
            })
        })
    }

    /// Absorbs the entries that are ready and hides what they replace in files.
    pub(crate) fn absorb_ready(
        &mut self,
        files: FileRows,
        settle: &dyn Settle,
        versions: &mut dyn Versions,
        now: Micros,
    ) -> Result<()> {
        let mut entries = Vec::new();
        while let Some(first) = self.pending.first_entry()
            && *first.key() == self.absorbed_seq + 1
        {
            let entry = first.remove();
            self.absorbed_seq = entry.seq;
            entries.push(entry);
        }
        self.absorb_entries(entries, files, settle, versions, now)
    }

    /// Absorbs entries and hides what they replace in files.
    pub(crate) fn absorb_entries(
        &mut self,
        entries: Vec<Incoming>,
        files: FileRows,
        settle: &dyn Settle,
        versions: &mut dyn Versions,
        now: Micros,
    ) -> Result<()> {
        let absorbed = absorb(&mut self.buffer, entries, files, settle, versions, now)?;
        self.hide(&absorbed);
        for table in absorbed.tables {
            self.snapshots.remove(&table);
        }
        Ok(())
    }

    fn hide(&mut self, absorbed: &Absorbed) {
        for table in [Table::Spans, Table::Payloads] {
            let rows: Vec<_> = absorbed
                .dead
                .iter()
                .filter(|(of, ..)| *of == table)
                .map(|(_, path, row)| (path.clone(), *row))
                .collect();
            if let Some(files) = self.tables.get_mut(&table).filter(|_| !rows.is_empty()) {
                files.hide(rows);
                self.snapshots.remove(&table);
            }
        }
    }

    /// Says that a table's files or buffered rows changed.
    pub(crate) fn touch(&mut self, table: Table) {
        self.snapshots.remove(&table);
    }

    /// Says that every table changed.
    pub(crate) fn touch_all(&mut self) {
        self.snapshots.clear();
    }

    /// Returns each loaded table's mark.
    pub(crate) fn marks(&self) -> BTreeMap<Table, u64> {
        self.tables.iter().map(|(table, files)| (*table, files.mark)).collect()
    }

    /// Publishes the state as one snapshot.
    pub(crate) fn publish(&mut self, to: &Published) -> Result<()> {
        for table in Table::ALL {
            if self.snapshots.contains_key(table) {
                continue;
            }
            let files = self.tables.get(table).map_or_else(Vec::new, TableFiles::list);
            let memory = self.buffer.visible(*table)?;
            self.snapshots.insert(*table, Arc::new(TableSnapshot::new(*table, files, memory)));
        }
        self.version += 1;
        to.snapshot.store(Arc::new(Snapshot::of(
            self.version,
            self.snapshots.clone(),
            Arc::clone(&to.object_store),
            to.url.clone(),
        )));
        Ok(())
    }
}

/// Where snapshots are published, for readers that take no lock.
#[derive(Debug)]
pub(crate) struct Published {
    snapshot: ArcSwap<Snapshot>,
    object_store: Arc<dyn ObjectStore>,
    url: Url,
}

impl Published {
    pub(crate) fn new(object_store: Arc<dyn ObjectStore>, url: Url) -> Self {
        let first = Snapshot::new(0, [], Arc::clone(&object_store), url.clone());
        Self { snapshot: ArcSwap::from_pointee(first), object_store, url }
    }

    pub(crate) fn load(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }
}
