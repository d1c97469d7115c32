//! Flush: the buffer's rows become files, table by table, exactly once.
//!
//! ```text
//! freeze ─▶ sort, encode, write, fsync each file with its filter and overrides
//!        ─▶ commit payloads, evals, small tables, spans with Txn (ingest/<writer>, last sequence)
//!        ─▶ publish files and drop the frozen rows in one step ─▶ trim the log
//! ```
//!
//! Appends go on into the active generation meanwhile. A row that they change is written all the
//! same and hidden when the files are published.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::Date32Type;
use bytes::Bytes;
use object_store::path::Path;
use spanlake_model::{Day, Table};

use crate::append::commit_rank;
use crate::buffer::FlushInput;
use crate::core::Core;
use crate::data::{EncodedFile, FileFacts, encode, time_column};
use crate::error::{Result, StoreError};
use crate::file::{DataFile, DeadRows, RangeValue};
use crate::filter::FileFilter;
use crate::inner::Inner;
use crate::load::{filter_path, overrides_path};
use crate::log::{Change, LoggedFile, Outcome, TableLog};
use crate::overrides::Overrides;
use crate::recent::RecentFile;
use crate::site::blocking;

/// How often a commit that lost is tried again.
const COMMIT_ATTEMPTS: u32 = 20;

/// What a flush did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlushReport {
    /// Files written.
    pub files: usize,
    /// Rows in them.
    pub rows: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Files of one frozen generation, in the order of commits. A flush that fails keeps them for the
/// next one: what is committed already must not be written again.
pub(crate) type Written = BTreeMap<(u8, Table), NewFiles>;

/// One table's files of a frozen generation.
#[derive(Debug)]
pub(crate) struct NewFiles {
    files: Vec<NewFile>,
    /// How the commit ended, once it has.
    committed: Option<Outcome>,
}

/// A file that is written but not yet committed.
#[derive(Debug)]
pub(crate) struct NewFile {
    pub(crate) logged: LoggedFile,
    pub(crate) facts: FileFacts,
    pub(crate) overrides: Option<Arc<Overrides>>,
    /// Its rows, where they are still in memory.
    pub(crate) recent: Option<Arc<RecentFile>>,
}

impl Inner {
    /// Flushes in the background, unless that is already going on.
    pub(crate) fn flush_behind(self: &Arc<Self>) {
        let Ok(writer) = self.writer() else { return };
        if writer.is_flushing.swap(true, Ordering::AcqRel) {
            return;
        }
        let inner = Arc::clone(self);
        tokio::spawn(async move {
            if let Err(error) = inner.flush().await {
                tracing::error!(%error, "flush failed; rows stay in the log and the buffer");
            }
            if let Ok(writer) = inner.writer() {
                writer.is_flushing.store(false, Ordering::Release);
            }
        });
    }

    /// Makes files of everything that is buffered now.
    pub(crate) async fn flush(&self) -> Result<FlushReport> {
        let writer = self.writer()?;
        let mut logs = self.logs.lock().await;
        let Some((inputs, last_seq)) = self.freeze().await? else {
            return Ok(FlushReport::default());
        };
        let mut unfinished = self.unfinished.lock().await;
        let mut written = unfinished.take().unwrap_or_default();
        if let Err(error) = self.write_and_commit(&mut logs, inputs, last_seq, &mut written).await {
            *unfinished = Some(written);
            return Err(error);
        }
        drop(unfinished);
        let files = written.values().flat_map(|table| &table.files);
        let recent = files
            .filter_map(|file| Some((file.logged.path.clone(), Arc::clone(file.recent.as_ref()?))));
        self.lookup.recent.add(recent.collect());
        let mut report = FlushReport::default();
        for file in written.values().flat_map(|table| &table.files) {
            report.files += 1;
            report.rows += file.facts.rows;
            report.bytes += file.logged.size;
        }
        let mut core = self.core.lock().await;
        for ((_, table), NewFiles { files, committed }) in written {
            let known = core
                .tables
                .entry(table)
                .or_insert_with(|| crate::table_files::TableFiles::empty(table));
            known.advance(committed.unwrap_or(Outcome::Unknown));
            known.mark = last_seq;
            for file in files {
                self.register(&mut core, table, file);
            }
        }
        core.buffer.frozen = None;
        core.touch_all();
        core.publish(&self.published)?;
        writer.buffered.store(core.buffer.bytes(), Ordering::Relaxed);
        let marks = core.marks();
        drop(core);
        self.trim(&marks)?;
        Ok(report)
    }

