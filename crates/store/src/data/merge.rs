//! Merges sorted files into one sorted file, holding a few batches of each in memory.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_row::RowConverter;
use arrow_select::interleave::interleave_record_batch;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use object_store::ObjectStore;
use object_store::buffered::BufWriter;
use object_store::path::Path;
use parquet::arrow::AsyncArrowWriter;
use spanlake_model::{Micros, Rows, Table};

use super::facts::{Facts, FileFacts};
use super::text::without_text;
use super::write::{file_schema, sort_converter, sort_keys, without_date};
use super::{Effort, read_batches, writer_properties};
use crate::buffer::{Judged, Said};
use crate::error::{Result, StoreError};
use crate::file::DataFile;
use crate::lookup::Lookup;
use crate::options::StoreOptions;
use crate::table_files::TableFiles;

/// Rows that are gathered before they are encoded.
const STEP_ROWS: usize = 4096;
/// Encoded bytes of one input that are decoded at a time, roughly.
const BATCH_BYTES: u64 = 512 << 10;

/// The next rows of one input.
struct Cursor {
    stream: BoxStream<'static, Result<RecordBatch>>,
    /// Position of the current batch in the merge's list.
    held: usize,
    keys: arrow_row::Rows,
    row: usize,
}

/// A merge under way.
struct Merge {
    table: Table,
    converter: RowConverter,
    cursors: Vec<Cursor>,
    /// Batches that gathered rows or cursors are in.
    held: Vec<RecordBatch>,
    gathered: Vec<(usize, usize)>,
}

impl Merge {
    fn arrow(&self) -> impl Fn(arrow_schema::ArrowError) -> StoreError + use<> {
        let table = self.table.name();
        move |source| StoreError::Arrow { table, source }
    }

    /// Loads a stream's next batch; `None` at its end.
    async fn load(
        &mut self,
        mut stream: BoxStream<'static, Result<RecordBatch>>,
    ) -> Result<Option<Cursor>> {
        while let Some(batch) = stream.next().await {
            let batch = batch?;
            if batch.num_rows() > 0 {
                let keys = sort_keys(self.table, &self.converter, &batch).map_err(self.arrow())?;
                self.held.push(without_date(&batch).map_err(self.arrow())?);
                return Ok(Some(Cursor { stream, held: self.held.len() - 1, keys, row: 0 }));
            }
        }
        Ok(None)
    }

    /// Takes the smallest row.
    async fn step(&mut self) -> Result<bool> {
        let Some(at) = (0..self.cursors.len()).min_by(|a, b| {
            let key = |at: &usize| self.cursors.get(*at).map(|c| c.keys.row(c.row));
            key(a).cmp(&key(b)).then(a.cmp(b))
        }) else {
            return Ok(false);
        };
        let Some(cursor) = self.cursors.get_mut(at) else { return Ok(false) };
        self.gathered.push((cursor.held, cursor.row));
        cursor.row += 1;
        if cursor.row == cursor.keys.num_rows() {
            let cursor = self.cursors.remove(at);
            if let Some(next) = self.load(cursor.stream).await? {
                self.cursors.insert(at, next);
            }
        }
        Ok(true)
    }

    /// Makes a batch of the gathered rows and lets go of batches that nothing is in any more.
    fn take(&mut self) -> Result<RecordBatch> {
        let held: Vec<&RecordBatch> = self.held.iter().collect();
        let batch = interleave_record_batch(&held, &self.gathered).map_err(self.arrow())?;
        self.gathered.clear();
        let mut kept = Vec::with_capacity(self.cursors.len());
        for cursor in &mut self.cursors {
            if let Some(batch) = self.held.get(cursor.held) {
                kept.push(batch.clone());
                cursor.held = kept.len() - 1;
            }
        }
        self.held = kept;
        Ok(batch)
    }
}

