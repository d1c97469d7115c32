//! What can be put right without a backup.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::TryStreamExt as _;
use object_store::ObjectStoreExt as _;
use object_store::path::Path;
use spanlake_model::{Day, Table};

use super::Keys;
use super::finding::{CheckReport, Damage, Finding};
use crate::compact::Group;
use crate::data::file_rows;
use crate::error::{Result, StoreError};
use crate::file::DataFile;
use crate::inner::Inner;

impl Inner {
    /// Checks, and does about each finding what its kind says; returns what was found. A check
    /// afterwards says what is left.
    pub(crate) async fn repair(&self) -> Result<CheckReport> {
        self.writer()?;
        let _lock = self.maintenance.lock().await;
        self.adopt_all().await?;
        let report = self.check().await?;
        let mut filters = false;
        for finding in &report.findings {
            match finding.damage {
                Damage::MissingFile | Damage::WrongSize | Damage::DamagedFile => {
                    self.give_up(finding).await?;
                }
                Damage::WrongRowCount | Damage::LyingStatistics => {
                    self.write_again(finding).await?;
                }
                Damage::DuplicateRow => self.merge_duplicates(finding).await?,
                Damage::MissingFilter | Damage::DamagedFilter => {
                    for (_, file) in self.active(&finding.path).await {
                        // Nobody may have asked it yet, and so have seen that it is damaged.
                        file.filter.load().await;
                    }
                    filters = true;
                }
                Damage::OrphanedSidecar => {
                    self.delete_orphan(Path::from(finding.path.as_str())).await?;
                }
                _ => {}
            }
        }
        for table in Table::ALL.iter().filter(|_| filters) {
            self.rebuild_filters(*table).await?;
        }
        Ok(report)
    }

    /// Finds active files by their paths.
    async fn active(&self, paths: &str) -> Vec<(Table, Arc<DataFile>)> {
        let core = self.core.lock().await;
        let find = |path: &str| {
            let path = Path::from(path);
            core.tables
                .iter()
                .find_map(|(table, files)| Some((*table, Arc::clone(files.files.get(&path)?))))
        };
        paths.split(", ").filter_map(find).collect()
    }

    /// Takes a file that cannot be read out of its table.
    async fn give_up(&self, finding: &Finding) -> Result<()> {
        for (table, file) in self.active(&finding.path).await {
            if finding.damage == Damage::DamagedFile && !self.is_damaged(table, &file).await? {
                continue;
            }
            if finding.damage != Damage::MissingFile {
                let name = file.path.filename().unwrap_or_default();
                let kept = self.site.path(&format!("_store/lost/{}/{name}", table.name()));
                let failed = |source| StoreError::object("copy", file.path.to_string(), source);
                self.site.store.copy(&file.path, &kept).await.map_err(failed)?;
            }
            self.drop_files(table, &vec![Arc::clone(&file)]).await?;
            if finding.damage == Damage::MissingFile {
                self.delete_data_file(table, &file.path).await?;
            }
        }
        Ok(())
    }

    /// Reads a file once more: a network or a disk that failed for a moment is no damage.
    ///
    /// # Errors
    /// When its bytes cannot be had.
    async fn is_damaged(&self, table: Table, file: &DataFile) -> Result<bool> {
        let failed = |source| StoreError::object("read", file.path.to_string(), source);
        let read = self.site.store.get(&file.path).await.map_err(failed)?;
        let mut bytes = read.into_stream();
        while bytes.try_next().await.map_err(failed)?.is_some() {}
        let mut report = CheckReport::default();
        self.check_file(table, file, 0, &mut Keys::new(), &mut report).await?;
        Ok(report.findings.iter().any(|finding| finding.damage == Damage::DamagedFile))
    }

    /// Deletes a sidecar, unless the file it belongs to has come meanwhile.
    async fn delete_orphan(&self, path: Path) -> Result<()> {
        for table in Table::ALL {
            let files = self.data_files(*table).await?;
            if files.iter().any(|file| file.filename() == path.filename()) {
                return Ok(());
            }
        }
        self.site.delete(&path).await
    }

    /// Writes a file again, with its statistics.
    async fn write_again(&self, finding: &Finding) -> Result<()> {
        for (table, file) in self.active(&finding.path).await {
            let rows = file_rows(&self.site.store, &file).await?;
            let group = vec![Arc::new(DataFile { rows, ..DataFile::clone(&file) })];
            self.merge_and_replace(table, &group, false).await?;
        }
        Ok(())
    }

    /// Merges files that hold the same rows, as far as they are of one date.
    async fn merge_duplicates(&self, finding: &Finding) -> Result<()> {
        let mut groups: BTreeMap<(Table, Day), Group> = BTreeMap::new();
        for (table, file) in self.active(&finding.path).await {
            groups.entry((table, file.date)).or_default().push(file);
        }
        for ((table, _), group) in groups {
            self.merge_and_replace(table, &group, true).await?;
        }
        Ok(())
    }
}