    /// Writes what is not written yet and commits what is not committed yet.
    async fn write_and_commit(
        &self,
        logs: &mut BTreeMap<Table, TableLog>,
        inputs: Vec<FlushInput>,
        last_seq: u64,
        written: &mut Written,
    ) -> Result<()> {
        for input in inputs {
            let place = (commit_rank(input.table), input.table);
            if let std::collections::btree_map::Entry::Vacant(free) = written.entry(place) {
                let files = self.write_table(input, last_seq).await?;
                free.insert(NewFiles { files, committed: None });
            }
        }
        let open = written.iter_mut().filter(|(_, table)| table.committed.is_none());
        for ((_, table), NewFiles { files, committed }) in open {
            let log = match logs.remove(table) {
                Some(log) => log,
                None => TableLog::open_or_create(&self.site, *table).await?,
            };
            let log = logs.entry(*table).or_insert(log);
            *committed = Some(self.commit_flush(log, files, last_seq).await?);
        }
        Ok(())
    }

    /// Takes the active generation out of the appends' way, or the one that a failed flush left.
    async fn freeze(&self) -> Result<Option<(Vec<FlushInput>, u64)>> {
        let mut core = Arc::clone(&self.core).lock_owned().await;
        if core.buffer.frozen.is_none() {
            if core.buffer.active.is_empty() {
                return Ok(None);
            }
            core = self.settle_waiting(core, &self.writer()?.versions).await?;
            self.fill_evals(&mut core).await?;
            let active = std::mem::take(&mut core.buffer.active);
            core.buffer.frozen = Some(active);
        }
        let Some(frozen) = &mut core.buffer.frozen else { return Ok(None) };
        let last_seq = frozen.last_seq;
        Ok(Some((frozen.flush_input()?, last_seq)))
    }

    /// Gives the evaluations that go into files what the spans they judge say of them.
    async fn fill_evals(&self, core: &mut Core) -> Result<()> {
        let elsewhere = core.buffer.active.judged_elsewhere();
        let found = self.lookup.judged(core.tables.get(&Table::Spans), elsewhere).await?;
        if core.buffer.active.fill_evals(&found)? {
            core.touch(Table::Evals);
        }
        Ok(())
    }

    /// Writes a table's rows, one file a date.
    async fn write_table(&self, input: FlushInput, last_seq: u64) -> Result<Vec<NewFile>> {
        let FlushInput { table, batches, overrides } = input;
        let mut dates = rows_by_date(&batches);
        if dates.is_empty() && !overrides.is_empty() {
            // Nothing to see, but older versions in files have to go: their keys need a file.
            dates.insert(self.options.clock.now().day(), Vec::new());
        }
        let last_date = dates.keys().next_back().copied();
        let epoch = self.writer()?.wal.epoch();
        // What maintenance settles comes from no entry of the log.
        let is_named =
            self.core.lock().await.tables.get(&table).is_some_and(|t| t.mark >= last_seq);
        let again = if is_named {
            format!("-{:016x}", self.writer()?.versions.reserve(1))
        } else {
            String::new()
        };
        let (batches, mut files) = (Arc::new(batches), Vec::new());
        for (date, rows) in dates {
            let (source, options) = (Arc::clone(&batches), self.options.clone());
            let EncodedFile { bytes, facts, rows } =
                blocking(move || encode(table, &source, rows, &options)).await?;
            // The epoch keeps a name from being used again after a crash between two tables' commits.
            let name = format!("{}-{epoch}-{last_seq:012}-{}{again}", self.writer_id(), date.iso());
            let logged = LoggedFile {
                path: self.data_path(table, date, &name),
                size: bytes.len() as u64,
                date,
                modified: self.options.clock.now(),
                stats: Some(facts.stats_json.clone()),
            };
            self.site.write(&logged.path, Bytes::from(bytes)).await?;
            let overrides = (Some(date) == last_date && !overrides.is_empty())
                .then(|| Arc::new(overrides.clone()));
            let recent = matches!(table, Table::Spans | Table::Payloads)
                .then(|| Arc::new(RecentFile { batches: Arc::clone(&batches), rows }));
            let file = NewFile { logged, facts, overrides, recent };
            self.write_sidecars(table, &file).await?;
            files.push(file);
        }
        Ok(files)
    }

    /// Returns the place of a data file.
    pub(crate) fn data_path(&self, table: Table, date: Day, name: &str) -> Path {
        self.site.path(&format!("{}/date={}/{name}.parquet", table.name(), date.iso()))
    }

