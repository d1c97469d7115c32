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
//!
//! A flush that fails is finished by the next one, or soon by the open store itself. Until then
//! other writers may merge what it committed and delete what it did not.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::Date32Type;
use bytes::Bytes;
use object_store::path::Path;
use spanlake_model::{Day, EvalRow, Table};

use crate::append::commit_rank;
use crate::buffer::{FlushInput, Judged, Map, Said};
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

/// A frozen generation on its way into files. A flush that fails keeps it for the next one: what is
/// committed must not be written again, and a row that appends change meanwhile still has to be.
#[derive(Debug)]
pub(crate) struct Flushing {
    inputs: Vec<FlushInput>,
    last_seq: u64,
    /// Files, in the order of commits.
    written: BTreeMap<(u8, Table), NewFiles>,
}

/// One table's files of a frozen generation.
#[derive(Debug)]
pub(crate) struct NewFiles {
    files: Vec<NewFile>,
    /// Whether the log had their mark before them, so that it does not tell whether they are
    /// committed.
    is_marked: bool,
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
        self.adopt_erasures().await?;
        let judged = self.judged().await;
        let mut logs = self.logs.lock().await;
        let mut unfinished = self.unfinished.lock().await;
        let begun = unfinished.take();
        let is_begun = begun.is_some();
        let begun = match begun {
            Some(begun) => Some(begun),
            None => self.freeze(&mut logs, &judged).await?,
        };
        let Some(mut flushing) = begun else { return Ok(FlushReport::default()) };
        let mut done = self.write_and_commit(&mut logs, &mut flushing).await;
        if done.is_ok() {
            done = self.take_in_merged(&mut logs, &mut flushing, is_begun).await;
        }
        if let Err(error) = done {
            *unfinished = Some(flushing);
            return Err(error);
        }
        drop(unfinished);
        let Flushing { last_seq, written, .. } = flushing;
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
        for ((_, table), NewFiles { files, committed, .. }) in written {
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
        flushing: &mut Flushing,
    ) -> Result<()> {
        let Flushing { inputs, last_seq, written } = flushing;
        for input in inputs.iter() {
            let place = (commit_rank(input.table), input.table);
            let before = written.get(&place);
            if let Some(before) = before
                && (before.committed.is_some()
                    || self.will_last(input.table, &before.files).await?)
            {
                continue;
            }
            let files = self.write_table(input, *last_seq, before).await?;
            written.insert(place, files);
        }
        let open = written.iter_mut().filter(|(_, table)| table.committed.is_none());
        for ((_, table), files) in open {
            let log = match logs.remove(table) {
                Some(log) => log,
                None => TableLog::open_or_create(&self.site, *table).await?,
            };
            let log = logs.entry(*table).or_insert(log);
            files.committed = Some(self.commit_flush(log, files, *last_seq).await?);
        }
        Ok(())
    }

