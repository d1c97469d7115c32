//! Producers that offer more than the machine can take.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use arrow::array::cast::AsArray as _;
use arrow::array::types::Int64Type;
use bytes::Bytes;
use clap::Args;
use spanlake::demo::{Demo, DemoOptions};
use spanlake_benches::{Samples, peak_resident_bytes};
use tokio::sync::{Mutex, mpsc};

use crate::phase::{self, Phase};

/// How long and how much.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Seconds of overload
    #[arg(long, default_value_t = 600)]
    seconds: u64,
    /// How many times the measured rate is offered
    #[arg(long, default_value_t = 3.0)]
    times: f64,
    /// Resident memory in MiB that must suffice
    #[arg(long, default_value_t = 512)]
    limit_mib: u64,
    /// Buffered MiB at which rows are flushed
    #[arg(long, default_value_t = 16)]
    flush_mib: usize,
    /// Requests that wait for their acknowledgement at a time, as of that many clients
    #[arg(long, default_value_t = 32)]
    clients: usize,
}

/// Traces made at a time, each time with another seed.
const TRACES: u64 = 2_000;

pub(crate) fn run(_: &Phase<'_>, options: &Options) -> Result<()> {
    let folder = tempfile::tempdir()?;
    phase::block_on(measure(folder.path(), options))
}

/// Hands out bodies of ever new traces.
fn bodies(seed: u64) -> Vec<Bytes> {
    let demo = Demo::new(DemoOptions { traces: TRACES, seed, ..DemoOptions::default() });
    demo.requests().map(|request| Bytes::from(request.body)).collect()
}

async fn measure(folder: &std::path::Path, options: &Options) -> Result<()> {
    let mut config = phase::settings();
    config.write.flush_bytes = options.flush_mib << 20;
    let store = folder.join("store");
    let lake = spanlake::Spanlake::builder(&store.to_string_lossy())
        .config(config)
        .maintain_every(Duration::from_mins(1))
        .open()
        .await?;
    let acknowledged = Arc::new(AtomicU64::new(0));
    let (offer, offered) = mpsc::channel::<Bytes>(1);
    let offered = Arc::new(Mutex::new(offered));
    let clients: Vec<_> = (0..options.clients)
        .map(|_| {
            let (lake, offered) = (lake.clone(), Arc::clone(&offered));
            let acknowledged = Arc::clone(&acknowledged);
            tokio::spawn(async move {
                let mut taken = Vec::new();
                loop {
                    let body = offered.lock().await.recv().await;
                    let Some(body) = body else { return anyhow::Ok(taken) };
                    let sent = Instant::now();
                    let spans = lake.ingest("bench", body).await?.spans;
                    acknowledged.fetch_add(spans, Ordering::Relaxed);
                    taken.push(sent.elapsed());
                }
            })
        })
        .collect();
    // As fast as it goes first: the rate that can be sustained.
    let mut seed = 1;
    let warm = Duration::from_secs((options.seconds / 10).clamp(5, 30));
    let start = Instant::now();
    let mut bytes = 0_usize;
    while start.elapsed() < warm {
        for body in bodies(seed) {
            bytes += body.len();
            offer.send(body).await?;
        }
        seed += 1;
    }
    let sustained = bytes as f64 / start.elapsed().as_secs_f64();
    println!(
        "sustained: {:.1} MB/s, {} spans",
        sustained / 1e6,
        acknowledged.load(Ordering::Relaxed)
    );
    // Then bodies fall due at a multiple of it; one that finds no client free waits, and is late.
    let start = Instant::now();
    let (mut due, mut late) = (0.0, Duration::ZERO);
    while start.elapsed() < Duration::from_secs(options.seconds) {
        for body in bodies(seed) {
            let at = Duration::from_secs_f64(due / (sustained * options.times));
            tokio::time::sleep(at.saturating_sub(start.elapsed())).await;
            due += body.len() as f64;
            offer.send(body).await?;
            late = late.max(start.elapsed().saturating_sub(at));
        }
        seed += 1;
    }
    drop(offer);
    let mut taken = Vec::new();
    for client in clients {
        taken.extend(client.await??);
    }
    let samples = Samples::new(taken);
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "offered at {:.1} times: {:.1} MB/s taken in {seconds:.0} s, the last body {:.0} s late; \
         acknowledged in {:.0} ms (median), {:.0} ms (p99)",
        options.times,
        due / 1e6 / seconds,
        late.as_secs_f64(),
        samples.quantile_ms(0.5),
        samples.quantile_ms(0.99),
    );
    let peak = peak_resident_bytes().unwrap_or(0) >> 20;
    let acknowledged = acknowledged.load(Ordering::Relaxed);
    lake.close().await?;
    let lake = spanlake::Spanlake::builder(&store.to_string_lossy()).read_only().open().await?;
    let counted = lake.query("select count(*) from spans").await?;
    let counted =
        counted.first().map_or(0, |batch| batch.column(0).as_primitive::<Int64Type>().value(0));
    println!("acknowledged {acknowledged} spans, stored {counted}; peak {peak} MiB resident");
    if u64::try_from(counted)? != acknowledged {
        bail!("{acknowledged} spans were acknowledged, {counted} are stored");
    }
    if peak > options.limit_mib {
        bail!("{peak} MiB were resident, {} are allowed", options.limit_mib);
    }
    lake.close().await?;
    Ok(())
}
