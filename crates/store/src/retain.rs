//! Retention: whole dates go, as commits that touch no data.

use std::sync::Arc;

use spanlake_model::{Day, Table};

use crate::error::Result;
use crate::file::DataFile;
use crate::inner::Inner;

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
        if expired.is_empty() || !self.replace(log, Vec::new(), &expired, true).await? {
            return Ok(0);
        }
        let mut core = self.core.lock().await;
        if let Some(files) = core.tables.get_mut(&table) {
            for file in &expired {
                files.remove(&file.path);
            }
            files.version = log.version();
        }
        core.touch(table);
        core.publish(&self.published)?;
        Ok(expired.len())
    }
}
