//! `spanlake ingest`.

use std::fs::File;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use spanlake::{IngestSummary, Spanlake};
use tokio::runtime::Runtime;

use super::{config, open};
use crate::Outcome;
use crate::args::{Format, Global, IngestArgs};
use crate::progress::bytes_bar;

pub(super) fn run(global: &Global, args: IngestArgs, runtime: &Runtime) -> Result<Outcome> {
    let mut config = config(global)?;
    if args.redaction.is_some() {
        config.redaction = args.redaction;
    }
    let inputs = inputs(&args.paths)?;
    let summary = runtime.block_on(async {
        let lake = open(global, config).await?;
        // Rows acknowledged before an error or Ctrl-C stay; the log holds them.
        let result = tokio::select! {
            result = ingest(&lake, &inputs, global.quiet) => result,
            _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!("interrupted; what was acknowledged is stored")),
        };
        let closed = lake.close().await;
        let summary = result?;
        closed?;
        Ok::<_, anyhow::Error>(summary)
    })?;
    show(global, &summary)?;
    Ok(if summary.has_problems() { Outcome::WithFindings } else { Outcome::Done })
}

async fn ingest(lake: &Spanlake, inputs: &[Input], quiet: bool) -> Result<IngestSummary> {
    let total = inputs.iter().map(|input| input.bytes).sum::<Option<u64>>();
    let bar = bytes_bar(total, quiet);
    let mut summary = IngestSummary::default();
    for input in inputs {
        bar.set_message(input.name.clone());
        let read = match &input.path {
            None => lake.ingest_reader(&input.name, bar.wrap_read(std::io::stdin())).await,
            Some(path) => match File::open(path) {
                Ok(file) => lake.ingest_reader(&input.name, bar.wrap_read(file)).await,
                // The other files are still stored.
                Err(error) => {
                    eprintln!("{}: cannot open: {error}", input.name);
                    lake.ingest_unreadable(&input.name, error).await
                }
            },
        };
        summary.add(read?);
    }
    bar.finish_and_clear();
    Ok(summary)
}

/// One thing to read.
#[derive(Debug)]
struct Input {
    name: String,
    /// `None` is standard input.
    path: Option<PathBuf>,
    /// Size, where known.
    bytes: Option<u64>,
}

/// Finds every file: folders are walked in order of names, hidden files are left out.
fn inputs(paths: &[PathBuf]) -> Result<Vec<Input>> {
    let mut found = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            if std::io::stdin().is_terminal() {
                bail!("standard input is a terminal: pipe a body into it");
            }
            found.push(Input { name: "stdin".to_owned(), path: None, bytes: None });
        } else if path.is_dir() {
            walk(path, &mut found)?;
        } else {
            found.push(file(path.clone())?);
        }
    }
    if found.is_empty() {
        bail!("no files found to ingest");
    }
    Ok(found)
}

fn file(path: PathBuf) -> Result<Input> {
    let size =
        std::fs::metadata(&path).with_context(|| format!("cannot read {}", path.display()))?.len();
    Ok(Input { name: path.display().to_string(), path: Some(path), bytes: Some(size) })
}

fn walk(folder: &Path, found: &mut Vec<Input>) -> Result<()> {
    let unreadable = || format!("cannot read {}", folder.display());
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .with_context(unreadable)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()
        .with_context(unreadable)?;
    entries.sort();
    for path in entries {
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if hidden {
            continue;
        }
        // A link to a folder could lead in a circle.
        if path.is_dir() && !path.is_symlink() {
            walk(&path, found)?;
        } else if path.is_file() {
            found.push(file(path)?);
        }
    }
    Ok(())
}

fn show(global: &Global, summary: &IngestSummary) -> Result<()> {
    for message in &summary.messages {
        eprintln!("{message}");
    }
    let problems: u64 = summary.problems.values().sum();
    if problems > summary.messages.len() as u64 {
        eprintln!(
            "… and {} more: select * from ingest_errors",
            problems - summary.messages.len() as u64
        );
    }
    match global.format {
        Some(Format::Json) => println!("{}", serde_json::to_string_pretty(summary)?),
        Some(Format::Ndjson) => println!("{}", serde_json::to_string(summary)?),
        _ if global.quiet => {}
        _ => println!(
            "{} spans and {} evals stored from {} bodies ({} bytes); {} of {} log records ignored; {} rejected",
            summary.spans,
            summary.evals,
            summary.requests,
            summary.bytes,
            summary.ignored_log_records,
            summary.log_records,
            summary.rejected
        ),
    }
    Ok(())
}
