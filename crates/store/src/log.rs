//! A table's Delta log: which files are active, and how far each writer's rows are in them.
//!
//! A table that lacks columns of this program gets them when a writer opens it; its older files read
//! as NULL there. A table with columns that this program does not know is read and not written.
//!
//! Commits never retry inside the Delta library: a commit that lost is looked at again from the
//! new state. After any error the state decides whether it happened.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use deltalake_core::kernel::transaction::{CommitBuilder, CommitProperties, TableReference};
use deltalake_core::kernel::{Action, Add, MetadataExt as _, Remove, Transaction};
use deltalake_core::operations::create::CreateBuilder;
use deltalake_core::protocol::{DeltaOperation, SaveMode, checkpoints};
use deltalake_core::{DeltaTable, DeltaTableBuilder, DeltaTableError};
use futures::TryStreamExt as _;
use object_store::path::Path;
use spanlake_model::{Clock as _, Day, Micros, SystemClock, Table};

use crate::error::{Result, StoreError};
use crate::site::{Site, blocking};

mod schema;

pub(crate) use schema::CHECKPOINT_COMMITS;

/// How often adding columns is tried when others commit meanwhile.
const EVOLVE_ATTEMPTS: u32 = 20;

/// An active file as the log names it.
#[derive(Clone, Debug)]
pub(crate) struct LoggedFile {
    pub(crate) path: Path,
    pub(crate) size: u64,
    pub(crate) date: Day,
    pub(crate) modified: Micros,
    pub(crate) stats: Option<String>,
}

/// What one commit changes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Change {
    pub(crate) adds: Vec<LoggedFile>,
    pub(crate) removes: Vec<LoggedFile>,
    /// The application id and its new version.
    pub(crate) txn: Option<(String, i64)>,
    /// Whether rows come or go; false when files are only rewritten.
    pub(crate) changes_data: bool,
}

/// How a commit ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is durable, as this version. The state at hand may hold later ones.
    Committed(u64),
    /// Another commit came first, or it is unknown: look at the state again.
    Unknown,
}

/// A table's log, at one version.
#[derive(Debug)]
pub(crate) struct TableLog {
    table: Table,
    site: Site,
    delta: DeltaTable,
}

impl TableLog {
    /// Opens a table's log; `None` when there is none.
    pub(crate) async fn open(site: &Site, table: Table) -> Result<Option<Self>> {
        let failed = |source| failed("open", table)(source);
        let url = site.table_url(table);
        let mut delta = DeltaTableBuilder::from_url(url.clone())
            .map_err(failed)?
            .with_storage_backend(Arc::clone(&site.store), url)
            .build()
            .map_err(failed)?;
        match delta.load().await {
            Ok(()) => Ok(Some(Self { table, site: site.clone(), delta })),
            Err(DeltaTableError::NotATable(_) | DeltaTableError::InvalidTableLocation(_)) => {
                Ok(None)
            }
            Err(source) => {
                if delta.verify_deltatable_existence().await.unwrap_or(true) {
                    return Err(failed(source));
                }
                Ok(None)
            }
        }
    }

    /// Opens a table's log to write to it, adding the columns it lacks; `None` when there is none.
    pub(crate) async fn open_to_write(site: &Site, table: Table) -> Result<Option<Self>> {
        let Some(mut log) = Self::open(site, table).await? else { return Ok(None) };
        log.evolve().await?;
        Ok(Some(log))
    }

    /// Opens a table's log to write to it, creating it when there is none.
    pub(crate) async fn open_or_create(site: &Site, table: Table) -> Result<Self> {
        if let Some(log) = Self::open_to_write(site, table).await? {
            return Ok(log);
        }
        let failed = |source| failed("create", table)(source);
        let url = site.table_url(table);
        let log_store = DeltaTableBuilder::from_url(url.clone())
            .map_err(failed)?
            .with_storage_backend(Arc::clone(&site.store), url)
            .build_storage()
            .map_err(failed)?;
        let created = CreateBuilder::new()
            .with_log_store(log_store)
            .with_table_name(table.name())
            .with_columns(schema::columns(table))
            .with_partition_columns(["date"])
            .with_save_mode(SaveMode::ErrorIfExists)
            .with_raise_if_key_not_exists(false)
            .with_configuration(
                schema::properties(table).map(|(key, value)| (key.to_owned(), Some(value))),
            )
            .await;
        match created {
            Ok(delta) => Ok(Self { table, site: site.clone(), delta }),
            // Another process was first.
            Err(source) => Self::open_to_write(site, table).await?.ok_or_else(|| failed(source)),
        }
    }

