//! A service that keeps the traces of its own model calls.
//!
//! ```sh
//! cargo run --release -p spanlake --example service -- service-traces testdata/otlp
//! ```
//!
//! It stores the OTLP bodies of a folder as if its exporter had sent them, maintains the store
//! beside that, answers a question about them, and stops when it is done or on Ctrl-C. What it
//! acknowledged is there afterwards, however it ended.

use std::path::{Path, PathBuf};
use std::time::Duration;

use spanlake::arrow::util::pretty::pretty_format_batches;
use spanlake::{Config, Error, IngestSummary, Spanlake};
use tokio::task::JoinHandle;

type Result<T, E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let store = arguments.next().unwrap_or_else(|| "service-traces".to_owned());
    let bodies = arguments.next().unwrap_or_else(|| "testdata/otlp".to_owned());
    let service = Service::start(&store).await?;
    // Ctrl-C drops the work, not the service: it still closes in order.
    let outcome = tokio::select! {
        outcome = work(&service, Path::new(&bodies)) => outcome,
        _ = tokio::signal::ctrl_c() => Ok("interrupted".to_owned()),
    };
    service.stop().await?;
    eprintln!("{}", outcome?);
    Ok(())
}

/// What the service is there for.
pub(crate) async fn work(service: &Service, bodies: &Path) -> Result<String> {
    for path in files(bodies)? {
        let summary = service.export(&path.to_string_lossy(), &std::fs::read(&path)?).await?;
        for problem in &summary.messages {
            // Rejected input is no error: it is counted, and a row of `ingest_errors`.
            eprintln!("{problem}");
        }
    }
    service.calls_by_model().await
}

/// A store and what runs beside it.
pub(crate) struct Service {
    lake: Spanlake,
    upkeep: JoinHandle<()>,
}

impl Service {
    pub(crate) async fn start(store: &str) -> Result<Self> {
        // `Config::read` takes the same settings from spanlake.toml.
        let mut config = Config::default();
        config.keys.tenant = vec!["app.tenant".to_owned()];
        config.retention.payload_days = 14;
        let lake = Spanlake::builder(store).config(config).open().await?;
        let upkeep = tokio::spawn(keep_up(lake.clone()));
        Ok(Self { lake, upkeep })
    }

    /// Takes a body as an OTLP exporter sends it; answers when it is durable.
    async fn export(&self, source: &str, body: &[u8]) -> Result<IngestSummary, Error> {
        let mut wait = Duration::from_millis(100);
        loop {
            match self.lake.ingest(source, body.to_vec()).await {
                // A span that was stored twice is seen once: trying again is safe.
                Err(error) if error.is_retryable() && wait < Duration::from_secs(10) => {
                    tokio::time::sleep(wait).await;
                    wait *= 2;
                }
                ended => return ended,
            }
        }
    }

    /// Asks in SQL, and sees everything acknowledged so far.
    async fn calls_by_model(&self) -> Result<String> {
        let statement = "select coalesce(response_model, request_model) as model, \
                         count(*) as calls, sum(input_tokens) as input_tokens, \
                         round(sum(cost_usd), 6) as usd \
                         from llm_calls group by 1 order by calls desc, model";
        let batches = self.lake.query(statement).await?;
        Ok(pretty_format_batches(&batches)?.to_string())
    }

    /// Flushes and gives the store to the next writer.
    pub(crate) async fn stop(self) -> Result<()> {
        self.upkeep.abort();
        Ok(self.lake.close().await?)
    }
}

/// Merges small files and drops expired days, once an hour.
async fn keep_up(lake: Spanlake) {
    let mut ticks = tokio::time::interval(Duration::from_hours(1));
    loop {
        ticks.tick().await;
        if let Err(error) = lake.maintain().await {
            // The store stays as it was; the next round tries again.
            eprintln!("maintenance: {error}");
        }
    }
}

/// Finds the bodies under a folder, in order of their names.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else if path.to_string_lossy().contains(".otlp.") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
