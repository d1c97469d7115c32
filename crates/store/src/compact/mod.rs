//! Compaction: many small files of a date become few large ones.
//!
//! Rows come out in the same order with the same values; dead rows are left out, and the overrides
//! that files outside the group still need go on with the new file. Inputs are checked to be active
//! again at the commit, which never retries by itself: of two compactions of one file, one commits.

mod plan;

use std::sync::Arc;

use spanlake_model::Table;

use crate::data::merge_files;
use crate::error::Result;
use crate::filter::group_hash;
use crate::flush::NewFile;
use crate::inner::Inner;
use crate::log::{Change, LoggedFile, Outcome};
use crate::overrides::Overrides;
use crate::table_files::TableFiles;

use plan::Group;

impl Inner {
    /// Merges what there is to merge in a table; returns how many files went in and came out.
    pub(crate) async fn compact(&self, table: Table, eager: bool) -> Result<(usize, usize)> {
        let (mut gone, mut made) = (0, 0);
        let files = {
            let core = self.core.lock().await;
            core.tables.get(&table).map_or_else(Vec::new, TableFiles::list)
        };
        for group in plan::plan(&files, &self.options, eager) {
            if let Some(files) = self.compact_group(table, &group).await? {
                gone += group.len();
                made += files;
            }
        }
        Ok((gone, made))
    }

    /// Merges one group; `None` when another commit changed its files meanwhile.
    async fn compact_group(&self, table: Table, group: &Group) -> Result<Option<usize>> {
        let writer = self.writer()?;
        let Some(first) = group.first() else { return Ok(None) };
        let name = format!("{}-c{:016x}", self.meta.writer_id, writer.versions.reserve(1));
        let path = self.data_path(table, first.date, &name);
        let (facts, size) =
            merge_files(&self.site.store, table, group, &path, &self.options).await?;

        let mut logs = self.logs.lock().await;
        let Some(log) = logs.get_mut(&table) else { return Ok(None) };
        let carried = {
            let core = self.core.lock().await;
            let Some(files) = core.tables.get(&table) else { return Ok(None) };
            carried_overrides(files, group).await
        };
        let file = NewFile {
            logged: LoggedFile {
                path,
                size,
                date: first.date,
                modified: self.options.clock.now(),
                stats: Some(facts.stats_json.clone()),
            },
            facts,
            overrides: (!carried.is_empty()).then(|| Arc::new(carried)),
        };
        let keeps = file.facts.rows > 0 || file.overrides.is_some();
        if keeps {
            self.write_sidecars(table, &file).await?;
        }
        let adds = if keeps { vec![file.logged.clone()] } else { Vec::new() };
        if !self.replace(log, adds, group, false).await? {
            self.site.delete(&file.logged.path).await?;
            return Ok(None);
        }
        let version = log.version();
        let mut core = self.core.lock().await;
        if let Some(files) = core.tables.get_mut(&table) {
            for file in group {
                files.remove(&file.path);
            }
            files.version = version;
        }
        for input in group {
            self.lookup.cache.remove(&input.path);
        }
        if keeps {
            self.register(&mut core, table, file);
        }
        core.touch(table);
        core.publish(&self.published)?;
        Ok(Some(usize::from(keeps)))
    }

    /// Commits the replacement of files that must all be active; `false` when one is not.
    pub(crate) async fn replace(
        &self,
        log: &mut crate::log::TableLog,
        adds: Vec<LoggedFile>,
        gone: &[Arc<crate::DataFile>],
        changes_data: bool,
    ) -> Result<bool> {
        let app_id = format!("{}/maintenance", self.meta.store_id);
        let now = self.options.clock.now();
        let removes = gone.iter().map(|file| LoggedFile {
            path: file.path.clone(),
            size: file.size,
            date: file.date,
            modified: now,
            stats: None,
        });
        let mut change = Change { adds, removes: removes.collect(), txn: None, changes_data };
        for _ in 0..COMMIT_ATTEMPTS {
            let active = log.files()?;
            let is_active = |path| active.iter().any(|file| &file.path == path);
            if !change.adds.is_empty() && change.adds.iter().all(|file| is_active(&file.path)) {
                return Ok(true);
            }
            if !gone.iter().all(|file| is_active(&file.path)) {
                return Ok(false);
            }
            let next = log.app_version(&app_id).await?.unwrap_or(0) + 1;
            change.txn = Some((app_id.clone(), next));
            if log.commit(&change).await? == Outcome::Committed {
                return Ok(true);
            }
        }
        Err(crate::StoreError::CommitContention {
            table: log.table().name(),
            attempts: COMMIT_ATTEMPTS,
        })
    }
}

/// How often a commit that lost is tried again.
const COMMIT_ATTEMPTS: u32 = 20;

/// Returns the group's overrides that files outside it may still need.
async fn carried_overrides(files: &TableFiles, group: &Group) -> Overrides {
    let mut carried = Overrides::default();
    let others: Vec<_> = files
        .files
        .values()
        .filter(|file| !group.iter().any(|input| input.path == file.path))
        .collect();
    for file in &others {
        file.filter.load().await;
    }
    for input in group {
        let Some(overrides) = files.file_overrides.get(&input.path) else { continue };
        for (key, version) in overrides.iter() {
            let hash = group_hash(key.group);
            if others.iter().any(|file| file.filter.may_contain_trace_hash(hash)) {
                carried.insert(key, version);
            }
        }
    }
    carried
}
