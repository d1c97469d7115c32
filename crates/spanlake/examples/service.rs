//! A service that keeps its own traces: `cargo run --release -p spanlake --example service -- DIR`.
//!
//! Stores every OTLP body of `testdata/otlp`, asks which models were called, and closes.

use futures::StreamExt as _;
use spanlake::Spanlake;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "service-traces".to_owned());
    let lake = Spanlake::open(&folder).await?;

    // In a service the body comes from its own exporter; `ingest` returns once it is durable.
    let body = std::fs::read("testdata/otlp/genai-openai-1.3b0/multi_turn_session.otlp.pb")?;
    let summary = lake.ingest("my-service", body).await?;
    eprintln!("{} spans stored, {} rejected", summary.spans, summary.rejected);

    let mut rows = lake
        .sql("select response_model, count(*) as calls, sum(cost_usd) as usd from llm_calls group by 1")
        .await?;
    while let Some(batch) = rows.next().await {
        eprintln!("{}", arrow::util::pretty::pretty_format_batches(&[batch?])?);
    }
    lake.close().await?;
    Ok(())
}
