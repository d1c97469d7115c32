//! An open store's parts, and how they are opened.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use arc_swap::ArcSwap;
use futures::FutureExt as _;
use object_store::path::Path;
use spanlake_model::Table;
use tokio::sync::{Mutex, OwnedMutexGuard, RwLock, watch};

use crate::bucket::probe_conditional_put;
use crate::buffer::{FileRows, Incoming};
use crate::core::{Core, Published};
use crate::erase::Erasures;
use crate::error::{Result, StoreError};
use crate::flush::Flushing;
use crate::keys::KeyCache;
use crate::load::load_table;
use crate::log::TableLog;
use crate::lookup::Lookup;
use crate::meta::{Redaction, StoreMeta, WriterLock, bucket_writer_id, create_private_dir};
use crate::options::StoreOptions;
use crate::reader::Reader;
use crate::site::{Site, blocking, without_secrets};
use crate::version_clock::VersionClock;
use crate::wal::{Wal, WalOptions};

/// Logged bytes that recovery absorbs at a time, roughly.
const REPLAY_BYTES: usize = 32 << 20;

/// An open store.
#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) options: StoreOptions,
    pub(crate) site: Site,
    pub(crate) meta: StoreMeta,
    pub(crate) lookup: Lookup,
    pub(crate) core: Arc<Mutex<Core>>,
    pub(crate) published: Arc<Published>,
    /// The tables' logs. Whoever holds this is the only one to commit.
    pub(crate) logs: Mutex<BTreeMap<Table, TableLog>>,
    /// What a failed flush left. Waited for only while `logs` is held.
    pub(crate) unfinished: Mutex<Option<Flushing>>,
    /// Who was erased.
    pub(crate) erasures: ArcSwap<Erasures>,
    /// Held shared by appends from the look at who was erased until their rows are absorbed.
    pub(crate) taking: RwLock<()>,
    /// Held by whoever merges or erases.
    pub(crate) maintenance: Mutex<()>,
    pub(crate) role: Role,
}

/// What an open store may do.
#[derive(Debug)]
pub(crate) enum Role {
    Writer(Box<Writer>),
    Reader(Mutex<Reader>),
}

/// What only a writer has.
#[derive(Debug)]
pub(crate) struct Writer {
    pub(crate) wal: Wal,
    pub(crate) versions: Arc<VersionClock>,
    /// Bytes in the buffer.
    pub(crate) buffered: AtomicUsize,
    /// How often an append had to wait for a flush.
    pub(crate) stalls: AtomicU64,
    /// Counts attempts to absorb.
    pub(crate) attempts: watch::Sender<u64>,
    pub(crate) is_flushing: AtomicBool,
    pub(crate) is_closed: AtomicBool,
    /// Files of spans whose traces maintenance has settled with each other.
    pub(crate) settled: parking_lot::Mutex<BTreeSet<Path>>,
    _lock: WriterLock,
}

impl Inner {
    /// Opens a store, creating it when it may.
    pub(crate) async fn open(url: &str, options: StoreOptions) -> Result<Arc<Self>> {
        let mut site = Site::parse(url, options.wal_dir.as_deref())?;
        if let Some(medium) = &options.medium {
            site.store = Arc::clone(&medium.store);
            site.wal_files = Arc::clone(&medium.wal_files);
        }
        if options.read_only {
            let meta = StoreMeta::read(&site).await?;
            let mut meta = meta.ok_or_else(|| StoreError::Missing { url: without_secrets(url) })?;
            if site.is_bucket {
                meta.writer_id = bucket_writer_id(&site, &meta, false)?;
            }
            let reader = Reader::new(&options);
            return Ok(Arc::new(Self::new(site, meta, options, Role::Reader(Mutex::new(reader)))));
        }
        let (dir, log_dir) = (site.dir.clone(), site.is_bucket.then(|| site.wal_dir.clone()));
        blocking(move || {
            if let Some(dir) = dir {
                create_private_dir(&dir)?;
                create_private_dir(&dir.join("_store"))?;
            }
            log_dir.as_deref().map_or(Ok(()), create_private_dir)
        })
        .await?;
        let lock = {
            let site = site.clone();
            blocking(move || WriterLock::take(&site)).await?
        };
        let redaction = if options.unredacted { Redaction::None } else { Redaction::Redacted };
        let fresh = StoreMeta::create(options.clock.as_ref(), redaction);
        if site.is_bucket {
            probe_conditional_put(&site, &fresh.store_id, options.exclusive).await?;
        }
        let mut meta = match StoreMeta::read(&site).await? {
            Some(meta) => meta,
            None if fresh.write(&site).await? => fresh,
            None => StoreMeta::read(&site)
                .await?
                .ok_or_else(|| StoreError::Changing { url: site.url.to_string() })?,
        };
        if site.is_bucket {
            let (site, known) = (site.clone(), meta.clone());
            meta.writer_id = blocking(move || bucket_writer_id(&site, &known, true)).await?;
        }
        Self::recover(site, meta, options, lock).await
    }

