//! A data file as one snapshot sees it: facts for pruning, and the rows hidden in it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use object_store::path::Path;
use spanlake_model::{Day, Micros};

use crate::filter::FileFilter;

/// A bound of a column's values in one file.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub enum RangeValue {
    /// A `BIGINT`.
    Int(i64),
    /// A `DOUBLE`.
    Float(f64),
    /// A timestamp, microseconds.
    Time(Micros),
}

/// What is known of a column's values in one file. Bounds include all values, dead rows' too;
/// they need not be reached.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ColumnRange {
    /// A lower bound; `None` when unknown or all values are NULL.
    pub min: Option<RangeValue>,
    /// An upper bound; `None` when unknown or all values are NULL.
    pub max: Option<RangeValue>,
    /// How many values are NULL; `None` when unknown.
    pub null_count: Option<u64>,
}

/// One Parquet file of a table, in one snapshot.
#[derive(Clone, Debug)]
pub struct DataFile {
    /// The file's path inside the snapshot's object store.
    pub path: Path,
    /// The file's size, bytes.
    pub size: u64,
    /// Rows in the file, dead ones included.
    pub rows: u64,
    /// The partition: the value of `date` for every row. The file does not store that column.
    pub date: Day,
    /// When the file was written.
    pub modified: Micros,
    /// Bounds of the columns that Delta keeps statistics for.
    pub columns: BTreeMap<String, ColumnRange>,
    /// Lower bound of the table's time column (`start_time`, `eval_time`, `time`, `valid_from`).
    pub min_time: Option<Micros>,
    /// Upper bound of the table's time column.
    pub max_time: Option<Micros>,
    /// Rows that this snapshot hides: older versions of a row that lives elsewhere. Empty for
    /// almost every file. A reader must skip them and treat all statistics as inexact then.
    pub dead: DeadRows,
    /// Which ids the file may hold.
    pub filter: Arc<FileFilter>,
}

impl DataFile {
    /// Whether the file may hold rows of the trace; `true` when unknown.
    pub fn may_contain_trace(&self, trace_id: &str) -> bool {
        self.filter.may_contain_trace(trace_id)
    }

    /// Whether the file may hold rows of the span; `true` when unknown.
    pub fn may_contain_span(&self, span_id: &str) -> bool {
        self.filter.may_contain_span(span_id)
    }

    /// Returns the number of rows that readers see.
    pub fn live_rows(&self) -> u64 {
        self.rows.saturating_sub(self.dead.len() as u64)
    }
}

/// Row numbers of one file that a snapshot hides, ascending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeadRows(Option<Arc<[u32]>>);

impl DeadRows {
    /// Makes a set of row numbers; order and duplicates do not matter.
    pub fn new(mut rows: Vec<u32>) -> Self {
        rows.sort_unstable();
        rows.dedup();
        Self(if rows.is_empty() { None } else { Some(rows.into()) })
    }

    /// Whether no row is hidden.
    pub const fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Returns how many rows are hidden.
    pub fn len(&self) -> usize {
        self.as_slice().len()
    }

    /// Returns the hidden row numbers, ascending.
    pub fn as_slice(&self) -> &[u32] {
        self.0.as_deref().unwrap_or_default()
    }

    /// Whether a row is hidden.
    pub fn contains(&self, row: u32) -> bool {
        self.as_slice().binary_search(&row).is_ok()
    }

    /// Returns the runs of visible rows of a file with `rows` rows, ascending.
    pub fn live_ranges(&self, rows: u64) -> impl Iterator<Item = Range<u64>> + '_ {
        let ends = self.as_slice().iter().map(|row| u64::from(*row)).chain([rows]);
        ends.scan(0_u64, |start, end| {
            let run = *start..end;
            *start = end + 1;
            Some(run)
        })
        .filter(|run| run.start < run.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn live_ranges_are_the_gaps_between_dead_rows() {
        let dead = DeadRows::new(vec![3, 0, 4, 3]);
        assert_eq!(dead.as_slice(), [0, 3, 4]);
        assert!(dead.contains(3) && !dead.contains(1));
        assert_eq!(dead.live_ranges(7).collect::<Vec<_>>(), [1..3, 5..7]);
        assert_eq!(dead.live_ranges(5).collect::<Vec<_>>(), vec![1..3]);
        assert_eq!(DeadRows::default().live_ranges(2).collect::<Vec<_>>(), vec![0..2]);
        assert_eq!(DeadRows::new(vec![0]).live_ranges(1).count(), 0);
    }
}