    /// Adds the columns and properties that the table lacks.
    async fn evolve(&mut self) -> Result<()> {
        for _ in 0..EVOLVE_ATTEMPTS {
            self.check_columns()?;
            let failed = failed("add columns to", self.table);
            let state = self.delta.snapshot().map_err(&failed)?;
            let mut metadata = state.metadata().clone();
            let fields = schema::missing_columns(self.table, &state.schema());
            let mut properties = HashMap::new();
            for (key, value) in schema::properties(self.table) {
                let known = metadata.configuration().contains_key(key);
                if !known || (key == schema::STATS_COLUMNS && !fields.is_empty()) {
                    properties.insert(key.to_owned(), value);
                }
            }
            if fields.is_empty() && properties.is_empty() {
                return Ok(());
            }
            for (key, value) in &properties {
                let changed = metadata.add_config_key(key.clone(), value.clone());
                metadata = changed.map_err(|error| failed(error.into()))?;
            }
            let operation = if fields.is_empty() {
                DeltaOperation::SetTableProperties { properties }
            } else {
                let all = state.schema().add(fields.clone());
                let all = all.map_err(|error| failed(error.into()))?;
                metadata = metadata.with_schema(&all).map_err(|error| failed(error.into()))?;
                DeltaOperation::AddColumn { fields }
            };
            let actions = vec![Action::Metadata(metadata)];
            self.try_commit(actions, None, false, operation).await?;
        }
        Err(StoreError::CommitContention { table: self.table.name(), attempts: EVOLVE_ATTEMPTS })
    }

    /// Refuses a table whose columns this program does not all know: rows it wrote would lack them,
    /// and rows it merged would lose them.
    fn check_columns(&self) -> Result<()> {
        let state = self.delta.snapshot().map_err(failed("read", self.table))?;
        match schema::unknown_column(self.table, &state.schema()) {
            Some(column) => {
                Err(StoreError::TableTooNew { table: self.table.name(), column: column.clone() })
            }
            None => Ok(()),
        }
    }

    pub(crate) const fn table(&self) -> Table {
        self.table
    }

    /// Reads commits that came since.
    pub(crate) async fn refresh(&mut self) -> Result<()> {
        if self.delta.update_state().await.is_ok() {
            return Ok(());
        }
        // Commits between the version at hand and the last checkpoint may have been cleaned up.
        self.reopen().await
    }

    /// Reads the state anew, from the last checkpoint on: an update starts from the commits that
    /// the state at hand was read from.
    async fn reopen(&mut self) -> Result<()> {
        let missing = StoreError::Missing { url: self.site.table_url(self.table).to_string() };
        *self = Self::open(&self.site, self.table).await?.ok_or(missing)?;
        Ok(())
    }

