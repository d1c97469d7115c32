//! Maintenance: flush, compaction, retention, checkpoints, vacuum, in that order.

use spanlake_model::Table;

use crate::error::Result;
use crate::inner::Inner;

/// What maintenance does.
#[expect(clippy::struct_excessive_bools, reason = "independent switches")]
#[derive(Clone, Debug)]
pub struct MaintainOptions {
    /// Flushes what is buffered first; default true.
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
}

impl Inner {
    /// Does maintenance once.
    pub(crate) async fn maintain(&self, options: MaintainOptions) -> Result<MaintainReport> {
        self.writer()?;
        let mut report = MaintainReport::default();
        if options.flush {
            report.flushed_rows = self.flush().await?.rows;
        }
        for table in Table::ALL {
            if options.retain {
                report.expired_files += self.retain(*table).await?;
            }
            let (gone, made) = self.compact(*table, options.eager).await?;
            report.merged_files += gone;
            report.new_files += made;
        }
        report.checkpoints = self.checkpoint_logs().await?;
        if options.vacuum {
            report.deleted_files = self.vacuum().await?;
        }
        Ok(report)
    }

    /// Writes a checkpoint of every log that has grown enough since its last.
    async fn checkpoint_logs(&self) -> Result<usize> {
        let logs = self.logs.lock().await;
        let mut written = 0;
        for log in logs.values() {
            if log.commits_since_checkpoint().await? >= self.options.checkpoint_commits {
                log.checkpoint().await?;
                written += 1;
            }
        }
        Ok(written)
    }
}
