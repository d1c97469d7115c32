//! Measures durable appends: `cargo run --release -p spanlake-store --example wal_rate -- DIR`.
//!
//! Prints a line for 1, 16 and 256 concurrent appenders of frames with 100 spans each: appends and
//! rows a second, frames in a group, and the acknowledgement's latency.

#![expect(clippy::print_stdout, reason = "a program that prints")]

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use spanlake_model::{Micros, Rows, SpanRow};
use spanlake_store::wal::{EncodedFrame, Wal, WalOptions};

const ROWS: usize = 100;
const SECONDS: u64 = 3;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Box<dyn Error>> {
    let dir = std::env::args_os().nth(1).ok_or("usage: wal_rate DIR")?;
    let frame = EncodedFrame::encode(&spans())?;
    println!("frame: {ROWS} spans, {} bytes", frame.len_bytes());
    for appenders in [1, 16, 256] {
        let dir = Path::new(&dir).join(format!("{appenders}"));
        let (wal, _) = Wal::open(&dir, &BTreeMap::new(), WalOptions::default())?;
        measure(Arc::new(wal), appenders, &frame).await?;
    }
    Ok(())
}

async fn measure(
    wal: Arc<Wal>,
    appenders: usize,
    frame: &EncodedFrame,
) -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    let tasks: Vec<_> = (0..appenders)
        .map(|_| {
            let (wal, frame) = (Arc::clone(&wal), frame.clone());
            tokio::spawn(async move {
                let mut latencies = Vec::new();
                while start.elapsed() < Duration::from_secs(SECONDS) {
                    let sent = Instant::now();
                    wal.append(vec![frame.clone()]).await?;
                    latencies.push(sent.elapsed());
                }
                Ok::<_, spanlake_store::StoreError>(latencies)
            })
        })
        .collect();
    let mut latencies = Vec::new();
    for task in tasks {
        latencies.extend(task.await??);
    }
    let rate = latencies.len() as f64 / start.elapsed().as_secs_f64();
    latencies.sort_unstable();
    let at = |share: f64| {
        let index = (latencies.len() as f64 * share) as usize;
        latencies.get(index).copied().unwrap_or_default().as_secs_f64() * 1e3
    };
    println!(
        "{appenders:>4} appenders: {rate:>8.0} appends/s, {:>10.0} rows/s, {:>5.1} a group, \
         p50 {:.2} ms, p99 {:.2} ms",
        rate * ROWS as f64,
        latencies.len() as f64 / wal.stats().groups as f64,
        at(0.5),
        at(0.99),
    );
    wal.close().await?;
    Ok(())
}

/// Spans as an SDK sends them: same names, ids and numbers of their own.
fn spans() -> Rows {
    let span = |n: usize| SpanRow {
        trace_id: format!("{:032x}", n.wrapping_mul(0x9E37_79B9_7F4A_7C15)),
        span_id: format!("{:016x}", n.wrapping_mul(0xC2B2_AE3D_27D4_EB4F)),
        start_time: Micros(1_795_000_000_000_000 + n as i64 * 1_317),
        name: "chat gpt-4o-mini".into(),
        workflow: Some("support answers".into()),
        request_model: Some("gpt-4o-mini".into()),
        prompt_name: Some("answer".into()),
        prompt_version: Some("14".into()),
        input_tokens: Some(800 + n as i64),
        output_tokens: Some(120 + n as i64 * 3),
        output_preview: Some(format!("The order {n} left the warehouse on Tuesday.")),
        ..SpanRow::default()
    };
    Rows::Spans((0..ROWS).map(span).collect())
}
