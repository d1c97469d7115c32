//! `spanlake sql`.

use std::io::{IsTerminal as _, Read as _};
use std::path::Path;

use anyhow::{Context as _, Result};
use arrow::array::RecordBatch;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use futures::StreamExt as _;
use spanlake::Spanlake;
use tokio::runtime::Runtime;

use super::{config, open_read_only};
use crate::args::{Format, Global, SqlArgs};
use crate::output::{Sink, choose_format};
use crate::{Outcome, shell};

pub(super) fn run(global: &Global, args: &SqlArgs, runtime: &Runtime) -> Result<Outcome> {
    let format = choose_format(global.format, args.output.as_deref());
    let statement = match (&args.command, &args.file) {
        (Some(statement), _) => Some(statement.clone()),
        (None, Some(path)) => Some(read_statement(path)?),
        (None, None) if !std::io::stdin().is_terminal() => Some(read_stdin()?),
        (None, None) => None,
    };
    let lake = runtime.block_on(async { open_read_only(global, config(global)?).await })?;
    let Some(statement) = statement else {
        shell::run(&lake, runtime, format)?;
        return Ok(Outcome::Done);
    };
    runtime.block_on(async {
        tokio::select! {
            result = run_statement(&lake, &statement, format, args.output.as_deref(), false) => {
                result.map(|_| ())
            }
            _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!("cancelled")),
        }
    })?;
    Ok(Outcome::Done)
}

fn read_statement(path: &Path) -> Result<String> {
    if path.as_os_str() == "-" {
        return read_stdin();
    }
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

fn read_stdin() -> Result<String> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).context("cannot read standard input")?;
    Ok(text)
}

/// Runs one statement, writes its rows as they come and returns how many there were.
pub(crate) async fn run_statement(
    lake: &Spanlake,
    statement: &str,
    format: Format,
    output: Option<&Path>,
    expanded: bool,
) -> Result<usize> {
    let mut rows = lake.sql(statement).await?;
    if expanded && format == Format::Table && output.is_none() {
        let mut count = 0;
        while let Some(batch) = rows.next().await {
            let batch = batch?;
            print_expanded(&batch, count)?;
            count += batch.num_rows();
        }
        return Ok(count);
    }
    let mut sink = Sink::open(format, output, rows.schema())?;
    while let Some(batch) = rows.next().await {
        sink.write(&batch?)?;
    }
    sink.finish()
}

/// Shows rows one column a line.
fn print_expanded(batch: &RecordBatch, before: usize) -> Result<()> {
    let options = FormatOptions::default().with_display_error(true).with_null("");
    let schema = batch.schema();
    let width = schema.fields().iter().map(|field| field.name().len()).max().unwrap_or(0);
    let cells = batch
        .columns()
        .iter()
        .map(|column| ArrayFormatter::try_new(column.as_ref(), &options))
        .collect::<Result<Vec<_>, _>>()?;
    for row in 0..batch.num_rows() {
        println!("─[ row {} ]", before + row + 1);
        for (field, cell) in schema.fields().iter().zip(&cells) {
            println!("{:width$} │ {}", field.name(), cell.value(row));
        }
    }
    Ok(())
}
