//! Buffered rows of one table as Arrow batches, some of them hidden.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, BooleanArray, RecordBatch};
use arrow_schema::{ArrowError, DataType};
use arrow_select::concat::concat_batches;
use arrow_select::filter::filter_record_batch;
use spanlake_model::{Rows, Table};

/// Rows up to which a chunk takes more rows in instead of a new one being started.
const SMALL_ROWS: usize = 512;
/// Bytes up to which it does: growing a chunk copies it.
const SMALL_BYTES: usize = 1 << 20;

/// Where a buffered row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Loc {
    chunk: u32,
    row: u32,
}

impl Loc {
    /// Returns the place `rows` rows further in the same chunk.
    pub(crate) const fn plus(self, rows: usize) -> Self {
        Self { chunk: self.chunk, row: self.row + rows as u32 }
    }
}

#[derive(Debug)]
struct Chunk {
    batch: RecordBatch,
    bytes: usize,
    /// Rows that readers do not see; empty when they see all.
    hidden: Vec<bool>,
    /// What readers see; `None` when it has to be made again.
    visible: Option<RecordBatch>,
}

/// Buffered rows of one table.
#[derive(Debug)]
pub(crate) struct TableBuffer {
    table: Table,
    chunks: Vec<Chunk>,
    bytes: usize,
}

impl TableBuffer {
    pub(crate) const fn new(table: Table) -> Self {
        Self { table, chunks: Vec::new(), bytes: 0 }
    }

    /// Returns the memory held, in bytes.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Appends rows and returns where the first is; the others follow it.
    pub(crate) fn push(&mut self, rows: &Rows) -> Result<Loc, ArrowError> {
        let mut batch = rows.to_batch()?;
        if batch.num_rows() <= SMALL_ROWS {
            batch = compact(&batch)?;
        }
        let bytes = batch.get_array_memory_size();
        let at = self.chunks.len();
        if let Some(last) = self.chunks.last_mut()
            && last.batch.num_rows() + batch.num_rows() <= SMALL_ROWS
            && last.bytes + bytes <= SMALL_BYTES
        {
            let row = last.batch.num_rows() as u32;
            last.batch = compact(&concat_batches(&last.batch.schema(), [&last.batch, &batch])?)?;
            self.bytes -= last.bytes;
            last.bytes = last.batch.get_array_memory_size();
            self.bytes += last.bytes;
            if !last.hidden.is_empty() {
                last.hidden.resize(last.batch.num_rows(), false);
            }
            last.visible = None;
            return Ok(Loc { chunk: at as u32 - 1, row });
        }
        self.bytes += bytes;
        self.chunks.push(Chunk { batch, bytes, hidden: Vec::new(), visible: None });
        Ok(Loc { chunk: at as u32, row: 0 })
    }

    /// Hides a row from readers.
    pub(crate) fn hide(&mut self, at: Loc) {
        if let Some(chunk) = self.chunks.get_mut(at.chunk as usize) {
            chunk.hidden.resize(chunk.batch.num_rows(), false);
            if let Some(hidden) = chunk.hidden.get_mut(at.row as usize) {
                *hidden = true;
                chunk.visible = None;
            }
        }
    }

    /// Whether readers do not see a row.
    pub(crate) fn is_hidden(&self, at: Loc) -> bool {
        self.chunks
            .get(at.chunk as usize)
            .is_some_and(|chunk| chunk.hidden.get(at.row as usize).copied().unwrap_or(false))
    }

    /// Reads rows back, in the order asked for.
    pub(crate) fn read(&self, at: impl Iterator<Item = Loc>) -> Vec<Rows> {
        at.filter_map(|at| {
            let chunk = self.chunks.get(at.chunk as usize)?;
            Some(self.table.read_rows(&chunk.batch, std::iter::once(at.row as usize)))
        })
        .collect()
    }

    /// Returns what readers see.
    pub(crate) fn visible(&mut self) -> Result<Vec<RecordBatch>, ArrowError> {
        let mut batches = Vec::with_capacity(self.chunks.len());
        for chunk in &mut self.chunks {
            let visible = match &chunk.visible {
                Some(visible) => visible.clone(),
                None if chunk.hidden.iter().any(|hidden| *hidden) => {
                    let keep: BooleanArray =
                        chunk.hidden.iter().map(|hidden| Some(!hidden)).collect();
                    filter_record_batch(&chunk.batch, &keep)?
                }
                None => chunk.batch.clone(),
            };
            if visible.num_rows() > 0 {
                batches.push(visible.clone());
            }
            chunk.visible = Some(visible);
        }
        Ok(batches)
    }
}

/// Copies long texts out of half-filled builder blocks.
fn compact(batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let columns = batch.columns().iter().map(|column| -> ArrayRef {
        if *column.data_type() == DataType::Utf8View {
            Arc::new(column.as_string_view().gc())
        } else {
            Arc::clone(column)
        }
    });
    RecordBatch::try_new(batch.schema(), columns.collect())
}

#[cfg(test)]
mod tests {
    use spanlake_model::SpanRow;

    use super::*;

    #[test]
    fn small_batches_grow_one_chunk_and_hidden_rows_stay_hidden() {
        let mut buffer = TableBuffer::new(Table::Spans);
        let row =
            |name: &str| Rows::Spans(vec![SpanRow { name: name.into(), ..SpanRow::default() }]);
        let first = buffer.push(&row("first name, longer than a view")).unwrap();
        buffer.hide(first);
        let second = buffer.push(&row("second")).unwrap();
        assert_eq!(buffer.chunks.len(), 1);
        assert!(buffer.is_hidden(first) && !buffer.is_hidden(second));
        let seen = buffer.visible().unwrap();
        assert_eq!(seen.iter().map(RecordBatch::num_rows).sum::<usize>(), 1);
        assert_eq!(
            buffer.read([second, first].into_iter()),
            [row("second"), row("first name, longer than a view")]
        );
        assert!(buffer.bytes() < 64 << 10, "{} bytes for two rows", buffer.bytes());
    }
}
