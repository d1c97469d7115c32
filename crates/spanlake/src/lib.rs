//! The embedded analytical store for LLM traces, as services link it.
//!
//! ```text
//! bytes ─▶ ingest ─▶ redact ─▶ store (durable, then visible) ─▶ query ─▶ quality (report)
//! ```
//!
//! Invariants
//! - What `ingest` returned from survives a crash, once (`tests/it/pipeline.rs`).
//! - Nothing is written unredacted under a redacting policy (`tests/it/planted.rs`).
//!
//! ```no_run
//! # async fn example() -> spanlake::Result<()> {
//! let lake = spanlake::Spanlake::open("traces").await?;
//! lake.ingest("app", std::fs::read("spans.otlp.pb").unwrap_or_default()).await?;
//! for batch in lake.query("select prompt_version, count(*) from llm_calls group by 1").await? {
//!     println!("{} rows", batch.num_rows());
//! }
//! lake.close().await
//! # }
//! ```

mod actor;
mod alerts;
pub mod config;
pub mod demo;
mod erase;
mod error;
mod evaluate;
mod ingest;
mod open;
mod privacy;
pub mod prompts;
mod questions;
mod registry;
mod report;
mod showcase;

use std::sync::Arc;

use arrow::array::RecordBatch;
use parking_lot::RwLock;
use spanlake_ingest::IngestContext;
use spanlake_model::Clock;
use spanlake_query::{QueryStream, Session};
use spanlake_redact::Redactor;
use spanlake_store::{MaintainOptions, MaintainReport, Store};

pub use actor::actor;
pub use alerts::{CheckedAlerts, FoundRule, ReadyRule};
pub use arrow;
pub use config::Config;
pub use error::{Error, Result};
pub use evaluate::EvaluationSummary;
pub use ingest::{IngestSummary, Request};
pub use open::Builder;
pub use privacy::{KEY_VARIABLE, redactor};
pub use questions::QuestionNote;
pub use registry::parse_prices;
pub use report::{WeeklyFiles, WeeklyOptions};
pub use showcase::{DemoSummary, Step, demo_into};
pub use {
    spanlake_ingest as ingestion, spanlake_model as model, spanlake_quality as quality,
    spanlake_query as query, spanlake_redact as redact, spanlake_store as store,
};

/// An open store: traces in, SQL and reports out. Cheap to clone; all clones are one store.
#[derive(Clone)]
pub struct Spanlake {
    store: Arc<Store>,
    session: Arc<Session>,
    redactor: Arc<Redactor>,
    /// The same policy with keys that are no longer in use: their pseudonyms stand in the store.
    retired: Vec<Arc<Redactor>>,
    context: Arc<RwLock<IngestContext>>,
    clock: Arc<dyn Clock>,
}

impl Spanlake {
    /// Opens a store with default settings, creating it where there is none.
    ///
    /// `url` is a folder, or `file://`, `s3://`, `gs://`, `az://`.
    ///
    /// # Errors
    /// When the place cannot be used or another writer holds the store.
    pub async fn open(url: &str) -> Result<Self> {
        Self::builder(url).open().await
    }

    /// Returns a builder for a store with settings of one's own.
    pub fn builder(url: &str) -> Builder {
        Builder::new(url)
    }

    /// Runs a statement and streams its rows; dropping the stream cancels it.
    ///
    /// # Errors
    /// When the statement is not valid, with the place in it and the nearest name.
    pub async fn sql(&self, statement: &str) -> Result<QueryStream> {
        Ok(self.session.sql(statement).await?)
    }

    /// Runs a statement and collects its rows.
    ///
    /// # Errors
    /// When the statement is not valid, fails, or meets a limit.
    pub async fn query(&self, statement: &str) -> Result<Vec<RecordBatch>> {
        Ok(self.session.collect(statement).await?)
    }

    /// Returns the SQL session: catalog, functions, traces as trees.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Returns the store: flush, maintenance, checks.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Returns the redactor in force.
    pub fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// Flushes, merges small files, drops expired days and deletes what nothing needs. Something
    /// for a quiet hour, beside reading and writing.
    ///
    /// # Errors
    /// When a step fails; the store is as good as before.
    pub async fn maintain(&self) -> Result<MaintainReport> {
        Ok(self.store.maintain(MaintainOptions::default()).await?)
    }

    /// Flushes what is buffered and ends the writer.
    ///
    /// # Errors
    /// When the flush fails; the rows stay in the log and are there at the next open.
    pub async fn close(self) -> Result<()> {
        let Self { store, session, .. } = self;
        drop(session);
        Ok(store.close().await?)
    }
}

impl std::fmt::Debug for Spanlake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Spanlake").field("store", &self.store).finish_non_exhaustive()
    }
}
