//! `spanlake prices`.

use anyhow::{Context as _, Result};
use spanlake::model::Rows;

use super::{config, open, open_read_only};
use crate::Outcome;
use crate::args::{Global, PricesCommand};
use crate::interrupt::Executor;
use crate::output::{say, write_batch};

pub(super) fn run(global: &Global, command: PricesCommand, executor: &Executor) -> Result<Outcome> {
    executor.run("nothing was changed, or all of it", async {
        match command {
            PricesCommand::List => list(global).await?,
            PricesCommand::Import { file } => {
                let text = std::fs::read_to_string(&file)
                    .with_context(|| format!("cannot read {}", file.display()))?;
                let rows =
                    spanlake::parse_prices(&text).with_context(|| file.display().to_string())?;
                let lake = open(global, config(global)?).await?;
                let count = rows.len();
                lake.add_prices(rows).await?;
                lake.close().await?;
                if !global.quiet {
                    say!("{count} prices stored; spans stored from now on are priced with them")?;
                }
            }
        }
        Ok(Outcome::Done)
    })
}

async fn list(global: &Global) -> Result<()> {
    let lake = open_read_only(global, config(global)?).await?;
    lake.load_registry().await?;
    let batch = Rows::ModelPrices(lake.prices()).to_batch()?;
    let wanted = ["provider", "model", "token_class", "valid_from", "usd_per_million"];
    let columns = wanted.iter().filter_map(|name| batch.schema().index_of(name).ok());
    let batch = batch.project(&columns.collect::<Vec<_>>())?;
    write_batch(global.format, &batch)
}
