//! Results in the formats of `--format`.

use std::fs::File;
use std::io::{BufWriter, IsTerminal as _, Write};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use arrow::array::{Array, ArrayRef, RecordBatch, StringArray};
use arrow::csv::WriterBuilder as CsvWriterBuilder;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::ipc::writer::StreamWriter;
use arrow::json::writer::{JsonArray, LineDelimited, WriterBuilder};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use comfy_table::{ContentArrangement, Table, presets};
use parquet::arrow::ArrowWriter;

use crate::args::Format;

/// Rows that a table shows; machine formats show all.
const TABLE_ROWS: usize = 1_000;
/// Characters of one cell in a table.
const CELL_CHARS: usize = 200;

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

/// Takes batches one by one and writes them to a file or standard output.
pub(crate) struct Sink {
    writer: FormatWriter,
    rows: usize,
}

type Out = Box<dyn Write + Send>;

enum FormatWriter {
    Table {
        out: Out,
        batches: Vec<RecordBatch>,
        kept: usize,
        schema: SchemaRef,
        width: Option<u16>,
    },
    Ndjson(arrow::json::Writer<Out, LineDelimited>),
    Json(arrow::json::Writer<Out, JsonArray>),
    Csv(Box<arrow::csv::Writer<Out>>),
    Parquet(Box<ArrowWriter<Out>>),
    Arrow(StreamWriter<Out>),
}

impl Sink {
    /// Opens a sink for results of `schema`.
    pub(crate) fn open(format: Format, output: Option<&Path>, schema: SchemaRef) -> Result<Self> {
        let terminal = output.is_none() && std::io::stdout().is_terminal();
        let out: Out = match output {
            Some(path) => Box::new(BufWriter::new(
                File::create(path).with_context(|| format!("cannot write {}", path.display()))?,
            )),
            None => Box::new(BufWriter::new(std::io::stdout())),
        };
        anyhow::ensure!(
            !(terminal && matches!(format, Format::Parquet | Format::Arrow)),
            "this format is binary: give -o FILE or redirect standard output"
        );
        Self::new(format, out, schema, terminal.then(terminal_width).flatten())
    }

    fn new(format: Format, out: Out, schema: SchemaRef, width: Option<u16>) -> Result<Self> {
        let json = || WriterBuilder::new().with_explicit_nulls(true);
        let writer = match format {
            Format::Table => {
                FormatWriter::Table { out, batches: Vec::new(), kept: 0, schema, width }
            }
            Format::Ndjson => FormatWriter::Ndjson(json().build(out)),
            Format::Json => FormatWriter::Json(json().build(out)),
            Format::Csv => {
                let mut writer = CsvWriterBuilder::new().with_header(true).build(out);
                // The header appears for an empty result too.
                writer.write(&flatten(&RecordBatch::new_empty(schema))?)?;
                FormatWriter::Csv(Box::new(writer))
            }
            Format::Parquet => {
                FormatWriter::Parquet(Box::new(ArrowWriter::try_new(out, schema, None)?))
            }
            Format::Arrow => FormatWriter::Arrow(StreamWriter::try_new(out, &schema)?),
        };
        Ok(Self { writer, rows: 0 })
    }

    /// Writes one batch.
    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.rows += batch.num_rows();
        match &mut self.writer {
            FormatWriter::Table { batches, kept, .. } => {
                let room = TABLE_ROWS.saturating_sub(*kept).min(batch.num_rows());
                if room > 0 {
                    batches.push(batch.slice(0, room));
                    *kept += room;
                }
            }
            FormatWriter::Ndjson(writer) => writer.write(batch)?,
            FormatWriter::Json(writer) => writer.write(batch)?,
            FormatWriter::Csv(writer) => writer.write(&flatten(batch)?)?,
            FormatWriter::Parquet(writer) => writer.write(batch)?,
            FormatWriter::Arrow(writer) => writer.write(batch)?,
        }
        Ok(())
    }

    /// Ends the output and returns the number of rows written.
    pub(crate) fn finish(self) -> Result<usize> {
        match self.writer {
            FormatWriter::Table { mut out, batches, schema, width, .. } => {
                write_table(&mut out, &schema, &batches, width, self.rows)?;
                out.flush()?;
            }
            FormatWriter::Ndjson(mut writer) => {
                writer.finish()?;
                writer.into_inner().flush()?;
            }
            FormatWriter::Json(mut writer) => {
                writer.finish()?;
                let mut out = writer.into_inner();
                out.write_all(b"\n")?;
                out.flush()?;
            }
            FormatWriter::Csv(writer) => writer.into_inner().flush()?,
            FormatWriter::Parquet(writer) => writer.into_inner()?.flush()?,
            FormatWriter::Arrow(mut writer) => {
                writer.finish()?;
                writer.into_inner()?.flush()?;
            }
        }
        Ok(self.rows)
    }
}

fn terminal_width() -> Option<u16> {
    Table::new().width()
}

fn write_table(
    out: &mut dyn Write,
    schema: &Schema,
    batches: &[RecordBatch],
    width: Option<u16>,
    rows: usize,
) -> Result<()> {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_FULL_CONDENSED);
    if let Some(width) = width {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    }
    table.set_header(schema.fields().iter().map(|field| field.name().clone()));
    let options = FormatOptions::default().with_display_error(true).with_null("");
    for batch in batches {
        let cells = batch
            .columns()
            .iter()
            .map(|column| ArrayFormatter::try_new(column.as_ref(), &options))
            .collect::<Result<Vec<_>, _>>()?;
        for row in 0..batch.num_rows() {
            table.add_row(cells.iter().map(|cell| shorten(&cell.value(row).to_string())));
        }
    }
    for (at, field) in schema.fields().iter().enumerate() {
        if field.data_type().is_numeric()
            && let Some(column) = table.column_mut(at)
        {
            column.set_cell_alignment(comfy_table::CellAlignment::Right);
        }
    }
    writeln!(out, "{table}")?;
    let shown: usize = batches.iter().map(RecordBatch::num_rows).sum();
    if shown < rows {
        writeln!(out, "{rows} rows, the first {shown} shown; use --format ndjson for all")?;
    }
    Ok(())
}

/// Cuts a long cell and keeps it on one line, so that a table stays a table.
fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(CELL_CHARS).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short.replace(['\n', '\r', '\t'], " ")
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
