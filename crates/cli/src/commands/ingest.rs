//! `spanlake ingest`.

mod inputs;

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use spanlake::{IngestSummary, Spanlake};

use self::inputs::{Input, Source};
use super::{config, open};
use crate::Outcome;
use crate::args::{Format, Global, IngestArgs};
use crate::interrupt::{Executor, Interrupted, Stop};
use crate::output::say;
use crate::progress::bytes_bar;

/// How long an interrupted ingest may store what it has read. It takes a second where the disk or
/// bucket answers.
const GRACE: Duration = Duration::from_mins(1);

pub(super) fn run(global: &Global, args: IngestArgs, executor: &Executor) -> Result<Outcome> {
    let mut config = config(global)?;
    if args.redaction.is_some() {
        config.redaction = args.redaction;
    }
    let inputs = inputs::find(&args.paths)?;
    // Filled as parts become durable, so that an error or Ctrl-C leaves the truth behind.
    let stored = Mutex::new(IngestSummary::default());
    let ended = match executor.run_until_interrupted(open(global, config)) {
        Some(Ok(lake)) => ingest_and_close(lake, inputs, global.quiet, &stored, executor),
        Some(Err(error)) => Some(Err(error)),
        None => None,
    };
    let summary = stored.into_inner().unwrap_or_else(PoisonError::into_inner);
    match ended {
        Some(Ok(())) => {
            show(global, &summary)?;
            Ok(if summary.has_problems() { Outcome::WithFindings } else { Outcome::Done })
        }
        // A store that could not be opened has nothing to tell.
        Some(Err(error)) if summary.requests == 0 => Err(error),
        Some(Err(error)) => {
            show(global, &summary)?;
            Err(error.context("stopped early; what is counted above is stored"))
        }
        None => {
            show(global, &summary)?;
            let note = "interrupted; what is counted above is stored, the rest is not";
            Err(Interrupted(note.to_owned()).into())
        }
    }
}

/// Returns `None` when it was interrupted.
fn ingest_and_close(
    lake: Spanlake,
    inputs: Vec<Input>,
    quiet: bool,
    stored: &Mutex<IngestSummary>,
    executor: &Executor,
) -> Option<Result<()>> {
    let work = async |stop: Stop| ingest(&lake, inputs, quiet, stop, stored).await;
    match executor.run_to_a_stop(GRACE, work) {
        // What is stored is durable; closing only makes files of it.
        Some(Ok(true)) => executor.run_until_interrupted(async { Ok(lake.close().await?) }),
        Some(Ok(false)) => None,
        Some(Err(error)) => Some(Err(error)),
        None => {
            let limit = GRACE.as_secs();
            let note = format!("interrupted, and the store did not take more for {limit} seconds");
            Some(Err(Interrupted(note).into()))
        }
    }
}

/// Returns whether everything was read.
async fn ingest(
    lake: &Spanlake,
    inputs: Vec<Input>,
    quiet: bool,
    mut stop: Stop,
    stored: &Mutex<IngestSummary>,
) -> Result<bool> {
    let add = |part| stored.lock().unwrap_or_else(PoisonError::into_inner).add(part);
    let total = inputs.iter().map(|input| input.bytes).sum::<Option<u64>>();
    let bar = bytes_bar(total, quiet);
    for Input { name, source, .. } in inputs {
        bar.set_message(name.clone());
        let is_whole = match source {
            Source::Stdin => {
                let input = bar.wrap_read(std::io::stdin());
                lake.ingest_reader_until(stop.pressed(), &name, input, add).await?
            }
            Source::File(path) => {
                let file = bar.wrap_read(Later::File(path));
                lake.ingest_reader_until(stop.pressed(), &name, file, add).await?
            }
            Source::Unreadable(error) => {
                add(lake.ingest_unreadable(&name, error).await?);
                true
            }
        };
        if !is_whole {
            return Ok(false);
        }
    }
    bar.finish_and_clear();
    Ok(true)
}

/// A file that is opened when it is first read, on the thread that reads it: a pipe without a
/// writer would hold up everything else.
enum Later {
    File(PathBuf),
    Open(File),
}

impl Read for Later {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        if let Self::File(path) = self {
            *self = Self::Open(File::open(path)?);
        }
        match self {
            Self::Open(file) => file.read(into),
            Self::File(_) => Ok(0),
        }
    }
}

fn show(global: &Global, summary: &IngestSummary) -> Result<()> {
    for message in &summary.messages {
        eprintln!("{message}");
    }
    let problems: u64 = summary.problems.values().sum();
    let told = summary.messages.len() as u64;
    if problems > told {
        eprintln!("… and {} more: select * from ingest_errors", problems - told);
    }
    match global.format {
        Some(Format::Json) => say!("{}", serde_json::to_string_pretty(summary)?),
        Some(Format::Ndjson) => say!("{}", serde_json::to_string(summary)?),
        _ if global.quiet => Ok(()),
        _ => {
            say!(
                "{} spans and {} evals stored from {} bodies ({} bytes); {} of {} log records \
                 ignored; {} rejected",
                summary.spans,
                summary.evals,
                summary.requests,
                summary.bytes,
                summary.ignored_log_records,
                summary.log_records,
                summary.rejected
            )
        }
    }
}
