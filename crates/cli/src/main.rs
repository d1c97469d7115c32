//! The `spanlake` command: arguments, terminal and progress on top of the `spanlake` library.

#![expect(clippy::print_stdout, reason = "results go to standard output")]

mod args;
mod commands;
mod output;
mod progress;
mod shell;

use std::process::ExitCode;

use clap::Parser as _;

use crate::args::Args;

/// How a command ended; becomes the exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Everything was done: 0.
    Done,
    /// Done, but input was rejected or a check failed: 2.
    WithFindings,
}

fn main() -> ExitCode {
    let args = Args::parse();
    init_logging(args.global.quiet);
    match commands::run(args) {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::WithFindings) => ExitCode::from(2),
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("spanlake: {error:#}");
            ExitCode::from(1)
        }
    }
}

/// A reader that closes early (`| head`) has what it wanted.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<std::io::Error>()
            .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
    })
}

fn init_logging(quiet: bool) {
    // The Delta kernel calls the absence of a table an error; the store looks for tables that way.
    let default = if quiet { "error,buoyant_kernel=off" } else { "warn,buoyant_kernel=off" };
    let filter = tracing_subscriber::EnvFilter::try_from_env("SPANLAKE_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(default));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}
