//! Traces whose spans went to several writers. Each writer settles a trace from what it knows;
//! maintenance settles it again from all of it.
//!
//! A file that maintenance wrote holds settled rows. So what is looked at is a flushed file and the
//! traces in it that another writer's file may hold, too, or one that maintenance wrote of several
//! writers' files. A flushed file is merged only when it has been looked at: one that is committed
//! during maintenance waits for the next.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use object_store::path::Path;
use spanlake_model::Table;

use crate::core::Core;
use crate::error::Result;
use crate::file::DataFile;
use crate::filter::group_hash;
use crate::inner::Inner;
use crate::table_files::TableFiles;

/// Traces that are settled at a time.
const TRACES: usize = 512;

impl Inner {
    /// Settles the traces that several writers have parts of; what changes is in the buffer then, or,
    /// when that is full, in files. Returns how many rows were flushed.
    pub(crate) async fn settle_split(&self) -> Result<u64> {
        let writer = self.writer()?;
        let files = {
            let core = self.core.lock().await;
            core.tables.get(&Table::Spans).map_or_else(Vec::new, TableFiles::list)
        };
        let mut flushed_rows = 0;
        for traces in self.split_traces(&files).await?.chunks(TRACES) {
            self.settle_traces(traces).await?;
            if writer.buffered.load(Ordering::Relaxed) >= self.options.flush_bytes {
                flushed_rows += self.flush().await?.rows;
            }
        }
        *writer.settled.lock() = files.iter().map(|file| file.path.clone()).collect();
        Ok(flushed_rows)
    }

    /// Takes the flushed files out that [`Self::settle_split`] has not looked at, where there are
    /// several writers.
    pub(crate) fn leave_unsettled(&self, files: &mut Vec<Arc<DataFile>>) -> Result<()> {
        if self.are_of_several(files) {
            let settled = self.writer()?.settled.lock();
            files.retain(|file| !is_flushed(&file.path) || settled.contains(&file.path));
        }
        Ok(())
    }

    fn are_of_several(&self, files: &[Arc<DataFile>]) -> bool {
        files.iter().any(|file| writer_of(&file.path) != self.writer_id())
    }

    /// Settles traces from all that is known of them.
    async fn settle_traces(&self, traces: &[u128]) -> Result<()> {
        let writer = self.writer()?;
        let read = |core: &Core| -> BTreeMap<Table, TableFiles> {
            let tables = [Table::Spans, Table::Payloads].into_iter();
            tables.filter_map(|t| Some((t, core.tables.get(&t)?.to_read()))).collect()
        };
        let known = read(&*self.core.lock().await);
        let traces = || traces.iter().copied();
        // Appends go on meanwhile: what they change is in the buffer, which counts before files.
        let mut files = self.lookup.whole_traces(&known, traces()).await?;
        let mut core = Arc::clone(&self.core).lock_owned().await;
        let paths = |tables: &BTreeMap<Table, TableFiles>| -> Vec<Path> {
            tables.values().flat_map(|files| files.files.keys().cloned()).collect()
        };
        if paths(&known) != paths(&read(&core)) {
            files = self.lookup.whole_traces(&core.tables, traces()).await?;
        }
        let absorbed = core.absorbed_seq;
        let active = &mut core.buffer.active;
        // What is flushed next holds every entry that is absorbed by now.
        active.last_seq = active.last_seq.max(absorbed);
        let mut core = self.settle(core, files, &writer.versions).await?;
        core.publish(&self.published)?;
        writer.buffered.store(core.buffer.bytes(), Ordering::Relaxed);
        Ok(())
    }

    /// Returns the traces of flushed files that other files may hold whose rows they were not settled
    /// with.
    async fn split_traces(&self, files: &[Arc<DataFile>]) -> Result<Vec<u128>> {
        let mut traces = Vec::new();
        if !self.are_of_several(files) {
            return Ok(traces);
        }
        let settled: BTreeSet<Path> = self.writer()?.settled.lock().clone();
        for file in files.iter().filter(|file| is_flushed(&file.path)) {
            let is_settled = settled.contains(&file.path);
            let is_others = |other: &&Arc<DataFile>| {
                (writer_of(&other.path) != writer_of(&file.path) || !is_flushed(&other.path))
                    && !(is_settled && settled.contains(&other.path))
            };
            let others: Vec<_> = files.iter().filter(is_others).collect();
            if others.is_empty() {
                continue;
            }
            for other in &others {
                other.filter.load().await;
            }
            let keys = self.lookup.keys(Table::Spans, file).await?;
            let mut groups: Vec<u128> = keys.iter().map(|(key, _)| key.group).collect();
            groups.dedup();
            traces.extend(groups.into_iter().filter(|group| {
                let hash = group_hash(*group);
                others.iter().any(|other| other.filter.may_contain_trace_hash(hash))
            }));
        }
        traces.sort_unstable();
        traces.dedup();
        Ok(traces)
    }
}

/// Returns the id of the writer that wrote a data file, which its name begins with.
pub(crate) fn writer_of(path: &Path) -> &str {
    let name = path.filename().unwrap_or_default();
    name.split_once('-').map_or(name, |(writer, _)| writer)
}

/// Whether a flush wrote a data file: the log's epoch follows the writer in its name.
fn is_flushed(path: &Path) -> bool {
    let rest = path.filename().and_then(|name| name.split_once('-'));
    rest.is_some_and(|(_, rest)| rest.starts_with(|first: char| first.is_ascii_digit()))
}
