//! Merging the small files of one date.

use std::path::Path;
use std::time::Instant;

use anyhow::Result;
use clap::Args;
use spanlake::store::MaintainOptions;

use crate::phase::{self, Phase};
use crate::rows::{self, Shape};

/// How much is merged.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Size of the date's payloads in GiB of Parquet, about
    #[arg(long, default_value_t = 5.0)]
    gib: f64,
}

/// Spans of a trace.
const SPANS: u64 = 8;
/// Text of a payload.
const PAYLOAD_BYTES: usize = 16 << 10;
/// What zstd leaves of random words.
const COMPRESSED: f64 = 0.62;

pub(crate) fn run(phase: &Phase<'_>, options: &Options) -> Result<()> {
    match phase.name.as_str() {
        "build" => phase::block_on(build(phase, options)),
        "merge" => phase::block_on(merge(phase)),
        _ => {
            if !phase.store().exists() {
                phase.spawn("build")?;
            }
            phase.spawn("merge")
        }
    }
}

async fn build(phase: &Phase<'_>, options: &Options) -> Result<()> {
    let bytes = options.gib * f64::from(1 << 30);
    let traces = (bytes / COMPRESSED / (PAYLOAD_BYTES * SPANS as usize) as f64).ceil() as u64;
    let shape = Shape { spans: SPANS, days: 1, users: 1_000, payload_bytes: PAYLOAD_BYTES };
    let lake = phase::open(&phase.store()).await?;
    let start = Instant::now();
    rows::append(&lake, shape, 0..traces, 50).await?;
    lake.close().await?;
    let (files, bytes) = data_files(&phase.store().join("payloads"))?;
    println!(
        "written: {traces} traces, {files} files of payloads, {:.2} GiB, in {:.0} s",
        bytes as f64 / f64::from(1 << 30),
        start.elapsed().as_secs_f64()
    );
    Ok(())
}

async fn merge(phase: &Phase<'_>) -> Result<()> {
    let lake = phase::open(&phase.store()).await?;
    let (files, before) = data_files(&phase.store())?;
    let start = Instant::now();
    let report = lake.store().maintain(MaintainOptions::default()).await?;
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "merged: {} files of {files}, {:.2} GiB in {seconds:.0} s, {:.1} MB/s",
        report.merged_files,
        before as f64 / f64::from(1 << 30),
        before as f64 / 1e6 / seconds
    );
    lake.close().await?;
    Ok(())
}

/// Counts the data files below a folder, and their bytes.
pub(crate) fn data_files(folder: &Path) -> Result<(u64, u64)> {
    let (mut files, mut bytes) = (0, 0);
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            let (more, size) = data_files(&path)?;
            (files, bytes) = (files + more, bytes + size);
        } else if path.extension().is_some_and(|extension| extension == "parquet") {
            (files, bytes) = (files + 1, bytes + path.metadata()?.len());
        }
    }
    Ok((files, bytes))
}
