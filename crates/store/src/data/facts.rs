//! What is learnt of a file's rows while they are written: count, bounds, keys, id filters.

use std::collections::BTreeMap;

use arrow_array::{Array as _, RecordBatch};
use spanlake_model::Table;

use super::stats::Ranges;
use crate::file::ColumnRange;
use crate::filter::{IdFilters, IdSet, group_hash, member_hash};
use crate::key::{for_each_key, group_key, member_key, text_at};
use crate::keys::{FileKeys, KeysBuilder};

/// Collects facts of a file's rows, in file order.
#[derive(Debug)]
pub(crate) struct Facts {
    table: Table,
    pub(crate) rows: u64,
    ranges: Ranges,
    keys: KeysBuilder,
    traces: Vec<u64>,
    spans: Vec<u64>,
    evals: Vec<u64>,
}

/// The facts of a finished file.
#[derive(Debug)]
pub(crate) struct FileFacts {
    pub(crate) rows: u64,
    pub(crate) stats_json: String,
    pub(crate) columns: BTreeMap<String, ColumnRange>,
    pub(crate) keys: FileKeys,
    pub(crate) filters: IdFilters,
}

impl Facts {
    pub(crate) fn new(table: Table) -> Self {
        Self {
            table,
            rows: 0,
            ranges: Ranges::default(),
            keys: KeysBuilder::default(),
            traces: Vec::new(),
            spans: Vec::new(),
            evals: Vec::new(),
        }
    }

    /// Returns the id filters alone.
    pub(crate) fn into_filters(self) -> IdFilters {
        self.finish().filters
    }

    /// Takes the next rows of the file in.
    pub(crate) fn observe(&mut self, batch: &RecordBatch) {
        self.ranges.observe(self.table, batch);
        let first = self.rows as u32;
        for_each_key(self.table, batch, |row, key, version| {
            self.keys.push(key, version, first + row as u32);
        });
        let group = |id: &str| group_hash(group_key(id));
        let member = |id: &str| member_hash(member_key(id));
        hash_ids(batch, "trace_id", group, &mut self.traces);
        hash_ids(batch, "span_id", member, &mut self.spans);
        hash_ids(batch, "eval_id", group, &mut self.evals);
        self.rows += batch.num_rows() as u64;
    }

    /// Ends the file.
    pub(crate) fn finish(self) -> FileFacts {
        let stats_json = self.ranges.to_json(self.rows);
        let schema = self.table.schema();
        let set = |column: &str, hashes: Vec<u64>| {
            schema.column_with_name(column).and_then(|_| IdSet::build(hashes))
        };
        FileFacts {
            rows: self.rows,
            stats_json,
            columns: self.ranges.known(),
            keys: self.keys.finish(),
            filters: IdFilters {
                traces: set("trace_id", self.traces),
                spans: set("span_id", self.spans),
                evals: set("eval_id", self.evals),
            },
        }
    }
}

/// Hashes a column of ids; runs of one id, as in files ordered by trace, count once.
fn hash_ids(batch: &RecordBatch, column: &str, hash: impl Fn(&str) -> u64, hashes: &mut Vec<u64>) {
    let Some(ids) = batch.column_by_name(column) else { return };
    for row in (0..batch.num_rows()).filter(|row| ids.is_valid(*row)) {
        let hash = hash(text_at(ids.as_ref(), row));
        if hashes.last() != Some(&hash) {
            hashes.push(hash);
        }
    }
}