    fn new(site: Site, meta: StoreMeta, options: StoreOptions, role: Role) -> Self {
        let cache = Arc::new(KeyCache::new(options.key_cache_bytes));
        let published = Published::new(Arc::clone(&site.store), site.store_url.clone());
        Self {
            lookup: Lookup { store: Arc::clone(&site.store), cache, recent: Arc::default() },
            site,
            meta,
            options,
            core: Arc::new(Mutex::new(Core::new())),
            published: Arc::new(published),
            logs: Mutex::new(BTreeMap::new()),
            unfinished: Mutex::new(None),
            erasures: ArcSwap::default(),
            taking: RwLock::new(()),
            maintenance: Mutex::new(()),
            role,
        }
    }

    /// Loads the tables and absorbs what the write-ahead log has above each table's mark.
    async fn recover(
        site: Site,
        meta: StoreMeta,
        options: StoreOptions,
        lock: WriterLock,
    ) -> Result<Arc<Self>> {
        let app_id = app_id(&meta);
        let cache = Arc::new(KeyCache::new(options.key_cache_bytes));
        let lookup = Lookup { store: Arc::clone(&site.store), cache, recent: Arc::default() };
        let (mut logs, mut core) = (BTreeMap::new(), Core::new());
        let erasures = Erasures::load(&site, &options.erase_keys, &Erasures::default()).await?;
        // At once: in a bucket each takes a few round trips.
        let opened = Table::ALL.iter().map(|table| {
            let (site, lookup, app_id, erasures) = (&site, &lookup, &app_id, &erasures);
            let open = async move {
                let Some(mut log) = TableLog::open_to_write(site, *table).await? else {
                    return Ok(None);
                };
                let files =
                    load_table(site, lookup, &mut log, *table, app_id, None, erasures).await?;
                Result::Ok(Some((log, files)))
            };
            open.boxed()
        });
        for (log, files) in futures::future::try_join_all(opened).await?.into_iter().flatten() {
            core.tables.insert(files.table, files);
            logs.insert(log.table(), log);
        }
        let opened_marks = core.marks();
        let wal_options = WalOptions {
            clock: Arc::clone(&options.clock),
            files: Arc::clone(&site.wal_files),
            ..options.wal.clone()
        };
        let dir = site.wal_dir.clone();
        let (wal, replay) = blocking(move || Wal::open(&dir, &opened_marks, wal_options)).await?;
        let versions = VersionClock::new(
            Arc::clone(&options.clock),
            meta.writer_id.clone(),
            newest_in_files(&core),
        );
        let writer = Writer {
            versions: Arc::new(versions),
            buffered: AtomicUsize::new(0),
            stalls: AtomicU64::new(0),
            attempts: watch::Sender::new(0),
            is_flushing: AtomicBool::new(false),
            is_closed: AtomicBool::new(false),
            settled: parking_lot::Mutex::default(),
            wal,
            _lock: lock,
        };
        let mut inner = Self::new(site, meta, options, Role::Writer(Box::new(writer)));
        inner.lookup = lookup;
        inner.logs = Mutex::new(logs);
        inner.core = Arc::new(Mutex::new(core));
        inner.erasures = ArcSwap::from_pointee(erasures);
        inner.replay(replay).await?;
        Ok(Arc::new(inner))
    }