    /// Writes a file's filter and overrides, which must be there before the file is committed.
    pub(crate) async fn write_sidecars(&self, table: Table, file: &NewFile) -> Result<()> {
        if crate::key::is_keyed(table) {
            let path = filter_path(&self.site, table, &file.logged.path);
            self.site.write(&path, Bytes::from(file.facts.filters.encode())).await?;
        }
        if let Some(overrides) = &file.overrides {
            let path = overrides_path(&self.site, table, &file.logged.path);
            self.site.write(&path, Bytes::from(overrides.encode())).await?;
        }
        Ok(())
    }

    /// Commits files with the mark that says which log entries are in them.
    async fn commit_flush(
        &self,
        log: &mut TableLog,
        files: &mut [NewFile],
        last_seq: u64,
    ) -> Result<Outcome> {
        let app_id = self.app_id();
        let mark = i64::try_from(last_seq).unwrap_or(i64::MAX);
        let change = Change {
            adds: files.iter().map(|file| file.logged.clone()).collect(),
            removes: Vec::new(),
            txn: Some((app_id.clone(), mark)),
            changes_data: true,
        };
        for _ in 0..COMMIT_ATTEMPTS {
            // The mark alone does not say so: after a crash between two tables' commits, replay may
            // bring rows for a table whose mark is there already. And another writer's maintenance
            // may have merged the files meanwhile.
            if log.app_version(&app_id).await? >= Some(mark)
                && log.has_had(files.iter().map(|file| &file.logged.path)).await?
            {
                return Ok(Outcome::Unknown);
            }
            // Others may have committed meanwhile, and rows that these files hold, too.
            self.adopt(log, files).await?;
            let outcome = log.commit(&change).await?;
            if matches!(outcome, Outcome::Committed(_)) {
                return Ok(outcome);
            }
        }
        Err(StoreError::CommitContention { table: log.table().name(), attempts: COMMIT_ATTEMPTS })
    }

    /// Adds a committed file, hiding what newer versions elsewhere replace in it.
    pub(crate) fn register(&self, core: &mut Core, table: Table, file: NewFile) {
        let NewFile { logged, facts, overrides, .. } = file;
        let newer = core.buffer.overrides(table);
        let Some(known) = core.tables.get_mut(&table) else { return };
        let mut dead = newer.dead_rows(&facts.keys);
        dead.extend(known.overrides.dead_rows(&facts.keys));
        if let Some(own) = overrides.as_ref().filter(|own| own.hide_own) {
            dead.extend(own.dead_rows(&facts.keys));
        }
        let bound = |pick: fn(&crate::ColumnRange) -> Option<RangeValue>| match facts
            .columns
            .get(time_column(table))
            .and_then(pick)
        {
            Some(RangeValue::Time(time)) => Some(time),
            _ => None,
        };
        let (min_time, max_time) = (bound(|range| range.min), bound(|range| range.max));
        self.lookup.cache.put(&logged.path, Arc::new(facts.keys));
        let data = DataFile {
            path: logged.path,
            size: logged.size,
            rows: facts.rows,
            date: logged.date,
            modified: logged.modified,
            min_time,
            max_time,
            columns: facts.columns,
            dead: DeadRows::new(dead),
            filter: Arc::new(FileFilter::known(facts.filters)),
        };
        known.add(data, overrides);
    }

    /// Gives up log segments that files hold the rows of.
    fn trim(&self, marks: &BTreeMap<Table, u64>) -> Result<()> {
        let writer = self.writer()?;
        // Unlinking some files is short; a failure is tried again by the next flush.
        if let Err(error) = writer.wal.trim(marks) {
            tracing::warn!(%error, "cannot trim the write-ahead log");
        }
        Ok(())
    }
}

/// Groups rows by date.
fn rows_by_date(batches: &[Arc<RecordBatch>]) -> BTreeMap<Day, Vec<(usize, usize)>> {
    let mut dates: BTreeMap<Day, Vec<(usize, usize)>> = BTreeMap::new();
    for (at, batch) in batches.iter().enumerate() {
        let column = batch.column_by_name("date");
        let Some(days) = column.and_then(|column| column.as_primitive_opt::<Date32Type>()) else {
            continue;
        };
        for (row, day) in days.values().iter().enumerate() {
            dates.entry(Day(*day)).or_default().push((at, row));
        }
    }
    dates
}
