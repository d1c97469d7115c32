//! Results in the formats of `--format`.

mod stdout;
mod table;

use std::io::{BufWriter, IsTerminal as _, Write};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use arrow::array::{Array, ArrayRef, RecordBatch, StringArray};
use arrow::csv::WriterBuilder as CsvWriterBuilder;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::ipc::writer::StreamWriter;
use arrow::json::writer::{JsonArray, LineDelimited, WriterBuilder};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use crate::args::Format;

use self::stdout::{ResultFile, Stdout};
pub(crate) use self::stdout::{line, reader_has_left, say};
use self::table::write_expanded;
pub(crate) use self::table::{clip, harmless};

/// Rows that a table holds when it is written to a file or a pipe; machine formats give all.
const TABLE_ROWS: usize = 1_000;
/// Rows that a table holds on a terminal.
const TERMINAL_ROWS: usize = 200;
/// Bytes collected before they are written.
const BUFFER_BYTES: usize = 64 << 10;
/// Bytes of a Parquet row group, encoded: what the writer holds in memory.
const ROW_GROUP_BYTES: usize = 64 << 20;

/// Chooses the format: what was asked for, else the file's ending, else a table.
pub(crate) fn choose_format(asked: Option<Format>, output: Option<&Path>) -> Format {
    asked.unwrap_or_else(|| {
        match output.and_then(Path::extension).and_then(|ending| ending.to_str()) {
            Some("ndjson" | "jsonl") => Format::Ndjson,
            Some("json") => Format::Json,
            Some("csv") => Format::Csv,
            Some("parquet") => Format::Parquet,
            Some("arrow" | "arrows" | "ipc") => Format::Arrow,
            _ => Format::Table,
        }
    })
}

/// Writes one batch to standard output.
pub(crate) fn write_batch(asked: Option<Format>, batch: &RecordBatch) -> Result<()> {
    let mut sink = Sink::open(choose_format(asked, None), None, batch.schema(), false)?;
    sink.write(batch)?;
    sink.finish()?;
    Ok(())
}

/// Takes batches one by one and writes them to a file or standard output.
pub(crate) struct Sink {
    writer: FormatWriter,
    rows: usize,
    file: Option<ResultFile>,
}

type Out = Box<dyn Write + Send>;

enum FormatWriter {
    Table(TableWriter),
    Expanded(Out),
    Ndjson(arrow::json::Writer<Out, LineDelimited>),
    Json(arrow::json::Writer<Out, JsonArray>),
    Csv(Box<arrow::csv::Writer<Out>>),
    Parquet(Box<ArrowWriter<Out>>),
    Arrow(StreamWriter<Out>),
}

/// A table can be laid out only when its rows are known: the first ones are kept.
struct TableWriter {
    out: Out,
    batches: Vec<RecordBatch>,
    kept: usize,
    limit: usize,
    schema: SchemaRef,
    width: Option<usize>,
}

/// Returns standard output, buffered.
pub(crate) fn standard_output() -> impl Write + Send {
    BufWriter::with_capacity(BUFFER_BYTES, Stdout)
}

impl Sink {
    /// Opens a sink for results of `schema`; `expanded` turns a table into one column a line.
    pub(crate) fn open(
        format: Format,
        output: Option<&Path>,
        schema: SchemaRef,
        expanded: bool,
    ) -> Result<Self> {
        let terminal = output.is_none() && std::io::stdout().is_terminal();
        anyhow::ensure!(
            !(terminal && matches!(format, Format::Parquet | Format::Arrow)),
            "this format is binary: give -o FILE or redirect standard output"
        );
        let (file, out): (_, Out) = match output {
            Some(path) => {
                let (file, out) = ResultFile::create(path)?;
                (Some(file), Box::new(out))
            }
            None => (None, Box::new(standard_output())),
        };
        let width = terminal.then(terminal_width).flatten();
        let mut sink = Self::new(format, out, schema, width)?;
        if let (FormatWriter::Table(table), true) = (&mut sink.writer, expanded) {
            let out = std::mem::replace(&mut table.out, Box::new(std::io::sink()));
            sink.writer = FormatWriter::Expanded(out);
        }
        sink.file = file;
        Ok(sink)
    }

    fn new(format: Format, out: Out, schema: SchemaRef, width: Option<usize>) -> Result<Self> {
        let json = || WriterBuilder::new().with_explicit_nulls(true);
        let writer = match format {
            Format::Table => FormatWriter::Table(TableWriter {
                out,
                batches: Vec::new(),
                kept: 0,
                limit: if width.is_some() { TERMINAL_ROWS } else { TABLE_ROWS },
                schema,
                width,
            }),
            Format::Ndjson => FormatWriter::Ndjson(json().build(out)),
            Format::Json => FormatWriter::Json(json().build(out)),
            Format::Csv => {
                let mut writer = CsvWriterBuilder::new().with_header(true).build(out);
                // The header appears for an empty result too.
                writer.write(&flatten(&RecordBatch::new_empty(schema))?)?;
                FormatWriter::Csv(Box::new(writer))
            }
            Format::Parquet => {
                let properties = WriterProperties::builder()
                    .set_compression(Compression::ZSTD(ZstdLevel::default()))
                    .build();
                FormatWriter::Parquet(Box::new(ArrowWriter::try_new(
                    out,
                    schema,
                    Some(properties),
                )?))
            }
            Format::Arrow => FormatWriter::Arrow(StreamWriter::try_new(out, &schema)?),
        };
        Ok(Self { writer, rows: 0, file: None })
    }

