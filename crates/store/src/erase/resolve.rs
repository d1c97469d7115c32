//! Finds a subject's rows: those that name it, then the others of its traces that name nobody else.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::types::TimestampMicrosecondType;
use arrow_array::{Array, RecordBatch};
use object_store::path::Path;
use spanlake_model::{Micros, Table};

use super::erasures::SUBJECT_TABLES;
use super::owner::Identity;
use super::tombstone::{Erasure, Memo};
use crate::data::{scan_columns, time_column};
use crate::error::Result;
use crate::file::DataFile;
use crate::inner::Inner;
use crate::key::{RowKey, Version, group_key, member_key, text_at};
use crate::overrides::Overrides;

type Groups = HashSet<u128, ahash::RandomState>;

/// A subject's rows.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Their keys.
    pub(super) keys: BTreeMap<Table, Overrides>,
    /// Their traces.
    pub(super) traces: Groups,
    /// Those of the traces that also hold rows of others.
    pub(super) shared: Groups,
    /// Rows, older versions included.
    pub(super) rows: BTreeMap<Table, u64>,
    /// Files with such rows.
    pub(super) files: BTreeMap<Table, BTreeSet<Path>>,
}

/// What is searched: a table's files and buffered rows.
pub(super) type Searched = BTreeMap<Table, (Vec<Arc<DataFile>>, Vec<Arc<RecordBatch>>)>;

impl Inner {
    /// Returns every file and buffered row that may be a subject's.
    pub(super) fn searchable(&self) -> Searched {
        let snapshot = self.published.load();
        let of = |table: Table| {
            let table = snapshot.table(table);
            (table.files.clone(), table.memory.clone())
        };
        SUBJECT_TABLES.iter().map(|table| (*table, of(*table))).collect()
    }

    /// Finds the rows of a subject. `any_time` takes rows of a time after the erasure, too.
    pub(super) async fn resolve(
        &self,
        erasure: &Erasure,
        searched: &Searched,
        any_time: bool,
    ) -> Result<Found> {
        let (mut found, mut memo) = (Found::default(), Memo::default());
        for (table, (files, memory)) in searched {
            let mut look = |batch: &RecordBatch| {
                let mut taken = 0;
                for_each_row(*table, erasure, batch, |key, row| {
                    if row.id.is_some() && erasure.takes(&row, any_time, &mut memo) {
                        found.traces.extend(row.trace.map(group_key));
                        found.keys.entry(*table).or_default().insert(key, Version::ERASED);
                        taken += 1;
                    }
                });
                taken
            };
            for file in files {
                scan_columns(&self.site.store, file, &columns(*table, erasure), |batch| {
                    look(batch);
                })
                .await?;
            }
            for batch in memory {
                look(batch);
            }
        }
        erasure.add_traces(found.traces.iter().copied());
        // Those learnt from rows that came late, too: what came of them before is here.
        let hashes = erasure.trace_hashes();
        for (table, (files, memory)) in searched {
            let mut look = |batch: &RecordBatch| {
                let mut taken = 0_u64;
                for_each_row(*table, erasure, batch, |key, row| {
                    let group = row.trace.map(group_key);
                    let known = found.keys.get(table).is_some_and(|keys| keys.get(key).is_some());
                    if known || erasure.takes(&row, any_time, &mut memo) {
                        found.keys.entry(*table).or_default().insert(key, Version::ERASED);
                        found.traces.extend(group);
                        taken += 1;
                    } else if let Some(group) = group.filter(|group| found.traces.contains(group)) {
                        found.shared.insert(group);
                    }
                });
                *found.rows.entry(*table).or_default() += taken;
                taken
            };
            for file in files {
                file.filter.load().await;
                let may_hold = |hash: &u64| file.filter.may_contain_trace_hash(*hash);
                // Evaluations of no trace are known by their own id.
                if *table != Table::Evals && !hashes.iter().any(may_hold) {
                    continue;
                }
                let mut taken = 0;
                scan_columns(&self.site.store, file, &columns(*table, erasure), |batch| {
                    taken += look(batch);
                })
                .await?;
                if taken > 0 {
                    found.files.entry(*table).or_default().insert(file.path.clone());
                }
            }
            for batch in memory {
                look(batch);
            }
        }
        Ok(found)
    }
}

/// Names the columns that say whose a row is.
pub(super) fn columns(table: Table, erasure: &Erasure) -> [&'static str; 5] {
    ["trace_id", "span_id", "eval_id", erasure.kind().column(), time_column(table)]
}

/// Calls `each` with every row that has a key.
pub(super) fn for_each_row(
    table: Table,
    erasure: &Erasure,
    batch: &RecordBatch,
    mut each: impl FnMut(RowKey, Identity<'_>),
) {
    let column = |name: &str| batch.column_by_name(name).map(Arc::as_ref);
    let (traces, spans, evals) = (column("trace_id"), column("span_id"), column("eval_id"));
    let ids = column(erasure.kind().column());
    let times = column(time_column(table))
        .and_then(|times| times.as_primitive_opt::<TimestampMicrosecondType>());
    for row in 0..batch.num_rows() {
        let trace = cell(traces, row);
        let key = match table {
            Table::Evals => {
                let Some(id) = cell(evals, row) else { continue };
                RowKey { group: group_key(id), member: 0 }
            }
            _ => RowKey {
                group: group_key(trace.unwrap_or_default()),
                member: member_key(cell(spans, row).unwrap_or_default()),
            },
        };
        let time = Micros(times.map_or(0, |times| times.value(row)));
        each(key, Identity { id: cell(ids, row), trace, time });
    }
}

/// Returns a cell's text; `None` where it is NULL or the column is missing.
fn cell(column: Option<&dyn Array>, row: usize) -> Option<&str> {
    column.filter(|column| column.is_valid(row)).map(|column| text_at(column, row))
}