    /// Whether files that an earlier flush wrote are there and will be until they are committed:
    /// what no commit names for the length of the grace is deleted, by whomever.
    async fn will_last(&self, table: Table, files: &[NewFile]) -> Result<bool> {
        let grace = i64::try_from(self.options.vacuum_grace.as_micros()).unwrap_or(i64::MAX);
        let now = self.options.clock.now();
        for file in files {
            let path = &file.logged.path;
            if now.0.saturating_sub(file.logged.modified.0) >= grace / 2 {
                return Ok(false);
            }
            let filter = crate::key::is_keyed(table).then(|| filter_path(&self.site, table, path));
            let overrides = file.overrides.is_some();
            let overrides = overrides.then(|| overrides_path(&self.site, table, path));
            for path in [path.clone()].into_iter().chain(filter).chain(overrides) {
                if !self.site.exists(&path).await? {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Takes in what other writers made of files that were committed earlier, by the flush that this
    /// one finishes or by a commit whose answer got lost, in place of these.
    async fn take_in_merged(
        &self,
        logs: &mut BTreeMap<Table, TableLog>,
        flushing: &mut Flushing,
        is_begun: bool,
    ) -> Result<()> {
        for ((_, table), NewFiles { files, committed, .. }) in &mut flushing.written {
            let Some(log) = logs.get_mut(table) else { continue };
            if !is_begun && *committed != Some(Outcome::Unknown) {
                continue;
            }
            log.refresh().await?;
            let active: HashSet<Path> = log.files()?.into_iter().map(|file| file.path).collect();
            if !files.iter().all(|file| active.contains(&file.logged.path)) {
                self.adopt(log, &mut []).await?;
                files.clear();
            }
        }
        Ok(())
    }

    /// Takes the active generation out of the appends' way. Its evaluations get what the spans they
    /// judge say of them.
    async fn freeze(
        &self,
        logs: &mut BTreeMap<Table, TableLog>,
        judged: &Map<Judged, Said>,
    ) -> Result<Option<Flushing>> {
        let mut core = Arc::clone(&self.core).lock_owned().await;
        if core.buffer.frozen.is_none() {
            if core.buffer.active.is_empty() {
                return Ok(None);
            }
            let versions = &self.writer()?.versions;
            core = match self.settle_waiting(core, versions).await {
                Ok(core) => core,
                Err(error) => {
                    tracing::warn!(%error, "files are gone; those that replaced them are looked for");
                    self.adopt_logs(logs).await?;
                    let core = Arc::clone(&self.core).lock_owned().await;
                    self.settle_waiting(core, versions).await?
                }
            };
            let open_from = self.options.clock.now().plus_days(-EvalRow::OPEN_DAYS);
            if core.buffer.active.fill_evals(judged, open_from)? {
                core.touch(Table::Evals);
            }
            let active = std::mem::take(&mut core.buffer.active);
            core.buffer.frozen = Some(active);
        }
        let Some(frozen) = &mut core.buffer.frozen else { return Ok(None) };
        let (inputs, last_seq) = (frozen.flush_input()?, frozen.last_seq);
        Ok(Some(Flushing { inputs, last_seq, written: BTreeMap::new() }))
    }

    /// Writes a table's rows, one file a date; `before` are files of the same rows that are given up.
    async fn write_table(
        &self,
        input: &FlushInput,
        last_seq: u64,
        before: Option<&NewFiles>,
    ) -> Result<NewFiles> {
        let FlushInput { table, batches, overrides } = input;
        let table = *table;
        let mut dates = rows_by_date(batches);
        if dates.is_empty() && !overrides.is_empty() {
            // Nothing to see, but older versions in files have to go: their keys need a file.
            dates.insert(self.options.clock.now().day(), Vec::new());
        }
        let last_date = dates.keys().next_back().copied();
        let epoch = self.writer()?.wal.epoch();
        // What maintenance settles comes from no entry of the log.
        let is_marked = match before {
            Some(before) => before.is_marked,
            None => self.core.lock().await.tables.get(&table).is_some_and(|t| t.mark >= last_seq),
        };
        let again = if is_marked || before.is_some() {
            format!("-{:016x}", self.writer()?.versions.reserve(1))
        } else {
            String::new()
        };
        let (batches, mut files) = (Arc::new(batches.clone()), Vec::new());
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
            let mut before = before.into_iter().flat_map(|before| &before.files);
            // They name rows that others committed since, too.
            let known = before.find(|file| file.logged.date == date).map(|file| &file.overrides);
            let own = Some(date) == last_date && !overrides.is_empty();
            let overrides =
                known.cloned().unwrap_or_else(|| own.then(|| Arc::new(overrides.clone())));
            let recent = matches!(table, Table::Spans | Table::Payloads)
                .then(|| Arc::new(RecentFile { batches: Arc::clone(&batches), rows }));
            let file = NewFile { logged, facts, overrides, recent };
            self.write_sidecars(table, &file).await?;
            files.push(file);
        }
        Ok(NewFiles { files, is_marked, committed: None })
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
        new: &mut NewFiles,
        last_seq: u64,
    ) -> Result<Outcome> {
        let NewFiles { files, is_marked, .. } = new;
        let app_id = self.app_id();
        let mark = i64::try_from(last_seq).unwrap_or(i64::MAX);
        let change = Change {
            adds: files.iter().map(|file| file.logged.clone()).collect(),
            removes: Vec::new(),
            txn: Some((app_id.clone(), mark)),
            changes_data: true,
        };
        for _ in 0..COMMIT_ATTEMPTS {
            // Where the mark was there before, the files say so, or that another writer's
            // maintenance removed them: after a crash between two tables' commits, replay may bring
            // rows for a table whose mark is there already.
            if log.app_version(&app_id).await? >= Some(mark)
                && (!*is_marked || log.has_had(files.iter().map(|file| &file.logged.path)).await?)
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
