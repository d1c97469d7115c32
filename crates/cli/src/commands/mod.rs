//! One file per command.

mod alerts;
mod ask;
mod demo;
mod evals;
mod ingest;
mod prices;
mod prompts;
mod redact;
mod report;
pub(crate) mod sql;
mod store;
mod trace;

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use spanlake::model::{Clock, Day, Micros};
use spanlake::{Config, Spanlake};

use crate::Outcome;
use crate::args::{Args, Command, Global};
use crate::interrupt::Executor;

const CONFIG_FILE: &str = "spanlake.toml";
const DEFAULT_STORE: &str = "spanlake-store";

/// Runs the command asked for.
pub(crate) fn run(args: Args) -> Result<Outcome> {
    let global = args.global;
    let is_shell = matches!(&args.command, Command::Sql(args) if sql::is_shell(args));
    let executor = Executor::start(is_shell)?;
    let outcome = match args.command {
        Command::Demo(args) => demo::run(&global, &args, &executor),
        Command::Ingest(args) => ingest::run(&global, args, &executor),
        Command::Sql(args) => sql::run(&global, &args, &executor),
        Command::Alerts(command) => alerts::run(&global, command, &executor),
        Command::Ask(args) => ask::run(&global, args, &executor),
        Command::Trace(args) => trace::run(&global, &args, &executor),
        Command::Report(command) => report::run(&global, command, &executor),
        Command::Prompts(command) => prompts::run(&global, command, &executor),
        Command::Evals(command) => evals::run(&global, command, &executor),
        Command::Redact(command) => redact::run(&global, command),
        Command::Store(command) => store::run(&global, &command, &executor),
        Command::Prices(command) => prices::run(&global, command, &executor),
    };
    executor.end();
    outcome
}

/// Reads the settings: the file given, else `spanlake.toml` here, else the defaults.
fn config(global: &Global) -> Result<Config> {
    let path = global.config.as_deref().unwrap_or(Path::new(CONFIG_FILE));
    if global.config.is_none() && !path.exists() {
        return Ok(Config::default());
    }
    Ok(Config::read(path)?)
}

fn store_url(global: &Global, config: &Config) -> String {
    global
        .store
        .clone()
        // An empty variable is no place.
        .filter(|url| !url.is_empty())
        .or_else(|| config.store.clone())
        .unwrap_or_else(|| DEFAULT_STORE.to_owned())
}

/// Opens the store for writing.
async fn open(global: &Global, config: Config) -> Result<Spanlake> {
    let url = store_url(global, &config);
    let lake = Spanlake::builder(&url).config(config).open().await?;
    if let Some(warning) = lake.redactor().warning()
        && !global.quiet
    {
        eprintln!("warning: {warning}");
    }
    Ok(lake)
}

/// Opens the store for reading: no lock, nothing created.
async fn open_read_only(global: &Global, config: Config) -> Result<Spanlake> {
    let url = store_url(global, &config);
    let mut builder = Spanlake::builder(&url).config(config).read_only();
    if let Some(time) = as_of(global)? {
        builder = builder.clock(Arc::new(FixedClock(time)));
    }
    builder.open().await.map_err(|error| {
        let is_missing =
            matches!(&error, spanlake::Error::Store(spanlake::store::StoreError::Missing { .. }));
        let error = anyhow::Error::from(error);
        if is_missing {
            error.context("nothing to read: run spanlake ingest first, or give another --store")
        } else {
            error
        }
    })
}

/// Reads `--as-of`.
fn as_of(global: &Global) -> Result<Option<Micros>> {
    global.as_of.as_deref().map(|text| time("--as-of", text)).transpose()
}

/// Reads a time: RFC 3339, or a date that means its midnight, UTC.
fn time(option: &str, text: &str) -> Result<Micros> {
    if let Some(day) = Day::parse_iso(text) {
        return Ok(day.start());
    }
    let time = chrono::DateTime::parse_from_rfc3339(text)
        .with_context(|| format!("{option} {text}: give 2026-11-24 or 2026-11-24T08:00:00Z"))?;
    Ok(Micros(time.timestamp_micros()))
}

#[derive(Debug)]
struct FixedClock(Micros);

impl Clock for FixedClock {
    fn now(&self) -> Micros {
        self.0
    }
}
