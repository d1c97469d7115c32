//! Opening a store.

use std::sync::Arc;
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt as _};
use parking_lot::RwLock;
use spanlake_ingest::{ConfiguredKeys, IngestContext, Limits, TraceSettler};
use spanlake_model::{Clock, SystemClock};
use spanlake_query::{QueryOptions, Session, SnapshotSource};
use spanlake_store::{Snapshot, Store, StoreOptions};

use crate::Spanlake;
use crate::config::Config;
use crate::error::Result;
use crate::{privacy, registry};

/// The newest snapshot of a store: what was acknowledged is seen.
#[derive(Debug)]
struct Newest(Arc<Store>);

impl SnapshotSource for Newest {
    fn snapshot(&self) -> BoxFuture<'_, spanlake_store::Result<Arc<Snapshot>>> {
        self.0.refresh().boxed()
    }
}

/// How a store is opened; see [`Spanlake::builder`].
#[derive(Clone, Debug)]
pub struct Builder {
    url: String,
    config: Config,
    clock: Arc<dyn Clock>,
    read_only: bool,
    maintain_every: Option<Duration>,
}

impl Builder {
    pub(crate) fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            config: Config::default(),
            clock: Arc::new(SystemClock),
            read_only: false,
            maintain_every: None,
        }
    }

    /// Takes settings instead of the defaults.
    #[must_use]
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// Takes another clock than the machine's.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Opens for reading only: takes no lock, creates and writes nothing.
    #[must_use]
    pub fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// Lets the store maintain itself as long as it is open: merge files, expire dates, delete what
    /// nothing needs. Otherwise somebody has to call [`Spanlake::maintain`], or run
    /// `spanlake store maintain`.
    #[must_use]
    pub fn maintain_every(mut self, interval: Duration) -> Self {
        self.maintain_every = Some(interval);
        self
    }

    /// Opens the store; creates it where there is none, unless read-only.
    ///
    /// # Errors
    /// When the settings are not valid, the place cannot be used, another writer holds the store,
    /// or its redaction was fixed otherwise when it was created.
    pub async fn open(self) -> Result<Spanlake> {
        let redactor = Arc::new(privacy::redactor(&self.config)?);
        let days = |days: u32| (days > 0).then_some(i64::from(days));
        let write = self.config.write;
        let options = StoreOptions {
            clock: Arc::clone(&self.clock),
            settle: Arc::new(TraceSettler),
            read_only: self.read_only,
            unredacted: redactor.policy().is_none(),
            flush_bytes: write.flush_bytes,
            flush_interval: Duration::from_secs(write.flush_interval_seconds),
            maintain_interval: self.maintain_every,
            payload_retention_days: days(self.config.retention.payload_days),
            metadata_retention_days: days(self.config.retention.metadata_days),
            erase_keys: privacy::erase_keys(&self.config)?,
            ..StoreOptions::default()
        };
        let store = Arc::new(Store::open(&self.url, options).await?);
        let query = self.config.query;
        let session = Session::new(
            Arc::new(Newest(Arc::clone(&store))),
            QueryOptions {
                memory_limit_bytes: query.memory_bytes,
                timeout: (query.timeout_seconds > 0)
                    .then(|| Duration::from_secs(query.timeout_seconds)),
                max_rows: (query.max_rows > 0).then_some(query.max_rows),
                allow_set: true,
                sql_dir: self.config.sql_dir.clone(),
                ..QueryOptions::default()
            },
        )?;
        let context = self.context(&redactor)?;
        let retired = privacy::retired(&self.config, &redactor)?;
        let lake = Spanlake {
            store,
            session: Arc::new(session),
            redactor,
            retired,
            context: Arc::new(RwLock::new(context)),
            clock: self.clock,
        };
        if !self.read_only {
            registry::refresh(&lake).await?;
        }
        Ok(lake)
    }

    fn context(&self, redactor: &spanlake_redact::Redactor) -> Result<IngestContext> {
        let keys = &self.config.keys;
        let write = self.config.write;
        let key = if redactor.policy().is_none() { None } else { privacy::key(&self.config)? };
        let hash_key = key.map(|key| key.hash(b"prompt_hash").into_bytes());
        Ok(IngestContext {
            keys: ConfiguredKeys {
                tenant: keys.tenant.clone(),
                workflow: keys.workflow.clone(),
                request_type: keys.request_type.clone(),
                request_id: keys.request_id.clone(),
            },
            limits: Limits {
                max_body_bytes: write.max_body_bytes as u64,
                max_value_bytes: write.max_value_bytes,
                max_attributes: write.max_attributes,
                ..Limits::default()
            },
            prices: spanlake_model::PriceTable::builtin(),
            hash_key,
            retention_days: (self.config.retention.metadata_days > 0)
                .then_some(i64::from(self.config.retention.metadata_days)),
            ..IngestContext::default()
        })
    }
}
