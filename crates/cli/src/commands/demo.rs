//! `spanlake demo`.

use anyhow::{Context as _, Result, bail};
use spanlake::Step;
use spanlake::demo::{DemoOptions, FaultSet};

use super::config;
use super::sql::run_statement;
use crate::Outcome;
use crate::args::{DemoArgs, Format, Global};
use crate::interrupt::Executor;
use crate::output::say;
use crate::progress::count_bar;

/// What a stranger looks at first.
const QUALITY: &str = "select prompt_name as prompt, prompt_version as version, calls, \
    round(100 * parse_failure_rate, 1) as parse_failure_pct, \
    round(faithfulness, 3) as faithfulness, round(citation_validity, 3) as citations_valid, \
    round(1000 * cost_per_call_usd, 3) as usd_per_1000_calls, \
    round(latency_p95_ms) as latency_p95_ms \
    from prompt_quality order by prompt_name, min(first_call) over (partition by prompt_name, \
    prompt_version)";

pub(super) fn run(global: &Global, args: &DemoArgs, executor: &Executor) -> Result<Outcome> {
    let mut options =
        DemoOptions { traces: args.traces, seed: args.seed, ..DemoOptions::default() };
    options.faults = FaultSet::parse(&args.faults)?;
    if let Some(end) = &args.end {
        options.end = chrono::NaiveDate::parse_from_str(end, "%Y-%m-%d")
            .with_context(|| format!("--end {end}: give a date like 2026-06-29"))?;
    }
    prepare(args)?;
    let note = format!("{} is incomplete: run the demo again with --force", args.dir.display());
    executor.run(&note, async {
        let bar = count_bar(0, global.quiet);
        let summary =
            spanlake::demo_into(&args.dir, config(global)?, options, |step, done, total| {
                bar.set_message(match step {
                    Step::Ingest => "storing a month of traffic",
                    Step::Compact => "compacting",
                    Step::Evaluate => "judging answers",
                    Step::Report => "writing the weekly report",
                });
                bar.set_length(total);
                bar.set_position(done);
            })
            .await?;
        bar.finish_and_clear();
        let lake = spanlake::Spanlake::builder(&summary.store.to_string_lossy())
            .read_only()
            .open()
            .await?;
        if !global.quiet {
            run_statement(&lake, QUALITY, Format::Table, None, false).await?;
            say!("\n{summary}")?;
        }
        Ok(Outcome::Done)
    })
}

/// Makes room: refuses to touch a folder that a demo did not make.
fn prepare(args: &DemoArgs) -> Result<()> {
    let dir = &args.dir;
    let empty =
        !dir.exists() || std::fs::read_dir(dir).is_ok_and(|mut inside| inside.next().is_none());
    if empty {
        return Ok(());
    }
    if !dir.join("faults.json").exists() && !dir.join("store").join("_store").exists() {
        bail!("{} is not empty and not a demo's: choose another folder", dir.display());
    }
    if !args.force {
        bail!("{} holds an earlier demo: give --force to replace it", dir.display());
    }
    for inside in ["store", "report"] {
        let path = dir.join(inside);
        if path.exists() {
            std::fs::remove_dir_all(&path)
                .with_context(|| format!("cannot remove {}", path.display()))?;
        }
    }
    Ok(())
}
