//! `spanlake store`.

use anyhow::Result;
use tokio::runtime::Runtime;

use super::{config, open, open_read_only};
use crate::Outcome;
use crate::args::{Global, StoreCommand};

pub(super) fn run(global: &Global, command: StoreCommand, runtime: &Runtime) -> Result<Outcome> {
    runtime.block_on(async {
        let _ = (config(global)?, open_read_only, command);
        let lake = open(global, config(global)?).await?;
        lake.store().flush().await?;
        lake.close().await?;
        Ok(Outcome::Done)
    })
}
