//! The whole pipeline on the demo's traffic: durable ingest, then the questions people ask most.
//!
//! Ingest and the queries run in processes of their own, so that each one's peak memory is its own.

#![expect(clippy::print_stdout, reason = "a benchmark's result is what it prints")]

use std::fs::File;
use std::io::{BufReader, BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use arrow::array::cast::AsArray as _;
use arrow::array::types::Int64Type;
use spanlake::demo::{Demo, DemoOptions};
use spanlake::{Config, Request, Spanlake};
use spanlake_benches::{measure, peak_resident_bytes};

#[cfg(not(target_env = "msvc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Traces whose spans come to a little over a million.
const TRACES: u64 = 200_000;
const RUNS: usize = 21;
/// What is stored of the quality of each prompt version, over all model calls.
const QUALITY: &str = "select prompt_name, prompt_version, calls, parse_failure_rate, \
    parse_failure_low, parse_failure_high, refusal_rate, faithfulness, faithfulness_n, \
    faithfulness_coverage, citation_validity, citation_n from prompt_quality";

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.iter().position(|argument| argument == "--stage") {
        None => run_all(),
        Some(at) => {
            let stage = arguments.get(at + 1).context("a stage")?;
            let dir = Path::new(arguments.get(at + 2).context("a folder")?);
            let runtime = tokio::runtime::Runtime::new()?;
            match stage.as_str() {
                "generate" => generate(dir),
                "ingest" => runtime.block_on(ingest(dir)),
                "query" => runtime.block_on(query(dir)),
                other => bail!("unknown stage {other}"),
            }
        }
    }
}

fn run_all() -> Result<()> {
    let kept = std::env::var_os("SPANLAKE_BENCH_DIR").map(PathBuf::from);
    let temporary = tempfile::tempdir()?;
    let dir = kept.as_deref().unwrap_or(temporary.path());
    std::fs::create_dir_all(dir)?;
    let built = dir.join("store");
    for stage in ["generate", "ingest", "query"] {
        if stage != "query" && built.exists() {
            continue;
        }
        let status =
            Command::new(std::env::current_exe()?).arg("--stage").arg(stage).arg(dir).status()?;
        if !status.success() {
            bail!("stage {stage} failed");
        }
    }
    Ok(())
}

fn traces() -> u64 {
    std::env::var("SPANLAKE_BENCH_TRACES").ok().and_then(|text| text.parse().ok()).unwrap_or(TRACES)
}

/// Writes the demo's request bodies to one file, each behind its length.
fn generate(dir: &Path) -> Result<()> {
    let mut out = BufWriter::new(File::create(dir.join("requests"))?);
    let (mut requests, mut bytes) = (0_u64, 0_u64);
    for request in Demo::new(DemoOptions { traces: traces(), ..DemoOptions::default() }).requests()
    {
        out.write_all(&(request.body.len() as u32).to_le_bytes())?;
        out.write_all(&request.body)?;
        requests += 1;
        bytes += request.body.len() as u64;
    }
    out.flush()?;
    println!("input: {} traces, {requests} OTLP bodies, {:.1} MB", traces(), bytes as f64 / 1e6);
    Ok(())
}

fn bodies(path: &Path) -> Result<impl Iterator<Item = spanlake::Result<Request>>> {
    let mut file = BufReader::with_capacity(1 << 20, File::open(path)?);
    Ok(std::iter::from_fn(move || {
        let mut length = [0; 4];
        file.read_exact(&mut length).ok()?;
        let mut body = vec![0; u32::from_le_bytes(length) as usize];
        file.read_exact(&mut body).ok()?;
        Some(Ok(Request { source: "bench".to_owned(), body: body.into(), received: None }))
    }))
}

async fn ingest(dir: &Path) -> Result<()> {
    let store = dir.join("store");
    let mut config = Config::default();
    // The demo's month lies in the past.
    config.retention.payload_days = 0;
    config.retention.metadata_days = 0;
    let lake = Spanlake::builder(&store.to_string_lossy()).config(config).open().await?;
    let start = Instant::now();
    let summary = lake.ingest_all(futures::stream::iter(bodies(&dir.join("requests"))?)).await?;
    let acknowledged = start.elapsed().as_secs_f64();
    lake.store().flush().await?;
    let flushed = start.elapsed().as_secs_f64();
    let rate = |seconds: f64| {
        format!(
            "{:.0} spans/s, {:.1} MB/s",
            summary.spans as f64 / seconds,
            summary.bytes as f64 / 1e6 / seconds
        )
    };
    println!(
        "ingest, acknowledged: {} spans in {acknowledged:.1} s, {}",
        summary.spans,
        rate(acknowledged)
    );
    println!("ingest, in Parquet:   {flushed:.1} s, {}", rate(flushed));
    if let Some(peak) = peak_resident_bytes() {
        println!("ingest, peak memory:  {:.0} MB resident", peak as f64 / 1e6);
    }
    let start = Instant::now();
    lake.store().maintain(spanlake::store::MaintainOptions::default()).await?;
    println!("maintain:             {:.1} s", start.elapsed().as_secs_f64());
    let start = Instant::now();
    lake.evaluate(|_, _| ()).await?;
    println!("judge answers:        {:.1} s", start.elapsed().as_secs_f64());
    lake.store().maintain(spanlake::store::MaintainOptions::default()).await?;
    lake.close().await?;
    Ok(())
}

async fn query(dir: &Path) -> Result<()> {
    let store = dir.join("store");
    let lake = Spanlake::builder(&store.to_string_lossy()).read_only().open().await?;
    let count = lake.query("select count(*) from spans").await?;
    let spans =
        count.first().map_or(0, |batch| batch.column(0).as_primitive::<Int64Type>().value(0));
    println!("store: {spans} spans");
    let one = lake.query("select trace_id, prompt_name, tenant_id from spans where kind = 'llm' and prompt_name is not null order by start_time, trace_id limit 1 offset 5000").await?;
    let cell = |column: usize| {
        one.first().map_or("", |batch| batch.column(column).as_string_view().value(0)).to_owned()
    };
    let (trace, prompt, tenant) = (cell(0), cell(1), cell(2));
    for (name, statement) in [
        ("one trace by id", format!("select * from trace('{trace}')")),
        (
            "last 50 of a prompt and tenant",
            format!(
                "select trace_id, span_id, start_time, prompt_version, output_preview from spans \
                 where prompt_name = '{prompt}' and tenant_id = '{tenant}' order by start_time desc limit 50"
            ),
        ),
        ("stored quality by prompt version", QUALITY.to_owned()),
        ("all of prompt_quality", "select * from prompt_quality".to_owned()),
        ("count by kind", "select kind, count(*) from spans group by kind".to_owned()),
        ("one payload by span", format!("select * from payloads where trace_id = '{trace}'")),
    ] {
        let samples = measure(RUNS, || {
            tokio::task::block_in_place(|| {
                tokio::runtime::Handle::current()
                    .block_on(lake.query(&statement))
                    .map(drop)
                    .map_err(anyhow::Error::from)
            })
        })?;
        println!(
            "{name:34} median {:7.1} ms, worst of {RUNS} {:7.1} ms",
            samples.quantile_ms(0.5),
            samples.quantile_ms(1.0)
        );
    }
    if let Some(peak) = peak_resident_bytes() {
        println!("queries, peak memory: {:.0} MB resident", peak as f64 / 1e6);
    }
    Ok(())
}
