//! Parts of a measurement in processes of their own, so that each one's peak memory is its own.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};
use spanlake::{Config, Spanlake};
use spanlake_benches::peak_resident_bytes;

/// Names the folder for data.
pub(crate) const DIR: &str = "SPANLAKE_BENCH_DIR";
/// Names the part of a command that a process of its own runs.
const PHASE: &str = "SPANLAKE_BENCH_PHASE";

/// Where a measurement is.
#[derive(Clone, Debug)]
pub(crate) struct Phase<'a> {
    /// Folder of its data.
    pub(crate) dir: &'a Path,
    /// The part that this process runs; empty in the process that starts the parts.
    pub(crate) name: String,
}

impl<'a> Phase<'a> {
    pub(crate) fn new(dir: &'a Path) -> Self {
        Self { dir, name: std::env::var(PHASE).unwrap_or_default() }
    }

    /// Runs a part of this command in a process of its own.
    pub(crate) fn spawn(&self, name: &str) -> Result<()> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(std::env::args_os().skip(1)).env(DIR, self.dir).env(PHASE, name);
        if !command.status()?.success() {
            bail!("the part `{name}` failed");
        }
        Ok(())
    }

    /// Folder of the store.
    pub(crate) fn store(&self) -> PathBuf {
        self.dir.join("store")
    }
}

/// Runs a part and tells the most memory its process had resident.
pub(crate) fn block_on(work: impl Future<Output = Result<()>>) -> Result<()> {
    tokio::runtime::Runtime::new()?.block_on(work)?;
    if let Some(peak) = peak_resident_bytes() {
        println!("  peak memory {:.0} MB resident", peak as f64 / 1e6);
    }
    Ok(())
}

/// Settings with which nothing expires: the rows of measurements lie in the past.
pub(crate) fn settings() -> Config {
    let mut config = Config::default();
    config.retention.payload_days = 0;
    config.retention.metadata_days = 0;
    config
}

/// Opens a store for writing.
pub(crate) async fn open(path: &Path) -> Result<Spanlake> {
    Ok(Spanlake::builder(&path.to_string_lossy()).config(settings()).open().await?)
}

/// Removes every page of files from the machine's memory; says whether it may.
pub(crate) fn forget_files() -> bool {
    std::fs::write("/proc/sys/vm/drop_caches", "3").is_ok()
}
