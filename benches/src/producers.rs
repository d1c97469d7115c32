//! Ingest by several producers at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use bytes::Bytes;
use clap::Args;
use spanlake::demo::{Demo, DemoOptions};
use spanlake_benches::Samples;

use crate::phase::{self, Phase};

/// What is sent and by how many.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Traces sent, about five spans each
    #[arg(long, default_value_t = 20_000)]
    traces: u64,
    /// Numbers of producers, each a measurement of its own
    #[arg(long, value_delimiter = ',', default_value = "1,4,16")]
    producers: Vec<usize>,
}

pub(crate) fn run(phase: &Phase<'_>, options: &Options) -> Result<()> {
    if let Ok(producers) = phase.name.parse() {
        return phase::block_on(measure(phase, options.traces, producers));
    }
    for producers in &options.producers {
        phase.spawn(&producers.to_string())?;
    }
    Ok(())
}

async fn measure(phase: &Phase<'_>, traces: u64, producers: usize) -> Result<()> {
    let demo = Demo::new(DemoOptions { traces, ..DemoOptions::default() });
    let bodies: Arc<Vec<Bytes>> =
        Arc::new(demo.requests().map(|request| Bytes::from(request.body)).collect());
    let store = phase.dir.join(format!("store-{producers}"));
    if store.exists() {
        std::fs::remove_dir_all(&store)?;
    }
    let lake = phase::open(&store).await?;
    let next = Arc::new(AtomicUsize::new(0));
    let start = Instant::now();
    let tasks: Vec<_> = (0..producers)
        .map(|_| {
            let (lake, bodies, next) = (lake.clone(), Arc::clone(&bodies), Arc::clone(&next));
            tokio::spawn(async move {
                let (mut taken, mut spans) = (Vec::new(), 0);
                while let Some(body) = bodies.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let sent = Instant::now();
                    spans += lake.ingest("bench", body.clone()).await?.spans;
                    taken.push(sent.elapsed());
                }
                anyhow::Ok((taken, spans))
            })
        })
        .collect();
    let (mut taken, mut spans): (Vec<Duration>, u64) = (Vec::new(), 0);
    for task in tasks {
        let (of_one, its) = task.await??;
        taken.extend(of_one);
        spans += its;
    }
    let seconds = start.elapsed().as_secs_f64();
    let bytes: usize = bodies.iter().map(Bytes::len).sum();
    let samples = Samples::new(taken);
    println!(
        "{producers:2} producers: {spans} spans, {:.0} MB in {} bodies: {:.0} spans/s, {:.1} MB/s; \
         acknowledged in {:.1} ms (median), {:.1} ms (p99)",
        bytes as f64 / 1e6,
        bodies.len(),
        spans as f64 / seconds,
        bytes as f64 / 1e6 / seconds,
        samples.quantile_ms(0.5),
        samples.quantile_ms(0.99),
    );
    lake.close().await?;
    Ok(())
}
