//! Buffered rows of one table as Arrow batches, some of them hidden.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, BooleanArray, RecordBatch};
use arrow_schema::{ArrowError, DataType};
use arrow_select::concat::concat_batches;
use arrow_select::filter::filter_record_batch;
use spanlake_model::{Rows, Table};

use crate::key::{Version, for_each_key};

/// Rows up to which a chunk takes more rows in instead of a new one being started.
const SMALL_ROWS: usize = 512;
/// Bytes up to which it does.
const SMALL_BYTES: usize = 1 << 20;

/// Where a buffered row is. It stays there: parts of a chunk are joined, never reordered.
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

/// Neighbouring rows of a chunk.
#[derive(Debug)]
struct Part {
    /// Number of the first row in the chunk.
    first: usize,
    batch: RecordBatch,
    bytes: usize,
    /// What readers see; `None` when it has to be made again.
    visible: Option<Arc<RecordBatch>>,
}

impl Part {
    fn new(first: usize, batch: RecordBatch) -> Self {
        let bytes = batch.get_array_memory_size();
        Self { first, batch, bytes, visible: None }
    }
}

/// Some hundreds of rows. A small append becomes a part of its own; a part is joined with the one
/// before it when that is not longer. So parts get shorter towards the end, there are about ten of
/// them, and a row is copied about nine times on its way into a full chunk.
#[derive(Debug, Default)]
struct Chunk {
    parts: Vec<Part>,
    rows: usize,
    bytes: usize,
    /// Rows that readers do not see; shorter than the chunk when the rest is seen.
    hidden: Vec<bool>,
}

impl Chunk {
    fn part_of(&self, row: usize) -> Option<&Part> {
        let at = self.parts.partition_point(|part| part.first <= row);
        self.parts.get(at.checked_sub(1)?)
    }

    fn is_hidden(&self, row: usize) -> bool {
        self.hidden.get(row).copied().unwrap_or(false)
    }

    /// Appends rows; returns how many were copied.
    fn push(&mut self, batch: RecordBatch) -> Result<usize, ArrowError> {
        let mut last = Part::new(self.rows, batch);
        self.rows += last.batch.num_rows();
        self.bytes += last.bytes;
        let mut copied = 0;
        while let Some(before) = self.parts.pop_if(|p| p.batch.num_rows() <= last.batch.num_rows())
        {
            let schema = last.batch.schema();
            let joined = concat_batches(&schema, [&before.batch, &last.batch])?;
            copied += joined.num_rows();
            self.bytes -= before.bytes + last.bytes;
            last = Part::new(before.first, compact(&joined)?);
            self.bytes += last.bytes;
        }
        self.parts.push(last);
        Ok(copied)
    }

    fn hide(&mut self, row: usize) {
        if self.hidden.len() <= row {
            self.hidden.resize(row + 1, false);
        }
        if let Some(hidden) = self.hidden.get_mut(row) {
            *hidden = true;
        }
        let at = self.parts.partition_point(|part| part.first <= row);
        if let Some(part) = at.checked_sub(1).and_then(|at| self.parts.get_mut(at)) {
            part.visible = None;
        }
    }

    /// Adds what readers see.
    fn visible(&mut self, to: &mut Vec<Arc<RecordBatch>>) -> Result<(), ArrowError> {
        let hidden = &self.hidden;
        for part in &mut self.parts {
            let visible = if let Some(visible) = &part.visible {
                Arc::clone(visible)
            } else {
                let rows = part.first..part.first + part.batch.num_rows();
                let keep: BooleanArray =
                    rows.map(|row| Some(!hidden.get(row).copied().unwrap_or(false))).collect();
                Arc::new(if keep.true_count() == keep.len() {
                    part.batch.clone()
                } else {
                    filter_record_batch(&part.batch, &keep)?
                })
            };
            if visible.num_rows() > 0 {
                to.push(Arc::clone(&visible));
            }
            part.visible = Some(visible);
        }
        Ok(())
    }
}

/// Buffered rows of one table.
#[derive(Debug)]
pub(crate) struct TableBuffer {
    table: Table,
    chunks: Vec<Chunk>,
    bytes: usize,
    /// Rows copied from batch to batch since the buffer began.
    copied_rows: usize,
}

impl TableBuffer {
    pub(crate) const fn new(table: Table) -> Self {
        Self { table, chunks: Vec::new(), bytes: 0, copied_rows: 0 }
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
        let fits = self.chunks.last().is_some_and(|last| {
            last.rows + batch.num_rows() <= SMALL_ROWS
                && last.bytes + batch.get_array_memory_size() <= SMALL_BYTES
        });
        if !fits {
            self.chunks.push(Chunk::default());
        }
        let chunk = self.chunks.len() as u32 - 1;
        let Some(last) = self.chunks.last_mut() else { return Ok(Loc { chunk, row: 0 }) };
        let (row, before) = (last.rows as u32, last.bytes);
        self.copied_rows += last.push(batch)?;
        self.bytes = self.bytes - before + last.bytes;
        Ok(Loc { chunk, row })
    }