    /// Writes one batch.
    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let result = self.write_batch(batch);
        self.named(result)
    }

    /// Ends the output and returns the number of rows written.
    pub(crate) fn finish(mut self) -> Result<usize> {
        let rows = self.rows;
        let file = self.file.take();
        let finished = self.writer.finish(rows);
        match file {
            Some(file) => {
                finished.with_context(|| format!("cannot write {}", file.path().display()))?;
                file.finish()?;
            }
            None => finished.context("cannot write the output")?,
        }
        Ok(rows)
    }

    fn named<T>(&self, result: Result<T>) -> Result<T> {
        result.with_context(|| match &self.file {
            Some(file) => format!("cannot write {}", file.path().display()),
            None => "cannot write the output".to_owned(),
        })
    }

    fn write_batch(&mut self, batch: &RecordBatch) -> Result<()> {
        let before = self.rows;
        self.rows += batch.num_rows();
        match &mut self.writer {
            FormatWriter::Table(table) => {
                let room = table.limit.saturating_sub(table.kept).min(batch.num_rows());
                if room > 0 {
                    table.batches.push(batch.slice(0, room));
                    table.kept += room;
                }
            }
            FormatWriter::Expanded(out) => write_expanded(out, batch, before)?,
            FormatWriter::Ndjson(writer) => writer.write(batch)?,
            FormatWriter::Json(writer) => writer.write(batch)?,
            FormatWriter::Csv(writer) => writer.write(&flatten(batch)?)?,
            FormatWriter::Parquet(writer) => {
                writer.write(batch)?;
                if writer.in_progress_size() > ROW_GROUP_BYTES {
                    writer.flush()?;
                }
            }
            FormatWriter::Arrow(writer) => writer.write(batch)?,
        }
        Ok(())
    }
}

impl FormatWriter {
    fn finish(self, rows: usize) -> Result<()> {
        match self {
            Self::Table(TableWriter { mut out, batches, schema, width, .. }) => {
                table::write(&mut out, &schema, &batches, width, rows)?;
                out.flush()?;
            }
            Self::Expanded(mut out) => out.flush()?,
            Self::Ndjson(mut writer) => {
                writer.finish()?;
                writer.into_inner().flush()?;
            }
            Self::Json(mut writer) => {
                writer.finish()?;
                let mut out = writer.into_inner();
                out.write_all(b"\n")?;
                out.flush()?;
            }
            Self::Csv(writer) => writer.into_inner().flush()?,
            Self::Parquet(writer) => writer.into_inner()?.flush()?,
            Self::Arrow(mut writer) => {
                writer.finish()?;
                writer.into_inner()?.flush()?;
            }
        }
        Ok(())
    }
}

/// Returns the width of the terminal on standard output, in columns.
pub(crate) fn terminal_width() -> Option<usize> {
    comfy_table::Table::new().width().map(usize::from)
}

/// Turns nested columns into JSON text, which is how they fit into CSV.
fn flatten(batch: &RecordBatch) -> Result<RecordBatch> {
    if !batch.schema().fields().iter().any(|field| field.data_type().is_nested()) {
        return Ok(batch.clone());
    }
    let mut fields = Vec::new();
    let mut columns: Vec<ArrayRef> = Vec::new();
    for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
        if field.data_type().is_nested() {
            fields.push(Field::new(field.name(), DataType::Utf8, true));
            columns.push(Arc::new(json_cells(field, column)?));
        } else {
            fields.push(field.as_ref().clone());
            columns.push(Arc::clone(column));
        }
    }
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
}

fn json_cells(field: &Field, column: &ArrayRef) -> Result<StringArray> {
    let single = Schema::new(vec![Field::new("v", field.data_type().clone(), true)]);
    let batch = RecordBatch::try_new(Arc::new(single), vec![Arc::clone(column)])?;
    let mut lines = Vec::new();
    let mut writer =
        WriterBuilder::new().with_explicit_nulls(true).build::<_, LineDelimited>(&mut lines);
    writer.write(&batch)?;
    writer.finish()?;
    drop(writer);
    let text = String::from_utf8(lines)?;
    let cell = |(row, line): (usize, &str)| {
        let inner = line.strip_prefix(r#"{"v":"#).and_then(|rest| rest.strip_suffix('}'));
        inner.filter(|_| column.is_valid(row)).map(str::to_owned)
    };
    Ok(text.lines().enumerate().map(cell).collect())
}

#[cfg(test)]
mod tests;
