//! Results as a table that fits the terminal it is read on.

use std::io::Write;

use anyhow::Result;
use arrow::array::{Array as _, RecordBatch, cast::AsArray as _};
use arrow::datatypes::Schema;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// Characters of one cell in a table.
const CELL_CHARS: usize = 200;
/// A column is not cut below this while others are shown: a trace id has 32 characters.
const LEAST_WIDTH: usize = 32;
/// Width of longer texts where not every column is shown.
const TEXT_WIDTH: usize = 20;
/// What stands for what is not shown.
const CUT: &str = "…";

/// Writes batches as one table, cut to `width` columns of a terminal where there is one.
pub(super) fn write(
    out: &mut dyn Write,
    schema: &Schema,
    batches: &[RecordBatch],
    width: Option<usize>,
    rows: usize,
) -> Result<()> {
    if is_plan(schema) {
        return write_plan(out, batches);
    }
    let mut columns = cells(schema, batches)?;
    let fitted = width.map_or_else(|| everything(&columns), |width| fit(&columns, width));
    let mut table = Table::new();
    table.load_preset(presets::UTF8_FULL_CONDENSED);
    table.set_content_arrangement(ContentArrangement::Disabled);
    let shown = rows_of(&mut columns, &fitted);
    let mut shown = shown.into_iter();
    table.set_header(shown.next().unwrap_or_default());
    table.add_rows(shown);
    for (at, column) in fitted.iter().enumerate() {
        if let Slot::Column { at: of, .. } = column
            && schema.field(*of).data_type().is_numeric()
            && let Some(column) = table.column_mut(at)
        {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    writeln!(out, "{table}")?;
    let kept: usize = batches.iter().map(RecordBatch::num_rows).sum();
    if kept < rows {
        writeln!(out, "{rows} rows, the first {kept} shown; use --format ndjson for all")?;
    }
    let all = schema.fields().len();
    if fitted.contains(&Slot::Gap) {
        let some = fitted.len() - 1;
        writeln!(out, "{all} columns, {some} shown; \\x in the shell shows all, one a line")?;
    }
    Ok(())
}

/// A column of cells, the header first.
type Cells = Vec<String>;

/// A place in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slot {
    /// A column and how wide it may be.
    Column { at: usize, width: usize },
    /// Columns that do not fit.
    Gap,
}

fn cells(schema: &Schema, batches: &[RecordBatch]) -> Result<Vec<Cells>> {
    let options = FormatOptions::default().with_display_error(true).with_null("");
    let mut columns: Vec<Cells> =
        schema.fields().iter().map(|field| vec![shorten(field.name())]).collect();
    for batch in batches {
        for (column, values) in columns.iter_mut().zip(batch.columns()) {
            let shown = ArrayFormatter::try_new(values.as_ref(), &options)?;
            column.extend((0..batch.num_rows()).map(|row| shorten(&shown.value(row).to_string())));
        }
    }
    Ok(columns)
}

/// Cuts a long cell and keeps it on one line, so that a table stays a table.
fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(CELL_CHARS).collect();
    if short.len() < text.len() {
        short.push_str(CUT);
    }
    short.replace(|c: char| c.is_control(), " ")
}

fn widths(columns: &[Cells]) -> Vec<usize> {
    let widest = |cells: &Cells| cells.iter().map(|cell| cell.width()).max().unwrap_or(0);
    columns.iter().map(widest).collect()
}

fn everything(columns: &[Cells]) -> Vec<Slot> {
    let slot = |(at, width)| Slot::Column { at, width };
    widths(columns).into_iter().enumerate().map(slot).collect()
}

/// Borders and padding: two spaces and a line for each column, and a line at the end.
const fn frame(columns: usize) -> usize {
    3 * columns + 1
}

/// Chooses columns and their widths: all of them, the widest ones cut; where that would cut them
/// below [`LEAST_WIDTH`], the first and the last ones that fit.
fn fit(columns: &[Cells], terminal: usize) -> Vec<Slot> {
    let widths = widths(columns);
    let total = |cap: usize| widths.iter().map(|width| *width.min(&cap)).sum::<usize>();
    let room = terminal.saturating_sub(frame(widths.len()));
    let natural = |at: usize| widths.get(at).copied().unwrap_or(0);
    let slot = |at: usize, cap: usize| Slot::Column { at, width: natural(at).min(cap) };
    let cap = (LEAST_WIDTH..=CELL_CHARS + 1).rev().find(|cap| total(*cap) <= room);
    if let Some(cap) = cap {
        return (0..widths.len()).map(|at| slot(at, cap)).collect();
    }
    let most = terminal.saturating_sub(frame(2) + 1).max(1);
    let cap = |at: usize| {
        let cap = if natural(at) > LEAST_WIDTH { TEXT_WIDTH } else { LEAST_WIDTH };
        cap.min(most)
    };
    let taken = |at: usize| natural(at).min(cap(at)) + 3;
    let mut room = terminal.saturating_sub(frame(1) + 1);
    let (mut first, mut last) = (0, widths.len());
    // In turn from both ends: what identifies a row stands first, what was computed last.
    while first < last {
        if taken(first) > room {
            break;
        }
        room -= taken(first);
        first += 1;
        if first < last && taken(last - 1) <= room {
            room -= taken(last - 1);
            last -= 1;
        }
    }
    let mut slots: Vec<Slot> = (0..first).map(|at| slot(at, cap(at))).collect();
    if first < last {
        slots.push(Slot::Gap);
    }
    slots.extend((last..widths.len()).map(|at| slot(at, cap(at))));
    slots
}

