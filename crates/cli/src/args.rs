//! The command line, as the documentation of its parts.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

mod alerts;
mod ask;
mod prompts;

pub(crate) use alerts::{AckArgs, AlertsCommand, NewArgs, ReplayArgs, ResolveArgs, RulesArgs};
pub(crate) use ask::AskArgs;
pub(crate) use prompts::{
    ApproveArgs, PromptsCommand, PushArgs, ReleaseArgs, RollbackArgs, VersionArgs,
};

/// The embedded analytical store for LLM traces.
#[derive(Debug, Parser)]
#[command(name = "spanlake", version, max_term_width = 100, propagate_version = true)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options that mean the same everywhere.
#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Global {
    /// Where the store is: a folder, or file://, s3://, gs://, az:// [default: `store` in spanlake.toml, else ./spanlake-store]
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "SPANLAKE_STORE",
        help_heading = "Global"
    )]
    pub(crate) store: Option<String>,
    /// Settings file [default: ./spanlake.toml where there is one]
    #[arg(long, global = true, value_name = "FILE", help_heading = "Global")]
    pub(crate) config: Option<PathBuf>,
    /// How results are written [default: table on a terminal and for short results, else by the -o file's ending]
    #[arg(long, global = true, value_enum, help_heading = "Global")]
    pub(crate) format: Option<Format>,
    /// Say nothing but results and errors
    #[arg(long, short, global = true, help_heading = "Global")]
    pub(crate) quiet: bool,
    /// Look at the store as of this time (RFC 3339 or a date) [default: now, or the newest data for reports]
    #[arg(long, global = true, value_name = "TIME", help_heading = "Global")]
    pub(crate) as_of: Option<String>,
}

/// A form of results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Columns aligned for reading
    Table,
    /// One JSON object a line
    Ndjson,
    /// One JSON array of objects
    Json,
    /// Comma-separated values with a header
    Csv,
    /// A Parquet file
    Parquet,
    /// An Arrow IPC stream
    Arrow,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a month of example traffic with planted faults, store it and report on it
    Demo(DemoArgs),
    /// Store spans from OTLP bodies, OTLP/JSON or JSON lines
    Ingest(IngestArgs),
    /// Ask the store in SQL; without -c or -f an interactive shell
    Sql(SqlArgs),
    /// Answer one of the stored questions: what is live, what failed, what drives cost
    Ask(AskArgs),
    /// Show one trace as a tree
    Trace(TraceArgs),
    /// Write a quality report
    #[command(subcommand)]
    Report(ReportCommand),
    /// Register, approve, release and roll back prompt versions
    #[command(subcommand)]
    Prompts(PromptsCommand),
    /// Rules that say when somebody has to act, who, and how
    #[command(subcommand)]
    Alerts(AlertsCommand),
    /// Judge stored answers
    #[command(subcommand)]
    Evals(EvalsCommand),
    /// Try the redaction policy
    #[command(subcommand)]
    Redact(RedactCommand),
    /// Look after the store
    #[command(subcommand)]
    Store(StoreCommand),
    /// Model prices
    #[command(subcommand)]
    Prices(PricesCommand),
}

/// Arguments of `demo`.
#[derive(Debug, ClapArgs)]
pub(crate) struct DemoArgs {
    /// Folder for the store, the report and the list of planted faults
    #[arg(default_value = "spanlake-demo")]
    pub(crate) dir: PathBuf,
    /// How many traces
    #[arg(long, default_value_t = 20_000)]
    pub(crate) traces: u64,
    /// Seed; the same seed makes the same bytes
    #[arg(long, default_value_t = 42)]
    pub(crate) seed: u64,
    /// First day after the month of traffic, UTC [default: 2026-06-29]
    #[arg(long, value_name = "DATE")]
    pub(crate) end: Option<String>,
    /// all, none, or a comma-separated list
    #[arg(long, default_value = "all", value_name = "LIST")]
    pub(crate) faults: String,
    /// Replace what an earlier demo left in the folder
    #[arg(long)]
    pub(crate) force: bool,
}

/// Arguments of `ingest`.
#[derive(Debug, ClapArgs)]
pub(crate) struct IngestArgs {
    /// Files or folders; - is standard input
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// default, none, or a policy file; fixed when the store is created
    #[arg(long, value_name = "POLICY")]
    pub(crate) redaction: Option<String>,
}

