//! Rows of the files that the last flushes wrote, while they are still in memory.
//!
//! A trace that is still going on when its rows are flushed changes soon after: its next spans ask
//! for the rows that went into a file a moment ago.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use arrow_array::RecordBatch;
use object_store::path::Path;
use parking_lot::Mutex;
use spanlake_model::{Rows, Table};

/// A file's rows as they were flushed.
#[derive(Clone, Debug)]
pub(crate) struct RecentFile {
    /// The flushed batches, shared by the files of one flush.
    pub(crate) batches: Arc<Vec<Arc<RecordBatch>>>,
    /// Batch and row in it of each row of the file.
    pub(crate) rows: Vec<(usize, usize)>,
}

impl RecentFile {
    /// Reads rows by their number in the file; one entry a run of rows of one batch, in order.
    pub(crate) fn read(&self, table: Table, rows: &[u32]) -> Vec<Rows> {
        let mut runs: Vec<(usize, Vec<usize>)> = Vec::new();
        for (batch, row) in rows.iter().filter_map(|row| self.rows.get(*row as usize)) {
            match runs.last_mut().filter(|(last, _)| last == batch) {
                Some((_, rows)) => rows.push(*row),
                None => runs.push((*batch, vec![*row])),
            }
        }
        runs.into_iter()
            .filter_map(|(batch, rows)| {
                Some(table.read_rows(self.batches.get(batch)?, rows.into_iter()))
            })
            .collect()
    }
}

/// Flushes whose files are kept.
const FLUSHES: usize = 2;

/// The files of the last flushes.
#[derive(Debug, Default)]
pub(crate) struct RecentFiles(Mutex<VecDeque<HashMap<Path, Arc<RecentFile>>>>);

impl RecentFiles {
    pub(crate) fn get(&self, file: &Path) -> Option<Arc<RecentFile>> {
        self.0.lock().iter().find_map(|files| files.get(file)).map(Arc::clone)
    }

    /// Lets go of all.
    pub(crate) fn clear(&self) {
        self.0.lock().clear();
    }

    /// Takes the files of a flush in, and gives up those of the oldest.
    pub(crate) fn add(&self, files: HashMap<Path, Arc<RecentFile>>) {
        let mut flushes = self.0.lock();
        flushes.truncate(FLUSHES - 1);
        flushes.push_front(files);
    }
}

#[cfg(test)]
mod tests {
    use spanlake_model::SpanRow;

    use super::*;

    #[test]
    fn rows_are_read_by_their_number_in_the_file_until_later_flushes_push_them_out() {
        let row = |name: &str| SpanRow { name: name.into(), ..SpanRow::default() };
        let batch = |names: &[&str]| {
            Arc::new(Rows::Spans(names.iter().map(|name| row(name)).collect()).to_batch().unwrap())
        };
        let batches = Arc::new(vec![batch(&["c", "a"]), batch(&["b"])]);
        let file = RecentFile { batches, rows: vec![(0, 1), (1, 0), (0, 0)] };
        let path = Path::from("a.parquet");
        let recent = RecentFiles::default();
        recent.add(HashMap::from([(path.clone(), Arc::new(file))]));
        let read = recent.get(&path).unwrap().read(Table::Spans, &[0, 2]);
        assert_eq!(read, [Rows::Spans(vec![row("a"), row("c")])]);
        let read = recent.get(&path).unwrap().read(Table::Spans, &[1, 2]);
        assert_eq!(read, [Rows::Spans(vec![row("b")]), Rows::Spans(vec![row("c")])]);
        for _ in 0..FLUSHES {
            recent.add(HashMap::new());
        }
        assert!(recent.get(&path).is_none());
    }
}