    /// Returns the version of the last checkpoint.
    pub(crate) async fn last_checkpoint(&self) -> Result<Option<u64>> {
        let entry = format!("{}/_delta_log/_last_checkpoint", self.table.name());
        let bytes = self.site.read(&self.site.path(&entry)).await?;
        // A damaged hint is as good as none.
        Ok(bytes
            .and_then(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).ok())
            .and_then(|last| last.get("version")?.as_u64()))
    }

    /// Returns the log's version.
    pub(crate) fn version(&self) -> u64 {
        self.delta.version().unwrap_or(0)
    }

    /// Returns the version that an application last committed.
    pub(crate) async fn app_version(&mut self, app_id: &str) -> Result<Option<i64>> {
        if let Ok(version) = self.find_app_version(app_id).await {
            return Ok(version);
        }
        // Marks are looked up in the commits that the state was read from. They may have been
        // cleaned up since: a newer checkpoint holds them then.
        self.reopen().await?;
        self.find_app_version(app_id).await
    }

    async fn find_app_version(&self, app_id: &str) -> Result<Option<i64>> {
        let failed = failed("read", self.table);
        let state = self.delta.snapshot().map_err(&failed)?;
        state.transaction_version(self.delta.log_store().as_ref(), app_id).await.map_err(failed)
    }

    /// Returns the active files.
    pub(crate) fn files(&self) -> Result<Vec<LoggedFile>> {
        let state = self.delta.snapshot().map_err(failed("read", self.table))?;
        state
            .log_data()
            .iter()
            .map(|view| {
                let relative = view.object_store_path();
                let date = view
                    .partition_values_map()
                    .get("date")
                    .and_then(|date| Day::parse_iso(date.as_deref()?))
                    .ok_or_else(|| StoreError::Corrupt {
                        path: format!("{}/{relative}", self.table.name()),
                        reason: "the log names no date for it".to_owned(),
                    })?;
                Ok(LoggedFile {
                    path: self.site.path(&format!("{}/{relative}", self.table.name())),
                    size: u64::try_from(view.size()).unwrap_or(0),
                    date,
                    modified: Micros(view.modification_time().saturating_mul(1_000)),
                    stats: view.stats(),
                })
            })
            .collect()
    }

    /// Whether the log names all the files now, or named them before another commit replaced or
    /// dropped them.
    pub(crate) async fn has_had(&mut self, files: impl Iterator<Item = &Path>) -> Result<bool> {
        let active: HashSet<Path> = self.files()?.into_iter().map(|file| file.path).collect();
        let missing: Vec<&Path> = files.filter(|path| !active.contains(*path)).collect();
        if missing.is_empty() {
            return Ok(true);
        }
        let removed = if let Ok(removed) = self.find_removed().await {
            removed
        } else {
            // As with marks: the commits may have been cleaned up since.
            self.reopen().await?;
            self.find_removed().await?
        };
        Ok(missing.into_iter().all(|path| removed.contains(path)))
    }

    async fn find_removed(&self) -> Result<HashSet<Path>> {
        let failed = failed("read", self.table);
        let (state, log) = (self.delta.snapshot().map_err(&failed)?, self.delta.log_store());
        let removed = state
            .all_tombstones(log.as_ref())
            .map_ok(|removed| self.site.path(&format!("{}/{}", self.table.name(), removed.path())));
        removed.try_collect().await.map_err(failed)
    }

    /// Tries one commit on top of the version at hand.
    ///
    /// # Errors
    /// [`StoreError::TableTooNew`] when a newer program has added columns meanwhile.
    pub(crate) async fn commit(&mut self, change: &Change) -> Result<Outcome> {
        self.check_columns()?;
        let mut actions = Vec::with_capacity(change.adds.len() + change.removes.len());
        for file in &change.removes {
            actions.push(Action::Remove(self.remove(file, change.changes_data)));
        }
        for file in &change.adds {
            actions.push(Action::Add(self.add(file, change.changes_data)));
        }
        let operation = DeltaOperation::Write {
            mode: SaveMode::Append,
            partition_by: Some(vec!["date".to_owned()]),
            predicate: None,
        };
        // What a flush adds does not depend on what other files of the table hold.
        let is_append = change.removes.is_empty();
        self.try_commit(actions, change.txn.clone(), is_append, operation).await
    }

    async fn try_commit(
        &mut self,
        actions: Vec<Action>,
        txn: Option<(String, i64)>,
        is_append: bool,
        operation: DeltaOperation,
    ) -> Result<Outcome> {
        let mut properties = CommitProperties::default()
            .with_max_retries(0)
            .with_create_checkpoint(false)
            .with_cleanup_expired_logs(Some(false))
            .with_metadata([("isBlindAppend".to_owned(), is_append.into())]);
        if let Some((app_id, version)) = txn {
            properties = properties.with_application_transaction(Transaction::new(app_id, version));
        }
        let state = self.delta.snapshot().map_err(failed("commit to", self.table))?;
        let prepared = CommitBuilder::from(properties)
            .with_actions(actions)
            .build(Some(state as &dyn TableReference), self.delta.log_store(), operation)
            .into_prepared_commit_future()
            .await
            .map_err(failed("commit to", self.table))?;
        let version = match prepared.await {
            Ok(committed) => committed.version,
            Err(error) => {
                if let Some(full) = as_full_disk(self.table, &error) {
                    return Err(full);
                }
                tracing::warn!(table = self.table.name(), %error, "commit did not succeed");
                self.refresh().await?;
                return Ok(Outcome::Unknown);
            }
        };
        // What follows the commit is not part of it: the state is read from the log itself.
        self.refresh().await?;
        Ok(Outcome::Committed(version))
    }

    /// Writes a checkpoint of the version at hand.
    pub(crate) async fn checkpoint(&self) -> Result<()> {
        let (delta, table) = (self.delta.clone(), self.table);
        let runtime = tokio::runtime::Handle::current();
        blocking(move || {
            runtime
                .block_on(checkpoints::create_checkpoint(&delta, None))
                .map_err(failed("checkpoint", table))
        })
        .await
    }

    /// Deletes commits and checkpoints older than `keep` that no newer state needs; returns how many
    /// files. A checkpoint of a state inside that time has to exist, or nothing is deleted.
    pub(crate) async fn clean_up(&self, keep: std::time::Duration) -> Result<usize> {
        // Files of the log bear the machine's time.
        let keep_ms = i64::try_from(keep.as_millis()).unwrap_or(i64::MAX);
        let cutoff_ms = (SystemClock.now().0 / 1_000).saturating_sub(keep_ms);
        let (log_store, version) = (self.delta.log_store(), self.version());
        checkpoints::cleanup_expired_logs_for(version, log_store.as_ref(), cutoff_ms, None)
            .await
            .map_err(failed("clean up the log of", self.table))
    }

    /// Returns how many commits a reader has to replay on top of the last checkpoint.
    pub(crate) async fn commits_since_checkpoint(&self) -> Result<u64> {
        let last = self.last_checkpoint().await?;
        Ok(last.map_or(self.version() + 1, |last| self.version().saturating_sub(last)))
    }

    fn relative(&self, path: &Path) -> String {
        let root = self.site.path(self.table.name());
        let parts = path.prefix_match(&root).into_iter().flatten();
        parts.map(|part| part.as_ref().to_owned()).collect::<Vec<_>>().join("/")
    }

    fn add(&self, file: &LoggedFile, data_change: bool) -> Add {
        Add {
            path: self.relative(&file.path),
            partition_values: HashMap::from([("date".to_owned(), Some(file.date.iso()))]),
            size: file.size as i64,
            modification_time: file.modified.0 / 1_000,
            data_change,
            stats: file.stats.clone(),
            ..Add::default()
        }
    }

    fn remove(&self, file: &LoggedFile, data_change: bool) -> Remove {
        Remove {
            path: self.relative(&file.path),
            data_change,
            // Other engines compare it with the machine's clock, and so does a checkpoint.
            deletion_timestamp: Some(SystemClock.now().0 / 1_000),
            extended_file_metadata: Some(true),
            partition_values: Some(HashMap::from([("date".to_owned(), Some(file.date.iso()))])),
            size: Some(file.size as i64),
            ..Remove::default()
        }
    }
}

fn failed(action: &'static str, table: Table) -> impl Fn(DeltaTableError) -> StoreError {
    move |source| {
        as_full_disk(table, &source).unwrap_or_else(|| StoreError::Delta {
            action,
            table: table.name(),
            source: Box::new(source),
        })
    }
}

/// Finds a full or read-only disk among an error's causes.
fn as_full_disk(table: Table, error: &DeltaTableError) -> Option<StoreError> {
    let path = format!("{}/_delta_log", table.name());
    // The kernel names its object store's error, but not as its source.
    let mut kernel =
        if let DeltaTableError::KernelError(error) = error { Some(error) } else { None };
    while let Some(error) = kernel {
        kernel = match error {
            delta_kernel::Error::Backtraced { source, .. } => Some(source.as_ref()),
            delta_kernel::Error::ObjectStore(error) => {
                return StoreError::disk("write", &path, error);
            }
            _ => None,
        };
    }
    StoreError::disk("write", &path, error)
}

#[cfg(test)]
mod tests;
