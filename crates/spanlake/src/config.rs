//! Settings: `spanlake.toml`, each with a default.

use std::path::{Path, PathBuf};

use chrono_tz::Tz;
use serde::Deserialize;

use crate::error::{Error, Result};

/// The settings of a store's user, as `spanlake.toml` states them. Every field has a default;
/// unknown fields are errors, so that a misspelt one is noticed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// URL of the store.
    pub store: Option<String>,
    /// Time zone that weeks and days of reports are counted in; default UTC.
    pub time_zone: Option<String>,
    /// `default`, `none` or the path of a policy file; relative paths start at the settings file.
    pub redaction: Option<String>,
    /// File of the redaction key, readable by its owner only (mode 0600). The environment variable
    /// `SPANLAKE_REDACTION_KEY` goes before it.
    pub redaction_key_file: Option<PathBuf>,
    /// Files of keys that were in use before: erasure finds people by their pseudonyms, too.
    pub retired_key_files: Vec<PathBuf>,
    /// Attribute keys that name a span's tenant, workflow, request type and request id, tried in
    /// order before the ones Spanlake knows.
    pub keys: Keys,
    /// Folder whose files replace the shipped ones of `sql/` with the same relative path.
    pub sql_dir: Option<PathBuf>,
    /// Folder of the alert rules; default `alerts` beside the settings file.
    pub alerts_dir: Option<PathBuf>,
    /// Writing.
    pub write: Write,
    /// Reading.
    pub query: Query,
    /// How long rows are kept.
    pub retention: Retention,
}

/// Configurable attribute keys.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Keys {
    /// Tenant.
    pub tenant: Vec<String>,
    /// Workflow.
    pub workflow: Vec<String>,
    /// Request type.
    pub request_type: Vec<String>,
    /// The application's request id.
    pub request_id: Vec<String>,
}

/// Settings of the write path.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Write {
    /// Buffered bytes at which rows are flushed to Parquet; default 64 MiB.
    pub flush_bytes: usize,
    /// Seconds after which buffered rows are flushed at the latest; default 300.
    pub flush_interval_seconds: u64,
    /// Largest request body read, after decompression; default 256 MiB.
    pub max_body_bytes: usize,
    /// Longest text value of one attribute; longer ones are cut and marked; default 8 MiB.
    pub max_value_bytes: usize,
    /// Most attributes of one span; more are cut and counted; default 10,000.
    pub max_attributes: usize,
}

impl Default for Write {
    fn default() -> Self {
        Self {
            flush_bytes: 64 << 20,
            flush_interval_seconds: 300,
            max_body_bytes: 256 << 20,
            max_value_bytes: 8 << 20,
            max_attributes: 10_000,
        }
    }
}

/// Limits of one statement.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Query {
    /// Memory that sorting, joining and grouping may use before they spill; default 1 GiB.
    pub memory_bytes: usize,
    /// Seconds a statement may run; 0, the default, means no limit.
    pub timeout_seconds: u64,
    /// Rows a statement may return; 0, the default, means no limit.
    pub max_rows: u64,
}

impl Default for Query {
    fn default() -> Self {
        Self { memory_bytes: 1 << 30, timeout_seconds: 0, max_rows: 0 }
    }
}

/// Days after which rows expire, counted from the span's start.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    /// Payloads; default 30. 0 keeps them for ever.
    pub payload_days: u32,
    /// Everything else; default 730. 0 keeps it for ever.
    pub metadata_days: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self { payload_days: 30, metadata_days: 730 }
    }
}

impl Config {
    /// Returns the time zone that days and hours are counted in.
    ///
    /// # Errors
    /// When it is no name of the IANA list.
    pub fn zone(&self) -> Result<Tz> {
        zone(self.time_zone.as_deref())
    }

    /// Reads a settings file; paths in it are relative to its folder.
    ///
    /// # Errors
    /// When the file cannot be read, is not TOML, or has an unknown or ill-typed setting.
    pub fn read(path: &Path) -> Result<Self> {
        let invalid = |reason: String| Error::Config { path: path.to_owned(), reason };
        let text = std::fs::read_to_string(path).map_err(|error| invalid(error.to_string()))?;
        let mut config: Self = toml::from_str(&text)
            .map_err(|error| invalid(error.to_string().trim_end().to_owned()))?;
        let folder = path.parent().unwrap_or(Path::new("."));
        let files = [&mut config.redaction_key_file, &mut config.sql_dir, &mut config.alerts_dir];
        let files = files.into_iter().flatten();
        for file in files.chain(&mut config.retired_key_files) {
            *file = folder.join(&*file);
        }
        if let Some(policy) = &mut config.redaction
            && !matches!(policy.as_str(), "default" | "none")
        {
            *policy = folder.join(&*policy).to_string_lossy().into_owned();
        }
        Ok(config)
    }
}

/// Finds a time zone by its name; without one UTC.
pub(crate) fn zone(name: Option<&str>) -> Result<Tz> {
    let name = name.unwrap_or("UTC");
    name.parse().map_err(|_| Error::Invalid {
        what: "time zone",
        reason: format!("{name} is not a name of the IANA list, such as Europe/Berlin"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Config> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("spanlake.toml");
        std::fs::write(&path, text).expect("a writable folder");
        Config::read(&path)
    }

    #[test]
    fn an_empty_file_is_all_defaults() {
        let config = read("").expect("valid");
        assert_eq!((config.retention.payload_days, config.retention.metadata_days), (30, 730));
        assert!(config.store.is_none());
    }

    #[test]
    fn a_misspelt_setting_is_named_with_its_place() {
        let message =
            read("[retention]\npayload_day = 3\n").expect_err("unknown field").to_string();
        assert!(message.contains("payload_day") && message.contains("line 2"), "{message}");
    }

    #[test]
    fn policy_paths_start_at_the_file() {
        let config = read("redaction = \"policy.toml\"").expect("valid");
        let policy = config.redaction.unwrap_or_default();
        assert!(policy.ends_with("/policy.toml") && policy.len() > "policy.toml".len());
    }
}
