//! Erasing one user among many.

use std::time::Instant;

use anyhow::{Result, bail};
use clap::Args;
use spanlake::store::{MaintainOptions, SubjectKind};

use crate::phase::{self, Phase};
use crate::rows::{self, Shape};

/// Among how many.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Spans in the store
    #[arg(long, default_value_t = 1_000_000)]
    spans: u64,
    /// Users whose spans these are
    #[arg(long, default_value_t = 10_000)]
    users: u64,
}

const SPANS: u64 = 8;

pub(crate) fn run(phase: &Phase<'_>, options: &Options) -> Result<()> {
    let shape = Shape { spans: SPANS, days: 30, users: options.users, payload_bytes: 1_000 };
    match phase.name.as_str() {
        "build" => phase::block_on(build(phase, options.spans, shape)),
        "erase" => phase::block_on(erase(phase, shape)),
        _ => {
            if !phase.store().exists() {
                phase.spawn("build")?;
            }
            phase.spawn("erase")
        }
    }
}

async fn build(phase: &Phase<'_>, spans: u64, shape: Shape) -> Result<()> {
    let lake = phase::open(&phase.store()).await?;
    rows::append(&lake, shape, 0..spans.div_ceil(SPANS), 500).await?;
    lake.store().maintain(MaintainOptions::default()).await?;
    lake.close().await?;
    Ok(())
}

async fn erase(phase: &Phase<'_>, shape: Shape) -> Result<()> {
    let lake = phase::open(&phase.store()).await?;
    // Another one each time the folder is used again.
    let mut number = 0;
    let receipt = loop {
        number += 1;
        let start = Instant::now();
        let receipt = lake.erase(SubjectKind::User, &rows::user(number, shape)).await?;
        if receipt.rows() > 0 {
            println!("erased in {:.1} s", start.elapsed().as_secs_f64());
            break receipt;
        }
    };
    println!(
        "  {} rows of {} traces; {} files of {:.0} MB searched, {} cells, {} compressed blocks, {} left",
        receipt.rows(),
        receipt.traces,
        receipt.search.files,
        receipt.search.bytes as f64 / 1e6,
        receipt.search.cells,
        receipt.search.zstd_frames,
        receipt.search.survivors.len()
    );
    if !receipt.is_clean() {
        bail!("{:?} is left", receipt.search.survivors);
    }
    lake.close().await?;
    Ok(())
}