    /// Hides a row from readers.
    pub(crate) fn hide(&mut self, at: Loc) {
        if let Some(chunk) = self.chunks.get_mut(at.chunk as usize) {
            chunk.hide(at.row as usize);
        }
    }

    /// Whether readers do not see a row.
    pub(crate) fn is_hidden(&self, at: Loc) -> bool {
        self.chunks.get(at.chunk as usize).is_some_and(|chunk| chunk.is_hidden(at.row as usize))
    }

    /// Reads rows back, in the order asked for; neighbours come together.
    pub(crate) fn read(&self, at: impl Iterator<Item = Loc>) -> Vec<Rows> {
        let mut runs: Vec<(&Part, Vec<usize>)> = Vec::new();
        for at in at {
            let chunk = self.chunks.get(at.chunk as usize);
            let Some(part) = chunk.and_then(|chunk| chunk.part_of(at.row as usize)) else {
                continue;
            };
            let row = at.row as usize - part.first;
            match runs.last_mut().filter(|(last, _)| std::ptr::eq(*last, part)) {
                Some((_, rows)) => rows.push(row),
                None => runs.push((part, vec![row])),
            }
        }
        runs.into_iter()
            .map(|(part, rows)| self.table.read_rows(&part.batch, rows.into_iter()))
            .collect()
    }

    /// Reads some columns of a row; the others have their defaults.
    pub(crate) fn read_columns(&self, at: Loc, columns: &[&str]) -> Option<Rows> {
        let part = self.chunks.get(at.chunk as usize)?.part_of(at.row as usize)?;
        let schema = part.batch.schema_ref();
        let places: Vec<usize> =
            columns.iter().filter_map(|column| schema.index_of(column).ok()).collect();
        let some = part.batch.project(&places).ok()?;
        Some(self.table.read_rows(&some, std::iter::once(at.row as usize - part.first)))
    }

    /// Returns a row's place among the versions of its key.
    pub(crate) fn order(&self, at: Loc) -> Option<Version> {
        let part = self.chunks.get(at.chunk as usize)?.part_of(at.row as usize)?;
        let row = part.batch.slice(at.row as usize - part.first, 1);
        let mut found = None;
        for_each_key(self.table, &row, |_, _, version| found = Some(version));
        found
    }

    /// Returns what readers see.
    pub(crate) fn visible(&mut self) -> Result<Vec<Arc<RecordBatch>>, ArrowError> {
        let mut batches = Vec::with_capacity(self.chunks.len());
        for chunk in &mut self.chunks {
            chunk.visible(&mut batches)?;
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

    fn row(name: &str) -> Rows {
        Rows::Spans(vec![SpanRow { name: name.into(), ..SpanRow::default() }])
    }

    #[test]
    fn small_batches_grow_one_chunk_and_hidden_rows_stay_hidden() {
        let mut buffer = TableBuffer::new(Table::Spans);
        let first = buffer.push(&row("first name, longer than a view")).unwrap();
        buffer.hide(first);
        let second = buffer.push(&row("second")).unwrap();
        assert_eq!(buffer.chunks.len(), 1);
        assert!(buffer.is_hidden(first) && !buffer.is_hidden(second));
        let seen = buffer.visible().unwrap();
        assert_eq!(seen.iter().map(|batch| batch.num_rows()).sum::<usize>(), 1);
        let rows = Rows::Spans(
            ["second", "first name, longer than a view"]
                .map(|name| SpanRow { name: name.into(), ..SpanRow::default() })
                .into(),
        );
        assert_eq!(buffer.read([second, first].into_iter()), [rows]);
        assert!(buffer.bytes() < 64 << 10, "{} bytes for two rows", buffer.bytes());
    }

    #[test]
    fn single_rows_are_copied_a_few_times_and_stay_where_they_are() {
        let mut buffer = TableBuffer::new(Table::Spans);
        let places: Vec<Loc> =
            (0..SMALL_ROWS).map(|n| buffer.push(&row(&n.to_string())).unwrap()).collect();
        let per_row = buffer.copied_rows as f64 / SMALL_ROWS as f64;
        assert!(per_row <= 10.0, "{per_row} copies a row");
        let batches = buffer.visible().unwrap();
        assert!(batches.len() <= 10, "{} batches", batches.len());
        for (n, place) in places.iter().enumerate().step_by(37) {
            assert_eq!(buffer.read(std::iter::once(*place)), [row(&n.to_string())]);
            buffer.hide(*place);
        }
        let seen: usize = buffer.visible().unwrap().iter().map(|batch| batch.num_rows()).sum();
        assert_eq!(seen, SMALL_ROWS - SMALL_ROWS.div_ceil(37));
    }
}
