//! `spanlake report`.

use anyhow::Result;
use spanlake::WeeklyOptions;

use super::{as_of, config, open_read_only};
use crate::Outcome;
use crate::args::{Global, ReportCommand};
use crate::interrupt::Executor;
use crate::output::say;
use crate::progress::spinner;

pub(super) fn run(global: &Global, command: ReportCommand, executor: &Executor) -> Result<Outcome> {
    let ReportCommand::Weekly(args) = command;
    let config = config(global)?;
    let options = WeeklyOptions {
        as_of: as_of(global)?,
        time_zone: args.time_zone.or_else(|| config.time_zone.clone()),
    };
    executor.run("no report was written", async {
        let lake = open_read_only(global, config).await?;
        let bar = spinner("comparing the week with the one before", global.quiet);
        let files = lake.write_weekly_report(&options, &args.out).await?;
        bar.finish_and_clear();
        if !global.quiet {
            say!("{}", files.verdict)?;
            say!("{}", files.html.display())?;
        }
        Ok(Outcome::Done)
    })
}
