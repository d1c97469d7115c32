//! Traces whose spans went to several writers. Each writer settles a trace from what it knows;
//! maintenance settles it again from all of it.
//!
//! A file that maintenance wrote holds settled rows. So what is looked at is a flushed file and the
//! traces in it that a file of another writer may hold, too: each once, since maintenance merges
//! flushed files.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use object_store::path::Path;
use spanlake_model::Table;

use crate::error::Result;
use crate::file::DataFile;
use crate::filter::group_hash;
use crate::inner::Inner;
use crate::table_files::TableFiles;

/// Traces that are settled at a time.
const TRACES: usize = 512;

impl Inner {
    /// Settles the traces that several writers have parts of; what changes is in the buffer then.
    pub(crate) async fn settle_split(&self) -> Result<()> {
        let writer = self.writer()?;
        let traces = self.split_traces().await?;
        for traces in traces.chunks(TRACES) {
            let mut core = Arc::clone(&self.core).lock_owned().await;
            let absorbed = core.absorbed_seq;
            let active = &mut core.buffer.active;
            // What is flushed next holds every entry that is absorbed by now.
            active.last_seq = active.last_seq.max(absorbed);
            for trace in traces {
                active.unsettled.entry(*trace).or_default();
            }
            let mut core = self.settle_waiting(core, &writer.versions).await?;
            core.publish(&self.published)?;
            writer.buffered.store(core.buffer.bytes(), Ordering::Relaxed);
        }
        Ok(())
    }

    /// Returns the traces of flushed files that files of other writers may hold, too.
    async fn split_traces(&self) -> Result<Vec<u128>> {
        let files = {
            let core = self.core.lock().await;
            core.tables.get(&Table::Spans).map_or_else(Vec::new, TableFiles::list)
        };
        let mut traces = Vec::new();
        for file in files.iter().filter(|file| is_flushed(&file.path)) {
            let is_others =
                |other: &&Arc<DataFile>| writer_of(&other.path) != writer_of(&file.path);
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