/// What a merge changes in rows.
#[derive(Debug)]
pub(crate) enum Rewrite {
    Nothing,
    /// Free text goes: it has expired.
    DropText,
    /// Evaluations take what the spans say that they judge; those received before a time say no
    /// more.
    Judge(Lookup, TableFiles, Micros),
}

impl Rewrite {
    /// Changes a batch; `None` when it stays as it is.
    async fn apply(&self, table: Table, batch: &RecordBatch) -> Result<Option<RecordBatch>> {
        let arrow = |source| StoreError::Arrow { table: table.name(), source };
        match self {
            Self::Nothing => Ok(None),
            Self::DropText => without_text(table, batch).map(Some).map_err(arrow),
            Self::Judge(lookup, spans, open_from) => {
                let Rows::Evals(mut rows) = table.read_rows(batch, 0..batch.num_rows()) else {
                    return Ok(None);
                };
                let judged = rows.iter().filter_map(Judged::of).collect();
                let found = lookup.judged(spans, judged).await?;
                let mut is_changed = false;
                for row in &mut rows {
                    let said = Judged::of(row).and_then(|judged| found.get(&judged));
                    if let Some(span) = said.and_then(Said::span) {
                        is_changed |= row.inherit(span, span.ingest_time < *open_from);
                    }
                }
                if !is_changed {
                    return Ok(None);
                }
                let batch = Rows::Evals(rows).to_batch().map_err(arrow)?;
                without_date(&batch).map(Some).map_err(arrow)
            }
        }
    }
}

/// A file that a merge wrote.
#[derive(Debug)]
pub(crate) struct Merged {
    pub(crate) facts: FileFacts,
    pub(crate) size: u64,
    /// Whether rows differ from those that went in.
    pub(crate) is_rewritten: bool,
}

/// Writes the visible rows of `files`, which are sorted, as one sorted file.
pub(crate) async fn merge_files(
    store: &Arc<dyn ObjectStore>,
    table: Table,
    files: &[Arc<DataFile>],
    to: &Path,
    rewrite: &Rewrite,
    options: &StoreOptions,
) -> Result<Merged> {
    let path = to.to_string();
    let parquet = |source| StoreError::parquet("write", path.as_str(), source);
    let converter = sort_converter(table)
        .map_err(|source| StoreError::Arrow { table: table.name(), source })?;
    let mut merge =
        Merge { table, converter, cursors: Vec::new(), held: Vec::new(), gathered: Vec::new() };
    for file in files {
        let row_bytes = (file.size / file.rows.max(1)).max(1);
        let batch_rows = (BATCH_BYTES / row_bytes).clamp(64, STEP_ROWS as u64) as usize;
        let stream = read_batches(store, table, file, batch_rows).await?;
        if let Some(cursor) = merge.load(stream).await? {
            merge.cursors.push(cursor);
        }
    }
    let rows = files.iter().map(|file| file.live_rows()).sum::<u64>() as usize;
    let properties = writer_properties(table, rows, Effort::Lasting, options)?;
    let output = BufWriter::new(Arc::clone(store), to.clone());
    let mut writer =
        AsyncArrowWriter::try_new(output, file_schema(table), Some(properties)).map_err(parquet)?;
    let (mut facts, mut is_rewritten) = (Facts::new(table), false);
    loop {
        let more = merge.step().await?;
        if merge.gathered.len() >= STEP_ROWS || (!more && !merge.gathered.is_empty()) {
            let mut batch = merge.take()?;
            if let Some(changed) = rewrite.apply(table, &batch).await? {
                (batch, is_rewritten) = (changed, true);
            }
            facts.observe(&batch);
            writer.write(&batch).await.map_err(parquet)?;
            tokio::task::yield_now().await;
        }
        if !more {
            break;
        }
    }
    writer.finish().await.map_err(parquet)?;
    let size = writer.bytes_written() as u64;
    Ok(Merged { facts: facts.finish(), size, is_rewritten })
}
