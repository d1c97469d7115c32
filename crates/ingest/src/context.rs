//! What ingestion is told from outside: limits, prices, schemas, configured keys, the receipt's time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use spanlake_model::{Micros, PriceTable};

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

type CompiledSchemas = HashMap<Arc<str>, Option<Arc<spanlake_parse::CompiledSchema>>>;

/// Output schemas by prompt name and version, compiled once.
#[derive(Clone, Debug, Default)]
pub struct SchemaRegistry {
    schemas: Arc<HashMap<(String, String), Arc<str>>>,
    compiled: Arc<Mutex<CompiledSchemas>>,
}

impl SchemaRegistry {
    /// Builds a registry from (prompt name, version, JSON schema text).
    pub fn new(schemas: impl IntoIterator<Item = (String, String, String)>) -> Self {
        let schemas = schemas
            .into_iter()
            .map(|(name, version, schema)| ((name, version), Arc::from(schema)))
            .collect();
        Self { schemas: Arc::new(schemas), compiled: Arc::default() }
    }

    /// Returns the schema text of a prompt version.
    pub fn get(&self, name: &str, version: &str) -> Option<Arc<str>> {
        if self.schemas.is_empty() {
            return None;
        }
        self.schemas.get(&(name.to_owned(), version.to_owned())).cloned()
    }

    /// Returns a schema text compiled; `None` when it is no JSON schema.
    pub(crate) fn compiled(
        &self,
        schema: &Arc<str>,
    ) -> Option<Arc<spanlake_parse::CompiledSchema>> {
        let mut compiled = self.compiled.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        compiled
            .entry(Arc::clone(schema))
            .or_insert_with(|| spanlake_parse::CompiledSchema::compile(schema).ok().map(Arc::new))
            .clone()
    }
}

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