/// Arguments of `sql`.
#[derive(Debug, ClapArgs)]
pub(crate) struct SqlArgs {
    /// The statement; several are separated by semicolons
    #[arg(short = 'c', long = "command", value_name = "SQL", conflicts_with = "file")]
    pub(crate) command: Option<String>,
    /// A file with statements; - is standard input
    #[arg(short, long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// Write the result here instead of standard output; its ending chooses the format
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// Arguments of `trace`.
#[derive(Debug, ClapArgs)]
pub(crate) struct TraceArgs {
    /// The trace id, 32 hexadecimal digits, or its first ones where they are enough
    pub(crate) trace_id: String,
    /// Show the content too: messages, documents, tool arguments and results
    #[arg(long)]
    pub(crate) content: bool,
}

/// Reports.
#[derive(Debug, Subcommand)]
pub(crate) enum ReportCommand {
    /// The last complete ISO week: what got better, what got worse, and why
    Weekly(WeeklyArgs),
}

/// Arguments of `report weekly`.
#[derive(Debug, ClapArgs)]
pub(crate) struct WeeklyArgs {
    /// Folder for report.html, report.md and report.json
    #[arg(long, value_name = "DIR", default_value = "report")]
    pub(crate) out: PathBuf,
    /// Time zone that weeks and days are counted in (Europe/Berlin) [default: `time_zone` in spanlake.toml, else UTC]
    #[arg(long, value_name = "ZONE")]
    pub(crate) time_zone: Option<String>,
}

/// Evaluations.
#[derive(Clone, Copy, Debug, Subcommand)]
pub(crate) enum EvalsCommand {
    /// Compute faithfulness and citation validity for stored answers that have none
    Run,
}

/// Redaction.
#[derive(Debug, Subcommand)]
pub(crate) enum RedactCommand {
    /// Show what the policy does to the text on standard input
    Test(RedactTestArgs),
}

/// Arguments of `redact test`.
#[derive(Debug, ClapArgs)]
pub(crate) struct RedactTestArgs {
    /// default, or a policy file
    #[arg(long, value_name = "POLICY")]
    pub(crate) redaction: Option<String>,
}

/// Care of the store.
#[derive(Debug, Subcommand)]
pub(crate) enum StoreCommand {
    /// Tables, rows, bytes, policy, versions
    Info,
    /// Hold files, logs, statistics and the write-ahead log against each other
    Check(CheckArgs),
    /// Flush, compact, expire, clean up
    Maintain(MaintainArgs),
    /// Erase everything of a user, a session, a tenant or a trace, for good
    Erase(EraseArgs),
    /// Copy the store, also while others write to it
    Backup {
        /// Where to: a folder or URL without a store
        #[arg(value_name = "DEST")]
        dest: String,
    },
    /// Make the store of a backup; there may be none yet
    Restore {
        /// Where the backup is
        #[arg(value_name = "SRC")]
        src: String,
    },
}

/// Arguments of `store check`.
#[derive(Debug, ClapArgs)]
pub(crate) struct CheckArgs {
    /// Put right what can be put right without a backup; rows that cannot be read are given up
    #[arg(long)]
    pub(crate) repair: bool,
}

/// Arguments of `store erase`.
#[derive(Debug, ClapArgs)]
pub(crate) struct EraseArgs {
    #[command(flatten)]
    pub(crate) subject: SubjectArgs,
    /// Write what was done, and what a search through all that is left has found, to this file as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) receipt: Option<PathBuf>,
    /// Say what would be erased, and erase nothing
    #[arg(long, conflicts_with = "receipt")]
    pub(crate) dry_run: bool,
}

/// Whom to erase: one of them.
#[derive(Debug, ClapArgs)]
#[group(required = true, multiple = false)]
pub(crate) struct SubjectArgs {
    /// A person, by the user id as it was sent or as it stands in the store
    #[arg(long, value_name = "ID")]
    pub(crate) user: Option<String>,
    /// A session
    #[arg(long, value_name = "ID")]
    pub(crate) session: Option<String>,
    /// A tenant
    #[arg(long, value_name = "ID")]
    pub(crate) tenant: Option<String>,
    /// A trace
    #[arg(long, value_name = "ID")]
    pub(crate) trace: Option<String>,
}

/// Arguments of `store maintain`.
#[derive(Debug, ClapArgs)]
#[group(required = true, multiple = false)]
pub(crate) struct MaintainArgs {
    /// One round, then end
    #[arg(long)]
    pub(crate) once: bool,
    /// One round after another until Ctrl-C, this long apart: 90s, 15m, 6h
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(crate) every: Option<Duration>,
}

/// Reads a number with its unit.
fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text} is no duration: give 90s, 15m or 6h");
    let unit = text.chars().next_back().ok_or_else(wrong)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        _ => return Err(wrong()),
    };
    let number: u64 = text.trim_end_matches(unit).parse().map_err(|_| wrong())?;
    let seconds = number.checked_mul(seconds).filter(|seconds| *seconds > 0).ok_or_else(wrong)?;
    Ok(Duration::from_secs(seconds))
}

/// Prices.
#[derive(Debug, Subcommand)]
pub(crate) enum PricesCommand {
    /// Show the prices in force: shipped ones and the store's own
    List,
    /// Add dated prices from a CSV file with a provider, model, token class, date and US dollars per million tokens a line
    Import {
        /// The CSV file
        file: PathBuf,
    },
}
