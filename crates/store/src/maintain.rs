//! Maintenance: finish erasures, settle what several writers have, flush, then retention, compaction
//! and filters table by table, checkpoints, vacuum.

use std::sync::Arc;

use bytes::Bytes;
use spanlake_model::Table;

use crate::data::read_filters;
use crate::error::Result;
use crate::filter::FileFilter;
use crate::inner::Inner;
use crate::key::is_keyed;
use crate::load::{filter_path, list_sidecars};
use crate::table_files::TableFiles;

/// What maintenance does.
#[expect(clippy::struct_excessive_bools, reason = "independent switches")]
#[derive(Clone, Debug)]
pub struct MaintainOptions {
    /// Flushes what is buffered first, traces that several writers have parts of included; default
    /// true.
    pub flush: bool,
    /// Merges any two small files of a date; otherwise a size class has to fill up first. Default
    /// true.
    pub eager: bool,
    /// Drops expired dates; default true.
    pub retain: bool,
    /// Deletes files that nothing needs; default true.
    pub vacuum: bool,
}

impl Default for MaintainOptions {
    fn default() -> Self {
        Self { flush: true, eager: true, retain: true, vacuum: true }
    }
}

/// What maintenance did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MaintainReport {
    /// Rows flushed.
    pub flushed_rows: u64,
    /// Files that were merged.
    pub merged_files: usize,
    /// Files that they became.
    pub new_files: usize,
    /// Files of expired dates that were dropped.
    pub expired_files: usize,
    /// Files deleted from disk.
    pub deleted_files: usize,
    /// Checkpoints written.
    pub checkpoints: usize,
    /// Old commits and checkpoints deleted from the tables' logs.
    pub deleted_log_files: usize,
    /// Id filters that were missing or damaged and were made again.
    pub rebuilt_filters: usize,
    /// Erasures that had been interrupted and are finished now.
    pub finished_erasures: usize,
}

impl Inner {
    /// Does maintenance once.
    pub(crate) async fn maintain(&self, options: MaintainOptions) -> Result<MaintainReport> {
        self.writer()?;
        let lock = self.maintenance.lock().await;
        self.adopt_erasures().await?;
        self.adopt_all().await?;
        let finished_erasures = self.resume_erasures(&lock).await?;
        let mut report = MaintainReport { finished_erasures, ..MaintainReport::default() };
        if options.flush {
            report.flushed_rows = self.settle_split().await?;
            report.flushed_rows += self.flush().await?.rows;
        }
        for table in Table::ALL {
            if options.retain {
                report.expired_files += self.retain(*table).await?;
            }
            let (gone, made) = self.compact(*table, options.eager).await?;
            report.merged_files += gone;
            report.new_files += made;
            report.rebuilt_filters += self.rebuild_filters(*table).await?;
        }
        (report.checkpoints, report.deleted_log_files) = self.checkpoint_logs().await?;
        if options.vacuum {
            report.deleted_files = self.vacuum().await?;
        }
        Ok(report)
    }

    /// Writes a checkpoint of every log that has grown enough since its last, and deletes what
    /// checkpoints have made superfluous. Returns how many of each.
    async fn checkpoint_logs(&self) -> Result<(usize, usize)> {
        let logs = self.logs.lock().await;
        let (mut written, mut deleted) = (0, 0);
        for log in logs.values() {
            if log.commits_since_checkpoint().await? >= self.options.checkpoint_commits {
                log.checkpoint().await?;
                written += 1;
                deleted += log.clean_up(self.options.log_retention).await?;
            }
        }
        Ok((written, deleted))
    }

    /// Makes id filters again that are missing or damaged; returns how many.
    pub(crate) async fn rebuild_filters(&self, table: Table) -> Result<usize> {
        if !is_keyed(table) {
            return Ok(0);
        }
        let files = {
            let core = self.core.lock().await;
            core.tables.get(&table).map_or_else(Vec::new, TableFiles::list)
        };
        if files.is_empty() {
            return Ok(0);
        }
        let there = list_sidecars(&self.site, table, "idx").await?;
        let mut rebuilt = 0;
        for file in files {
            let name = file.path.filename().unwrap_or_default();
            if there.contains(name) && !file.filter.is_damaged() {
                continue;
            }
            let filters = match read_filters(&self.site.store, table, &file).await {
                // Another writer erased rows of it meanwhile.
                Err(error) if error.is_missing_file() => continue,
                filters => filters?,
            };
            let sidecar = filter_path(&self.site, table, &file.path);
            self.site.write(&sidecar, Bytes::from(filters.encode())).await?;
            let mut core = self.core.lock().await;
            if let Some(known) = core.tables.get_mut(&table) {
                known.set_filter(&file.path, Arc::new(FileFilter::known(filters)));
            }
            core.touch(table);
            core.publish(&self.published)?;
            rebuilt += 1;
        }
        Ok(rebuilt)
    }
}
