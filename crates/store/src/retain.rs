//! Retention: whole dates go, as commits that touch no data.
//!
//! A row that moved to an earlier date is hidden at its old place by a file of that earlier date.
//! When that file goes first, a file without rows carries its overrides on.

use std::sync::Arc;

use bytes::Bytes;
use spanlake_model::{Day, Table};

use crate::compact::carried_overrides;
use crate::data::{EncodedFile, encode};
use crate::error::Result;
use crate::file::DataFile;
use crate::flush::NewFile;
use crate::inner::Inner;
use crate::log::{LoggedFile, TableLog};
use crate::site::blocking;

impl Inner {
    /// Drops the files of a table's expired dates; returns how many. Registries (prompts,
    /// releases, prices) and the audit log do not expire.
    pub(crate) async fn retain(&self, table: Table) -> Result<usize> {
        let days = match table {
            Table::Payloads => self.options.payload_retention_days,
            Table::Spans | Table::Evals | Table::IngestErrors => {
                self.options.metadata_retention_days
            }
            _ => None,
        };
        let Some(days) = days else { return Ok(0) };
        let first_kept: Day = self.options.clock.now().plus_days(-days).day();
        let mut logs = self.logs.lock().await;
        let Some(log) = logs.get_mut(&table) else { return Ok(0) };
        let expired: Vec<Arc<DataFile>> = {
            let core = self.core.lock().await;
            let files = core.tables.get(&table).into_iter().flat_map(|table| table.files.values());
            files.filter(|file| file.date < first_kept).cloned().collect()
        };
        if expired.is_empty() {
            return Ok(0);
        }
        let dropped = self.drop_from(log, &expired).await?;
        Ok(if dropped { expired.len() } else { 0 })
    }

    /// Takes files out of a table.
    pub(crate) async fn drop_files(&self, table: Table, gone: &Vec<Arc<DataFile>>) -> Result<()> {
        let mut logs = self.logs.lock().await;
        let Some(log) = logs.get_mut(&table) else { return Ok(()) };
        self.drop_from(log, gone).await.map(drop)
    }

    /// Takes files out of a table; `false` when another commit changed them meanwhile.
    async fn drop_from(&self, log: &mut TableLog, expired: &Vec<Arc<DataFile>>) -> Result<bool> {
        let table = log.table();
        let carrier = self.carry_overrides(table, expired).await?;
        let adds: Vec<_> = carrier.iter().map(|file| file.logged.clone()).collect();
        let Some(outcome) = self.replace(log, adds, expired, true).await? else {
            return Ok(false);
        };
        let mut core = self.core.lock().await;
        if let Some(files) = core.tables.get_mut(&table) {
            for file in expired {
                files.remove(&file.path);
            }
            files.advance(outcome);
        }
        if let Some(carrier) = carrier {
            self.register(&mut core, table, carrier);
        }
        core.touch(table);
        core.publish(&self.published)?;
        Ok(true)
    }

    /// Writes a file without rows that hides what the expired files hide in others. It expires with
    /// the last of those.
    async fn carry_overrides(
        &self,
        table: Table,
        expired: &Vec<Arc<DataFile>>,
    ) -> Result<Option<NewFile>> {
        let writer = self.writer()?;
        let files = self.core.lock().await.tables.get(&table).cloned();
        let Some(files) = files.filter(|files| !files.file_overrides.is_empty()) else {
            return Ok(None);
        };
        // What overrides hide in a file is known here.
        let has_dead = |file: &DataFile| !file.dead.is_empty();
        let (carried, date) = carried_overrides(&files, expired, has_dead).await;
        let Some(date) = date.filter(|_| !carried.is_empty()) else { return Ok(None) };
        let options = self.options.clone();
        let EncodedFile { bytes, facts, .. } =
            blocking(move || encode(table, &[], Vec::new(), &options)).await?;
        let name = format!("{}-r{:016x}", self.writer_id(), writer.versions.reserve(1));
        let logged = LoggedFile {
            path: self.data_path(table, date, &name),
            size: bytes.len() as u64,
            date,
            modified: self.options.clock.now(),
            stats: Some(facts.stats_json.clone()),
        };
        self.site.write(&logged.path, Bytes::from(bytes)).await?;
        let file = NewFile { logged, facts, overrides: Some(Arc::new(carried)), recent: None };
        self.write_sidecars(table, &file).await?;
        Ok(Some(file))
    }
}
