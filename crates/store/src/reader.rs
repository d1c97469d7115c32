//! Reading a store that another process writes: no lock, nothing created, never past what is
//! durable.
//!
//! `spans` are loaded first, then the tables that are committed before them, then the log's tail;
//! so a span's content is never missing. When commits and tail do not fit together, both are read
//! again.

use std::collections::BTreeMap;
use std::sync::Arc;

use spanlake_model::Table;

use crate::buffer::{Buffer, Incoming};
use crate::erase::Erasures;
use crate::error::{Result, StoreError};
use crate::inner::{Inner, Role};
use crate::load::load_table;
use crate::log::TableLog;
use crate::options::StoreOptions;
use crate::site::blocking;
use crate::version_clock::VersionClock;
use crate::wal::{Polled, WalTail};

/// How often a store that changes under the reader is read again.
const ATTEMPTS: u32 = 10;

/// Where a reader is in the writer's log.
#[derive(Debug)]
pub(crate) struct Reader {
    tail: Option<WalTail>,
    /// Numbers versions that exist in this process only.
    versions: Arc<VersionClock>,
}

impl Reader {
    pub(crate) fn new(options: &StoreOptions) -> Self {
        let versions = VersionClock::new(Arc::clone(&options.clock), String::new(), 1 << 61);
        Self { tail: None, versions: Arc::new(versions) }
    }
}

impl Inner {
    /// Brings a reader up to what is durable now.
    pub(crate) async fn refresh(&self) -> Result<()> {
        let Role::Reader(reader) = &self.role else { return Ok(()) };
        let mut reader = reader.lock().await;
        for _ in 0..ATTEMPTS {
            if self.try_refresh(&mut reader).await? {
                let mut core = self.core.lock().await;
                return core.publish(&self.published);
            }
            reader.tail = None;
        }
        Err(StoreError::Changing { url: self.site.url.to_string() })
    }

    /// Reads tables and tail once; `false` when they do not fit together.
    async fn try_refresh(&self, reader: &mut Reader) -> Result<bool> {
        let marks = self.refresh_tables(reader).await?;
        let mut tail = reader.tail.take().unwrap_or_else(|| {
            let files = Arc::clone(&self.site.wal_files);
            WalTail::new(files, &self.site.wal_dir, marks.clone())
        });
        loop {
            let (polling, polled) = blocking(move || {
                let polled = tail.poll()?;
                Ok((tail, polled))
            })
            .await?;
            tail = polling;
            let frames = match polled {
                Polled::Restart => return Ok(false),
                Polled::Frames(frames) => frames,
            };
            let is_early = |(table, seq): (&Table, &u64)| marks.get(table).unwrap_or(&0) < seq;
            if tail.trimmed().iter().any(is_early) {
                return Ok(false);
            }
            if frames.is_empty() {
                let core = Arc::clone(&self.core).lock_owned().await;
                drop(self.settle_waiting(core, &reader.versions).await?);
                let has_all = marks.values().all(|mark| *mark <= tail.durable_seq());
                reader.tail = Some(tail);
                return Ok(has_all || marks.values().all(|mark| *mark == 0));
            }
            let entries = frames
                .iter()
                .map(|frame| Ok(Incoming { seq: frame.seq, rows: vec![frame.decode()?] }))
                .collect::<Result<Vec<_>>>()?;
            self.absorb_entries(entries, &reader.versions).await?;
        }
    }

    /// Loads tables that have new commits. When there are any, the buffer starts again.
    async fn refresh_tables(&self, reader: &mut Reader) -> Result<BTreeMap<Table, u64>> {
        let known = self.erasures.load_full();
        let erasures = Erasures::load(&self.site, &self.options.erase_keys, &known).await?;
        let is_same = known.marks() == erasures.marks();
        let erasures = Arc::new(erasures);
        self.erasures.store(Arc::clone(&erasures));
        let mut logs = self.logs.lock().await;
        let mut core = self.core.lock().await;
        let mut order: Vec<Table> = Table::ALL.to_vec();
        order.sort_by_key(|table| (*table != Table::Spans, *table));
        let mut changed = reader.tail.is_none() || !is_same;
        for table in &order {
            if let Some(log) = logs.get_mut(table) {
                log.refresh().await?;
            } else if let Some(log) = TableLog::open(&self.site, *table).await? {
                logs.insert(*table, log);
            }
            let Some(log) = logs.get(table) else { continue };
            let known = core.tables.get(table).map(|files| files.version);
            changed |= known != Some(log.version());
        }
        if changed {
            for table in &order {
                let Some(log) = logs.get_mut(table) else { continue };
                let before = core.tables.get(table);
                let app_id = self.app_id();
                let files =
                    load_table(&self.site, &self.lookup, log, *table, &app_id, before, &erasures)
                        .await?;
                core.tables.insert(*table, files);
            }
            core.buffer = Buffer::default();
            core.touch_all();
            reader.tail = None;
        }
        Ok(core.marks())
    }
}