    async fn replay(&self, mut replay: crate::wal::Replay) -> Result<()> {
        let writer = self.writer()?;
        loop {
            let (entries, rest) = blocking(move || {
                let (mut entries, mut bytes) = (Vec::new(), 0);
                while bytes < REPLAY_BYTES {
                    let Some(frame) = replay.next().transpose()? else { break };
                    bytes += frame.len_bytes();
                    entries.push(Incoming { seq: frame.seq, rows: vec![frame.decode()?] });
                }
                Ok((entries, replay))
            })
            .await?;
            replay = rest;
            let done = entries.is_empty();
            for rows in entries.iter().flat_map(|entry| &entry.rows) {
                writer.versions.observe(rows.newest_version());
            }
            self.absorb_entries(entries, &writer.versions).await?;
            if done {
                break;
            }
        }
        let core = Arc::clone(&self.core).lock_owned().await;
        let mut core = self.settle_waiting(core, &writer.versions).await?;
        core.absorbed_seq = writer.wal.last_seq();
        core.publish(&self.published)?;
        writer.buffered.store(core.buffer.bytes(), Ordering::Relaxed);
        Ok(())
    }

    /// Absorbs logged entries outside the order of appends: at recovery, and in readers.
    pub(crate) async fn absorb_entries(
        &self,
        mut entries: Vec<Incoming>,
        versions: &Arc<VersionClock>,
    ) -> Result<()> {
        if entries.is_empty() {
            return Ok(());
        }
        let erasures = self.erasures.load_full();
        for entry in &mut entries {
            erasures.strike_logged(&mut entry.rows);
        }
        let mut core = Arc::clone(&self.core).lock_owned().await;
        let files = self.lookup.rows_for(&core.tables, &core.buffer, entries.iter()).await?;
        let (settle, versions) = (Arc::clone(&self.options.settle), Arc::clone(versions));
        let now = self.options.clock.now();
        blocking(move || {
            core.absorb_entries(entries, files, settle.as_ref(), &mut versions.as_ref(), now)
        })
        .await
    }

    /// Settles the long traces that wait for it.
    pub(crate) async fn settle_waiting(
        &self,
        core: OwnedMutexGuard<Core>,
        versions: &Arc<VersionClock>,
    ) -> Result<OwnedMutexGuard<Core>> {
        let waiting: Vec<u128> = core.buffer.active.unsettled.keys().copied().collect();
        if waiting.is_empty() {
            return Ok(core);
        }
        let files = self.lookup.whole_traces(&core.tables, waiting.into_iter()).await?;
        self.settle(core, files, versions).await
    }

    /// Settles whole traces, given what files hold of them.
    pub(crate) async fn settle(
        &self,
        mut core: OwnedMutexGuard<Core>,
        files: FileRows,
        versions: &Arc<VersionClock>,
    ) -> Result<OwnedMutexGuard<Core>> {
        let (settle, versions) = (Arc::clone(&self.options.settle), Arc::clone(versions));
        let now = self.options.clock.now();
        blocking(move || {
            let mut versions = versions.as_ref();
            core.absorb_entries(Vec::new(), files, settle.as_ref(), &mut versions, now)?;
            Ok(core)
        })
        .await
    }

    /// Returns the writer's part.
    ///
    /// # Errors
    /// [`StoreError::ReadOnly`] in a reader, [`StoreError::Closed`] after `close`.
    pub(crate) fn writer(&self) -> Result<&Writer> {
        match &self.role {
            Role::Writer(writer) if writer.is_closed.load(Ordering::Acquire) => {
                Err(StoreError::Closed)
            }
            Role::Writer(writer) => Ok(writer),
            Role::Reader(_) => Err(StoreError::ReadOnly),
        }
    }

    /// Returns the id of the writer on this machine.
    pub(crate) fn writer_id(&self) -> &str {
        &self.meta.writer_id
    }

    /// Returns the application id that marks of this store's log are committed under.
    pub(crate) fn app_id(&self) -> String {
        app_id(&self.meta)
    }
}

fn app_id(meta: &StoreMeta) -> String {
    format!("ingest/{}", meta.writer_id)
}

/// Returns the highest row version that any file holds.
fn newest_in_files(core: &Core) -> i64 {
    let files = core.tables.values().flat_map(|table| table.files.values());
    files
        .filter_map(|file| match file.columns.get("row_version")?.max? {
            crate::RangeValue::Int(version) => Some(version),
            _ => None,
        })
        .max()
        .unwrap_or(0)
}
