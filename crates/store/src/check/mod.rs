//! Whether a store is what was written, and what can be done about it.

mod file;
mod finding;
mod repair;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::TryStreamExt as _;
use object_store::ObjectStore as _;
use object_store::path::Path;
use spanlake_model::Table;

pub use finding::{CheckReport, Damage, Finding};

use crate::error::{Result, StoreError};
use crate::file::DataFile;
use crate::inner::Inner;
use crate::key::{RowKey, is_keyed};
use crate::load::list_sidecars;
use crate::table_files::TableFiles;

/// Files of the store that are no table's.
const PRIVATE: [&str; 4] = ["store.json", "lock", "unreferenced.json", "backup.json"];
/// Folders of the store beside the tables' own.
const PRIVATE_DIRS: [&str; 5] = ["wal", "idx", "overrides", "erasures", "lost"];

/// The keys of a table's visible rows, each with the number of its file.
type Keys = Vec<(RowKey, u32)>;

impl Inner {
    /// Holds files, logs, sidecars and statistics against each other. A reader also verifies the
    /// write-ahead log's checksums, by reading it; a writer did so when it opened.
    pub(crate) async fn check(&self) -> Result<CheckReport> {
        let mut report =
            CheckReport { redaction: self.meta.redaction.as_str(), ..CheckReport::default() };
        match self.refresh().await {
            Err(StoreError::Corrupt { path, reason }) => {
                report.find(Damage::DamagedLog, path, reason);
            }
            other => other?,
        }
        for table in Table::ALL {
            let files = {
                let core = self.core.lock().await;
                core.tables.get(table).map_or_else(Vec::new, TableFiles::list)
            };
            let mut keys = Keys::new();
            for (number, file) in (0..).zip(&files) {
                self.check_file(*table, file, number, &mut keys, &mut report).await?;
            }
            find_duplicates(keys, &files, &mut report);
            self.check_surroundings(*table, &files, &mut report).await?;
        }
        self.find_foreign(&mut report).await?;
        Ok(report)
    }

    /// Looks for data files that no version names, and for sidecars of files that are not there.
    async fn check_surroundings(
        &self,
        table: Table,
        files: &[Arc<DataFile>],
        report: &mut CheckReport,
    ) -> Result<()> {
        let active: BTreeSet<&Path> = files.iter().map(|file| &file.path).collect();
        let there = self.data_files(table).await?;
        for path in there.iter().filter(|path| !active.contains(path)) {
            report.find(Damage::UnreferencedFile, path.to_string(), String::new());
        }
        if !is_keyed(table) {
            return Ok(());
        }
        let names: BTreeSet<&str> =
            there.iter().chain(active).filter_map(|path| path.filename()).collect();
        for kind in ["idx", "overrides"] {
            for name in list_sidecars(&self.site, table, kind).await? {
                if !names.contains(name.as_str()) {
                    let path = self.site.path(&format!("_store/{kind}/{}/{name}", table.name()));
                    report.find(Damage::OrphanedSidecar, path.to_string(), String::new());
                }
            }
        }
        Ok(())
    }

    /// Looks for files that this program does not write.
    async fn find_foreign(&self, report: &mut CheckReport) -> Result<()> {
        let root = self.site.root();
        let failed = |source| StoreError::object("list", root.to_string(), source);
        let listed: Vec<_> =
            self.site.store.list(Some(root)).try_collect().await.map_err(failed)?;
        for meta in listed {
            let path = self.site.relative(&meta.location);
            if !is_ours(&path) {
                report.find(Damage::ForeignFile, meta.location.to_string(), String::new());
            }
        }
        Ok(())
    }
}

/// Whether a path inside the store is one that this program writes.
fn is_ours(path: &str) -> bool {
    let Some((first, rest)) = path.split_once('/') else { return false };
    if first == "_store" {
        let place = rest.split_once('/');
        return place.map_or(PRIVATE.contains(&rest), |(dir, _)| PRIVATE_DIRS.contains(&dir));
    }
    let is_part = rest.starts_with("_delta_log/")
        || (rest.starts_with("date=") && rest.ends_with(".parquet"));
    Table::from_name(first).is_some() && is_part
}

/// Reports rows that are visible more than once, by the files that hold them.
fn find_duplicates(mut keys: Keys, files: &[Arc<DataFile>], report: &mut CheckReport) {
    keys.sort_unstable();
    let mut in_files: BTreeMap<Vec<u32>, u64> = BTreeMap::new();
    for same in keys.chunk_by(|(a, _), (b, _)| a == b).filter(|same| same.len() > 1) {
        let mut numbers: Vec<u32> = same.iter().map(|(_, file)| *file).collect();
        numbers.dedup();
        *in_files.entry(numbers).or_default() += 1;
    }
    for (numbers, rows) in in_files {
        let paths = numbers.iter().filter_map(|at| files.get(*at as usize));
        let paths: Vec<String> = paths.map(|file| file.path.to_string()).collect();
        let path = paths.join(", ");
        report.find(Damage::DuplicateRow, path, format!("{rows} rows are seen more than once"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_the_store_are_known_by_their_place() {
        for path in [
            "_store/store.json",
            "_store/wal/00000000000000000001/durable",
            "_store/idx/spans/a.parquet",
            "spans/_delta_log/00000000000000000000.json",
            "evals/date=2026-11-20/a.parquet",
        ] {
            assert!(is_ours(path), "{path}");
        }
        for path in ["notes.txt", "_store/notes", "spans/a.parquet", "others/date=1/a.parquet"] {
            assert!(!is_ours(path), "{path}");
        }
    }
}
