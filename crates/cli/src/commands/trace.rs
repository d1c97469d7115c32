//! `spanlake trace`.

mod content;
mod tree;

use std::collections::HashMap;
use std::io::{IsTerminal as _, Write as _};

use anyhow::{Result, bail};
use spanlake::Spanlake;
use spanlake::model::{EvalRow, PayloadRow, SpanRow};

use super::sql::run_statement;
use super::{config, open_read_only};
use crate::Outcome;
use crate::args::{Format, Global, TraceArgs};
use crate::interrupt::Executor;
use crate::output::{choose_format, standard_output, terminal_width};

/// The fewest digits that stand for a trace.
const LEAST_DIGITS: usize = 4;
/// Traces listed when several begin alike.
const MAX_LISTED: usize = 10;

pub(super) fn run(global: &Global, args: &TraceArgs, executor: &Executor) -> Result<Outcome> {
    executor.run("nothing was changed", async {
        let lake = open_read_only(global, config(global)?).await?;
        let id = resolve(&lake, &args.trace_id).await?;
        if !matches!(global.format, None | Some(Format::Table)) {
            let format = choose_format(global.format, None);
            let statement =
                format!("select * from spans where trace_id = '{id}' order by start_unix_nano");
            run_statement(&lake, &statement, format, None, false).await?;
            return Ok(Outcome::Done);
        }
        let nodes = lake.session().trace(&id).await?;
        let scores = scores(&lake, &id).await?;
        let terminal = std::io::stdout().is_terminal();
        let width = terminal.then(terminal_width).flatten();
        let mut shown = tree::draw(&nodes, &scores, width, terminal);
        if args.content {
            shown.push_str(&content::show(&nodes, &payloads(&lake, &id).await?, terminal));
        }
        let mut out = standard_output();
        out.write_all(shown.as_bytes())?;
        out.flush()?;
        Ok(Outcome::Done)
    })
}

/// Finds the trace that an id, or its first digits, stand for. What comes back is hexadecimal.
async fn resolve(lake: &Spanlake, given: &str) -> Result<String> {
    let prefix = given.trim().to_ascii_lowercase();
    if !prefix.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        bail!("a trace id has hexadecimal digits only");
    }
    if !(LEAST_DIGITS..=32).contains(&prefix.len()) {
        bail!(
            "a trace id has 32 hexadecimal digits, or at least its first {LEAST_DIGITS}; \
             this one has {}",
            prefix.len()
        );
    }
    // `g` follows every hexadecimal digit.
    let statement = format!(
        "select trace_id, min(start_time) as start_time, \
         coalesce(min(name) filter (where parent_span_id is null), min(name)) as name from spans \
         where trace_id >= '{prefix}' and trace_id < '{prefix}g' group by trace_id order by 2 desc limit {}",
        MAX_LISTED + 1
    );
    let found: Vec<SpanRow> = rows(lake, &statement, SpanRow::read).await?;
    match found.as_slice() {
        [only] => Ok(only.trace_id.clone()),
        [] if prefix.len() == 32 => bail!("no trace {prefix} in this store"),
        [] => bail!("no trace in this store begins with {prefix}"),
        several => {
            let lines = several.iter().take(MAX_LISTED).map(|span| {
                let time = chrono::DateTime::from_timestamp_micros(span.start_time.0);
                let time = time.unwrap_or_default().format("%Y-%m-%d %H:%M:%S");
                format!("\n  {}  {time}  {}", span.trace_id, span.name)
            });
            let more = if several.len() > MAX_LISTED { "\n  …" } else { "" };
            bail!("several traces begin with {prefix}:{}{more}", lines.collect::<String>())
        }
    }
}

/// Reads the scores of a trace's spans, by span id; those of the whole trace under "".
async fn scores(lake: &Spanlake, id: &str) -> Result<HashMap<String, Vec<EvalRow>>> {
    let statement = format!("select * from evals where trace_id = '{id}' order by name, eval_time");
    let mut by_span: HashMap<String, Vec<EvalRow>> = HashMap::new();
    for eval in rows(lake, &statement, EvalRow::read).await? {
        by_span.entry(eval.span_id.clone().unwrap_or_default()).or_default().push(eval);
    }
    Ok(by_span)
}

async fn payloads(lake: &Spanlake, id: &str) -> Result<HashMap<String, PayloadRow>> {
    let statement = format!("select * from payloads where trace_id = '{id}'");
    let found = rows(lake, &statement, PayloadRow::read).await?;
    Ok(found.into_iter().map(|payload| (payload.span_id.clone(), payload)).collect())
}

async fn rows<T>(
    lake: &Spanlake,
    statement: &str,
    read: impl Fn(&arrow::array::RecordBatch, usize) -> T,
) -> Result<Vec<T>> {
    let batches = lake.query(statement).await?;
    let rows = batches.iter().flat_map(|batch| (0..batch.num_rows()).map(move |row| (batch, row)));
    Ok(rows.map(|(batch, row)| read(batch, row)).collect())
}
