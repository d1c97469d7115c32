//! Measurements of the store: `cargo run --release -p spanlake-benches -- --help`.

#![expect(clippy::print_stdout, reason = "a benchmark's result is what it prints")]

mod compact;
mod erase;
mod open;
mod overload;
mod phase;
mod producers;
mod rows;
mod slow;
mod trace;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[cfg(not(target_env = "msvc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Measures the store on this machine. Each command makes its own data and says how much it was.
#[derive(Debug, Parser)]
#[command(name = "spanlake-benches", max_term_width = 100)]
struct Args {
    #[command(subcommand)]
    command: Command,
    /// Folder for the data, kept afterwards, and used again where it is there [default: a temporary one]
    #[arg(long, global = true, value_name = "DIR", env = phase::DIR)]
    dir: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Durable ingest of OTLP bodies by several producers: rate, and how long an acknowledgement takes
    Producers(producers::Options),
    /// Producers that offer more than the machine can take, for minutes: memory, nothing lost
    Overload(overload::Options),
    /// Merging the small files of one date
    Compact(compact::Options),
    /// Opening a store of many files
    Open(open::Options),
    /// One trace by its id among many, warm and cold, from the disk and through an S3 server
    Trace(trace::Options),
    /// Erasing one user among many
    Erase(erase::Options),
}

fn main() -> Result<()> {
    let args = Args::parse();
    let temporary = tempfile::tempdir()?;
    let dir = args.dir.as_deref().unwrap_or(temporary.path());
    std::fs::create_dir_all(dir)?;
    let phase = phase::Phase::new(dir);
    match &args.command {
        Command::Producers(options) => producers::run(&phase, options),
        Command::Overload(options) => overload::run(&phase, options),
        Command::Compact(options) => compact::run(&phase, options),
        Command::Open(options) => open::run(&phase, options),
        Command::Trace(options) => trace::run(&phase, options),
        Command::Erase(options) => erase::run(&phase, options),
    }
}
