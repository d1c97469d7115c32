//! The `spanlake` command: arguments, terminal and progress on top of the `spanlake` library.

mod args;
mod commands;
mod interrupt;
mod output;
mod progress;
mod shell;

use std::io::IsTerminal as _;
use std::process::ExitCode;

use clap::Parser as _;

use crate::args::Args;
use crate::interrupt::Interrupted;

#[cfg(not(target_env = "msvc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// How a command ended; becomes the exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Everything was done: 0.
    Done,
    /// Done, but input was rejected or a check failed: 2.
    WithFindings,
}

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // A reader that closed early cannot be told.
            let _ = error.print();
            // Clap's 2 would say that the work was done.
            return if error.use_stderr() { ExitCode::from(1) } else { ExitCode::SUCCESS };
        }
    };
    init_logging(args.global.quiet);
    match commands::run(args) {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::WithFindings) => ExitCode::from(2),
        Err(_) if output::reader_has_left() => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("spanlake: {}", message(&error));
            ExitCode::from(if error.is::<Interrupted>() { interrupt::EXIT_STATUS } else { 1 })
        }
    }
}

/// Returns an error and its causes; what a cause only repeats is left out.
pub(crate) fn message(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain() {
        let cause = cause.to_string();
        if text.is_empty() {
            text = cause;
        } else if !text.contains(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
    }
    text
}

fn init_logging(quiet: bool) {
    // The Delta kernel calls the absence of a table an error; the store looks for tables that way.
    let default = if quiet { "error,buoyant_kernel=off" } else { "warn,buoyant_kernel=off" };
    let filter = tracing_subscriber::EnvFilter::try_from_env("SPANLAKE_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(default));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
}

#[cfg(test)]
mod tests {
    use anyhow::{Context as _, anyhow};

    use super::*;

    #[test]
    fn a_cause_is_told_once() {
        let error = Err::<(), _>(anyhow!("no space left"))
            .context("Io error: no space left")
            .context("cannot write x.csv")
            .unwrap_err();
        assert_eq!(message(&error), "cannot write x.csv: Io error: no space left");
    }
}
