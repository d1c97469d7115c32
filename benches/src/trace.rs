//! One trace by its id among many.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use clap::Args;
use spanlake::Spanlake;
use spanlake::store::MaintainOptions;
use spanlake_benches::Samples;

use crate::phase::{self, Phase};
use crate::rows::{self, Shape};
use crate::slow;

/// Among how many.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Spans in the store
    #[arg(long, default_value_t = 10_000_000)]
    spans: u64,
    /// Address of an S3 server that serves the folder's sub-folders as buckets, as `s3s-fs DIR` does
    /// (cargo install s3s-fs --features binary) [default: the disk only]
    #[arg(long, value_name = "HOST:PORT")]
    s3: Option<String>,
    /// Milliseconds that are added to each answer of the S3 server
    #[arg(long, default_value_t = 30)]
    latency_ms: u64,
    /// Traces read, each once
    #[arg(long, default_value_t = 21)]
    runs: u64,
}

const SPANS: u64 = 10;

pub(crate) fn run(phase: &Phase<'_>, options: &Options) -> Result<()> {
    match phase.name.as_str() {
        "build" => phase::block_on(build(phase, options.spans)),
        "local" => phase::block_on(local(phase, options)),
        "s3" => phase::block_on(remote(phase, options)),
        _ => {
            if !phase.store().exists() {
                phase.spawn("build")?;
            }
            phase.spawn("local")?;
            if options.s3.is_some() { phase.spawn("s3") } else { Ok(()) }
        }
    }
}

async fn build(phase: &Phase<'_>, spans: u64) -> Result<()> {
    let shape = Shape { spans: SPANS, days: 30, users: 10_000, payload_bytes: 0 };
    let lake = phase::open(&phase.store()).await?;
    let start = Instant::now();
    rows::append(&lake, shape, 0..spans / SPANS, 500).await?;
    lake.store().maintain(MaintainOptions::default()).await?;
    lake.close().await?;
    println!("written: {spans} spans in {:.0} s", start.elapsed().as_secs_f64());
    Ok(())
}

async fn local(phase: &Phase<'_>, options: &Options) -> Result<()> {
    let cold = phase::forget_files();
    let builder = Spanlake::builder(&phase.store().to_string_lossy()).config(phase::settings());
    let place = if cold { "disk, nothing of it in memory" } else { "disk" };
    measure(place, builder, options).await
}

async fn remote(phase: &Phase<'_>, options: &Options) -> Result<()> {
    let server = options.s3.clone().context("--s3 names the server")?;
    let latency = Duration::from_millis(options.latency_ms);
    let endpoint = slow::in_front_of(server, latency).await?;
    let url = format!("s3://{}", phase.store().file_name().context("a folder")?.to_string_lossy());
    let builder = Spanlake::builder(&url).config(phase::settings());
    // Read by this process only, before it starts a thread of its own.
    println!("S3 at {endpoint}, {} ms added to each answer", options.latency_ms);
    measure("S3", builder, options).await
}

async fn measure(place: &str, builder: spanlake::Builder, options: &Options) -> Result<()> {
    let start = Instant::now();
    let lake = builder.read_only().open().await?;
    let mut taken = Vec::new();
    let traces = options.spans / SPANS;
    for run in 0..options.runs {
        let id = rows::trace_id(run * 7919 % traces);
        let begun = Instant::now();
        let read = lake.query(&format!("select * from trace('{id}')")).await?;
        let found: usize = read.iter().map(arrow::array::RecordBatch::num_rows).sum();
        anyhow::ensure!(found as u64 == SPANS, "trace {id} has {found} spans");
        taken.push(begun.elapsed());
        if run == 0 {
            println!(
                "{place}: first trace {:.0} ms after the start, {:.0} ms after opening",
                start.elapsed().as_secs_f64() * 1e3,
                taken.first().context("one")?.as_secs_f64() * 1e3
            );
        }
    }
    let samples = Samples::new(taken.split_off(1));
    println!(
        "  {} more: median {:.1} ms, worst {:.1} ms",
        options.runs - 1,
        samples.quantile_ms(0.5),
        samples.quantile_ms(1.0)
    );
    lake.close().await?;
    Ok(())
}
