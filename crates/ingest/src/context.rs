//! What ingestion is told from outside: limits, prices, schemas, configured keys, the receipt's time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use spanlake_model::{Micros, PriceTable};
use spanlake_parse::CompiledSchema;

use crate::twins::RecentCalls;

/// What one request may contain. Anything above is cut or rejected, counted, and named in
/// `ingest_errors`.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of one decompressed body: 256 MiB.
    pub max_body_bytes: u64,
    /// Bytes out for each byte in when decompressing, beyond the first MiB: 1,000.
    pub max_expansion: u64,
    /// Bytes of one attribute value, name or message; longer ones end in
    /// `…[truncated N bytes]`: 8 MiB.
    pub max_value_bytes: usize,
    /// Attributes of one span, event, link or resource; the rest is dropped and counted: 10,000.
    pub max_attributes: usize,
    /// Events or links of one span: 10,000.
    pub max_events: usize,
    /// Nesting of attribute values and of JSON; deeper JSON text stays text: 100.
    pub max_depth: usize,
    /// Error rows of one body; further ones are only counted: 1,000.
    pub max_error_rows: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_body_bytes: 256 << 20,
            max_expansion: 1_000,
            max_value_bytes: 8 << 20,
            max_attributes: 10_000,
            max_events: 10_000,
            max_depth: 100,
            max_error_rows: 1_000,
        }
    }
}

/// Attribute keys of the application's own, tried before every convention's. Span attributes are
/// tried first, then resource attributes.
#[derive(Clone, Debug, Default)]
pub struct ConfiguredKeys {
    /// Keys of `tenant_id`.
    pub tenant: Vec<String>,
    /// Keys of `workflow`.
    pub workflow: Vec<String>,
    /// Keys of `request_type`.
    pub request_type: Vec<String>,
    /// Keys of `request_id`.
    pub request_id: Vec<String>,
}

/// What a schema's text compiles to; nothing when it is no JSON schema.
type Compiled = Option<Arc<CompiledSchema>>;
type SentSchemas = HashMap<Arc<str>, Schema, ahash::RandomState>;
/// Nested, so that borrowed names find their entry.
type Registered = HashMap<String, HashMap<String, Schema, ahash::RandomState>, ahash::RandomState>;

/// An output schema, compiled when it is first needed.
#[derive(Clone, Debug)]
pub(crate) struct Schema {
    text: Arc<str>,
    compiled: Arc<OnceLock<Compiled>>,
}

impl Schema {
    fn new(text: Arc<str>) -> Self {
        Self { text, compiled: Arc::default() }
    }

    pub(crate) fn compiled(&self) -> Option<&CompiledSchema> {
        let compile = || CompiledSchema::compile(&self.text).ok().map(Arc::new);
        self.compiled.get_or_init(compile).as_deref()
    }
}

/// Output schemas by prompt name and version, compiled once.
#[derive(Clone, Debug, Default)]
pub struct SchemaRegistry {
    schemas: Arc<Registered>,
    /// Schemas that spans brought.
    sent: Arc<Mutex<SentSchemas>>,
}

impl SchemaRegistry {
    /// Builds a registry from (prompt name, version, JSON schema text).
    pub fn new(schemas: impl IntoIterator<Item = (String, String, String)>) -> Self {
        let mut registered = Registered::default();
        for (name, version, schema) in schemas {
            let schema = Schema::new(Arc::from(schema));
            registered.entry(name).or_default().insert(version, schema);
        }
        Self { schemas: Arc::new(registered), sent: Arc::default() }
    }

    /// Returns the schema text of a prompt version.
    pub fn get(&self, name: &str, version: &str) -> Option<Arc<str>> {
        self.registered(name, version).map(|schema| Arc::clone(&schema.text))
    }

    /// Returns the schema of a prompt version.
    pub(crate) fn registered(&self, name: &str, version: &str) -> Option<&Schema> {
        self.schemas.get(name)?.get(version)
    }

    /// Returns the schema of a text that a span brought.
    pub(crate) fn sent(&self, text: &str) -> Schema {
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(schema) = sent.get(text) {
            return schema.clone();
        }
        if sent.len() >= MAX_SENT_SCHEMAS {
            sent.clear();
        }
        let text: Arc<str> = Arc::from(text);
        sent.entry(Arc::clone(&text)).or_insert_with(|| Schema::new(text)).clone()
    }
}

/// Schemas of spans that are remembered: some megabytes of compiled ones.
const MAX_SENT_SCHEMAS: usize = 1_024;

/// What decoding needs besides the bytes. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct IngestContext {
    /// The application's own attribute keys.
    pub keys: ConfiguredKeys,
    /// Prices for spans that bring no cost.
    pub prices: PriceTable,
    /// Output schemas of registered prompts.
    pub schemas: SchemaRegistry,
    /// What one request may contain.
    pub limits: Limits,
    /// When the request arrived.
    pub received: Micros,
    /// Key of `prompt_hash`; without one there are no hashes of templates.
    pub hash_key: Option<Vec<u8>>,
    /// Oldest age kept, days; `None` keeps all.
    pub retention_days: Option<i64>,
    /// Calls that another trace may report as well.
    pub calls: RecentCalls,
}
