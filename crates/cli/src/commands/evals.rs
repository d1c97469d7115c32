//! `spanlake evals`.

use anyhow::Result;

use super::{config, open};
use crate::Outcome;
use crate::args::{EvalsCommand, Global};
use crate::interrupt::Executor;
use crate::output::say;
use crate::progress::count_bar;

pub(super) fn run(global: &Global, command: EvalsCommand, executor: &Executor) -> Result<Outcome> {
    let EvalsCommand::Run = command;
    executor.run("verdicts stored so far stay, the next run judges the rest", async {
        let lake = open(global, config(global)?).await?;
        let bar = count_bar(0, global.quiet);
        bar.set_message("judging answers");
        let summary = lake
            .evaluate(|done, total| {
                bar.set_length(total);
                bar.set_position(done);
            })
            .await?;
        bar.finish_and_clear();
        lake.close().await?;
        if !global.quiet {
            say!("{summary}")?;
        }
        Ok(Outcome::Done)
    })
}