/// Turns columns into rows of what is shown, the header first.
fn rows_of(columns: &mut [Cells], slots: &[Slot]) -> Vec<Vec<String>> {
    let count = columns.first().map_or(0, Vec::len);
    let mut cell = |slot: &Slot, row: usize| match slot {
        Slot::Gap => CUT.to_owned(),
        Slot::Column { at, width } => columns
            .get_mut(*at)
            .and_then(|column| column.get_mut(row))
            .map_or_else(String::new, |cell| clip(std::mem::take(cell), *width)),
    };
    (0..count).map(|row| slots.iter().map(|slot| cell(slot, row)).collect()).collect()
}

/// Cuts a text to a width in columns of the terminal.
pub(crate) fn clip(text: String, width: usize) -> String {
    if text.width() <= width {
        return text;
    }
    let mut room = width.saturating_sub(1);
    let mut short = String::new();
    for c in text.chars() {
        let wide = c.width().unwrap_or(0);
        if wide > room {
            break;
        }
        room -= wide;
        short.push(c);
    }
    short + CUT
}

/// Whether this is what EXPLAIN gives.
fn is_plan(schema: &Schema) -> bool {
    let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    names == ["plan_type", "plan"]
}

/// Writes plans as the trees they are.
fn write_plan(out: &mut dyn Write, batches: &[RecordBatch]) -> Result<()> {
    for batch in batches {
        let columns: Vec<_> = batch
            .columns()
            .iter()
            .map(|column| arrow::compute::cast(column, &arrow::datatypes::DataType::Utf8))
            .collect::<Result<_, _>>()?;
        let [kind, plan] = columns.as_slice() else { continue };
        let (kind, plan) = (kind.as_string::<i32>(), plan.as_string::<i32>());
        for row in (0..batch.num_rows()).filter(|row| plan.is_valid(*row)) {
            writeln!(out, "{}", kind.value(row))?;
            for line in plan.value(row).lines() {
                writeln!(out, "  {line}")?;
            }
        }
    }
    Ok(())
}

/// Writes rows one column a line; `before` rows came earlier.
pub(crate) fn write_expanded(
    out: &mut dyn Write,
    batch: &RecordBatch,
    before: usize,
) -> Result<()> {
    let options = FormatOptions::default().with_display_error(true).with_null("");
    let schema = batch.schema();
    let width = schema.fields().iter().map(|field| field.name().width()).max().unwrap_or(0);
    let cells = batch
        .columns()
        .iter()
        .map(|column| ArrayFormatter::try_new(column.as_ref(), &options))
        .collect::<Result<Vec<_>, _>>()?;
    for row in 0..batch.num_rows() {
        writeln!(out, "─[ row {} ]", before + row + 1)?;
        for (field, cell) in schema.fields().iter().zip(&cells) {
            let value = harmless(&cell.value(row).to_string());
            let mut lines = value.lines();
            let first = lines.next().unwrap_or_default();
            writeln!(out, "{:width$} │ {first}", field.name())?;
            for line in lines {
                writeln!(out, "{:width$} │ {line}", "")?;
            }
        }
    }
    Ok(())
}

/// Replaces what would steer the terminal; line ends and tabs stay.
pub(crate) fn harmless(text: &str) -> String {
    text.replace(|c: char| c.is_control() && c != '\n' && c != '\t', "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, StringArray};

    use super::*;

    fn wide(columns: usize) -> RecordBatch {
        let column = |n: usize| {
            let values = StringArray::from(vec![format!("value {n}"), "é日本".repeat(9)]);
            (format!("c{n}"), Arc::new(values) as ArrayRef)
        };
        RecordBatch::try_from_iter((0..columns).map(column)).unwrap()
    }

    fn text(batch: &RecordBatch, width: Option<usize>) -> String {
        let mut out = Vec::new();
        let rows = batch.num_rows();
        write(&mut out, &batch.schema(), std::slice::from_ref(batch), width, rows).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        for columns in [1, 2, 3, 7, 40] {
            for width in [40, 80, 100, 250] {
                let shown = text(&wide(columns), Some(width));
                let widest = shown.lines().filter(|line| line.contains(['│', '─'])).map(str::width);
                assert!(widest.max().unwrap() <= width, "{columns} in {width}:\n{shown}");
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let shown = text(&wide(40), Some(80));
        assert!(shown.contains("│ c0 ") && shown.contains("┆ c39 "), "{shown}");
        assert!(shown.contains("┆ … ┆"), "{shown}");
        assert!(shown.contains("40 columns, 3 shown"), "{shown}");
        assert!(!text(&wide(40), None).contains(CUT), "a pipe gets everything");
    }

    #[test]
    fn numbers_stand_right_and_ids_whole() {
        let id = "0123456789abcdef0123456789abcdef";
        let batch = RecordBatch::try_from_iter([
            ("trace_id", Arc::new(StringArray::from(vec![id])) as ArrayRef),
            ("n", Arc::new(Int64Array::from(vec![7])) as ArrayRef),
            ("text", Arc::new(StringArray::from(vec!["x".repeat(300)])) as ArrayRef),
        ])
        .unwrap();
        let shown = text(&batch, Some(90));
        assert!(shown.contains(id) && shown.contains("┆ 7 ┆") && shown.contains(CUT), "{shown}");
    }

    #[test]
    fn plans_are_trees() {
        let batch = RecordBatch::try_from_iter([
            ("plan_type", Arc::new(StringArray::from(vec!["logical_plan"])) as ArrayRef),
            ("plan", Arc::new(StringArray::from(vec!["Filter\n  Scan"])) as ArrayRef),
        ])
        .unwrap();
        assert_eq!(text(&batch, Some(80)), "logical_plan\n  Filter\n    Scan\n");
    }
}
