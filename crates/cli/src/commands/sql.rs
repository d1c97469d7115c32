//! `spanlake sql`.

use std::io::{IsTerminal as _, Read as _};
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use futures::StreamExt as _;
use spanlake::Spanlake;

use super::{config, open_read_only};
use crate::args::{Format, Global, SqlArgs};
use crate::interrupt::Executor;
use crate::output::{Sink, choose_format};
use crate::shell::statement;
use crate::{Outcome, shell};

/// Whether people will type statements.
pub(super) fn is_shell(args: &SqlArgs) -> bool {
    args.command.is_none() && args.file.is_none() && std::io::stdin().is_terminal()
}

pub(super) fn run(global: &Global, args: &SqlArgs, executor: &Executor) -> Result<Outcome> {
    let format = choose_format(global.format, args.output.as_deref());
    let text = match (&args.command, &args.file) {
        (Some(text), _) => Some(text.clone()),
        (None, Some(path)) => Some(read_statements(path)?),
        (None, None) if is_shell(args) => None,
        (None, None) => Some(read_stdin()?),
    };
    let opening = async { open_read_only(global, config(global)?).await };
    let lake = executor.run("nothing was read", opening)?;
    match text {
        Some(text) => executor.run("the statement was cancelled", async {
            run_all(&lake, &text, format, args.output.as_deref()).await
        })?,
        None => shell::run(&lake, executor, format)?,
    }
    Ok(Outcome::Done)
}

fn read_statements(path: &Path) -> Result<String> {
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

/// Runs every statement of a text in turn, until one fails.
async fn run_all(lake: &Spanlake, text: &str, format: Format, output: Option<&Path>) -> Result<()> {
    let statements = statement::split(text);
    ensure!(!statements.is_empty(), "no statement given");
    let mut results = 0;
    for statement in statements {
        let statement = statement::in_place(text, statement);
        let rows = lake.sql(&statement).await?;
        // SET and the like have no result.
        results += usize::from(!rows.schema().fields().is_empty());
        ensure!(
            results <= 1
                || !(output.is_some() || matches!(format, Format::Parquet | Format::Arrow)),
            "one file holds one result: this is the second; give -o and binary formats one query"
        );
        write_rows(rows, format, output, false).await?;
    }
    Ok(())
}

/// Runs one statement, writes its rows as they come and returns how many there were; `None` when
/// it has no result.
pub(crate) async fn run_statement(
    lake: &Spanlake,
    statement: &str,
    format: Format,
    output: Option<&Path>,
    expanded: bool,
) -> Result<Option<usize>> {
    let rows = lake.sql(statement).await?;
    write_rows(rows, format, output, expanded).await
}

async fn write_rows(
    mut rows: spanlake::query::QueryStream,
    format: Format,
    output: Option<&Path>,
    expanded: bool,
) -> Result<Option<usize>> {
    if rows.schema().fields().is_empty() {
        while let Some(batch) = rows.next().await {
            batch?;
        }
        return Ok(None);
    }
    let mut sink = Sink::open(format, output, rows.schema(), expanded)?;
    while let Some(batch) = rows.next().await {
        sink.write(&batch?)?;
    }
    sink.finish().map(Some)
}
