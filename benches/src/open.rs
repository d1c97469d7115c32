//! Opening a store of many files.

use std::time::Instant;

use anyhow::Result;
use clap::Args;

use crate::compact::data_files;
use crate::phase::{self, Phase};
use crate::rows::{self, Shape};

/// How many files.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Files of spans
    #[arg(long, default_value_t = 10_000)]
    files: u64,
}

/// Dates that a flush writes a file each of.
const DAYS: u64 = 100;

pub(crate) fn run(phase: &Phase<'_>, options: &Options) -> Result<()> {
    match phase.name.as_str() {
        "build" => phase::block_on(build(phase, options.files)),
        "open" => phase::block_on(measure(phase)),
        _ => {
            if !phase.store().exists() {
                phase.spawn("build")?;
            }
            (0..3).try_for_each(|_| phase.spawn("open"))
        }
    }
}

async fn build(phase: &Phase<'_>, files: u64) -> Result<()> {
    let shape = Shape { spans: 2, days: DAYS, users: 1_000, payload_bytes: 0 };
    let lake = phase::open(&phase.store()).await?;
    for flush in 0..files.div_ceil(DAYS) {
        rows::append(&lake, shape, flush * DAYS * 5..(flush + 1) * DAYS * 5, DAYS * 5).await?;
        lake.store().flush().await?;
    }
    lake.close().await?;
    let (files, bytes) = data_files(&phase.store())?;
    println!("written: {files} files, {:.0} MB", bytes as f64 / 1e6);
    Ok(())
}

async fn measure(phase: &Phase<'_>) -> Result<()> {
    let cold = phase::forget_files();
    let state = if cold { "cold" } else { "warm" };
    for read_only in [false, true] {
        let builder =
            spanlake::Spanlake::builder(&phase.store().to_string_lossy()).config(phase::settings());
        let start = Instant::now();
        let lake = if read_only { builder.read_only() } else { builder }.open().await?;
        let opened = start.elapsed().as_secs_f64();
        lake.query("select count(*) from spans where start_time > now()").await?;
        println!(
            "opened to {} ({}) in {:.0} ms, first answer after {:.0} ms",
            if read_only { "read" } else { "write" },
            if read_only { "warm" } else { state },
            opened * 1e3,
            start.elapsed().as_secs_f64() * 1e3
        );
        lake.close().await?;
    }
    Ok(())
}
