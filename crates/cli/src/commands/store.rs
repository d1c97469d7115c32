//! `spanlake store`.

use anyhow::Result;
use tokio::runtime::Runtime;

use super::{config, open, open_read_only};
use crate::Outcome;
use crate::args::{Global, StoreCommand};

pub(super) fn run(global: &Global, command: StoreCommand, runtime: &Runtime) -> Result<Outcome> {
    runtime.block_on(async {
        match command {
            StoreCommand::Info => info(global).await,
            StoreCommand::Check => check(global).await,
            StoreCommand::Maintain(args) => maintain(global, args.dry_run).await,
        }
    })
}
