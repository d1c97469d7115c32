//! Compaction: many small files of a date become few large ones.
//!
//! Rows come out in the same order with the same values, but evaluations take what they lack from the
//! spans they judge; dead rows are left out, and the overrides
//! that files outside the group still need go on with the new file. Only rows that committed files
//! replace count as dead: what the buffer replaces is durable as the contribution that changed it,
//! and recovery merges that with the row again. Inputs are checked to be active again at the commit,
//! which never retries by itself: of two compactions of one file, one commits.
//!
//! A date whose payloads have expired is rewritten once more, without its free text.

mod doubles;
mod plan;

use std::sync::Arc;

use object_store::path::Path;
use spanlake_model::{Day, EvalRow, Table};

use crate::data::{Merged, Rewrite, has_text, merge_files};
use crate::error::Result;
use crate::file::{DataFile, DeadRows};
use crate::filter::group_hash;
use crate::flush::NewFile;
use crate::inner::Inner;
use crate::key::{Version, is_keyed};
use crate::log::{Change, LoggedFile, Outcome, TableLog};
use crate::overrides::Overrides;
use crate::split::writer_of;
use crate::table_files::TableFiles;

use doubles::doubles;
pub(crate) use plan::Group;

impl Inner {
    /// Merges what there is to merge in a table; returns how many files went in and came out.
    pub(crate) async fn compact(&self, table: Table, eager: bool) -> Result<(usize, usize)> {
        let (mut gone, mut made) = (0, 0);
        let mut files = {
            let core = self.core.lock().await;
            core.tables.get(&table).map_or_else(Vec::new, TableFiles::list)
        };
        if table == Table::Spans {
            self.leave_unsettled(&mut files)?;
        }
        let text_from = self.text_kept_from(table);
        for group in plan::plan(&files, &self.options, eager, text_from) {
            match self.merge_and_replace(table, &group, false).await {
                Ok(Some(files)) => {
                    gone += group.len();
                    made += files;
                }
                Ok(None) => {}
                Err(error) if error.is_missing_file() => {
                    // Another writer erased rows of it, or maintains, too: the next time is soon.
                    tracing::warn!(%error, "files went while they were merged");
                    self.adopt_all().await?;
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        Ok((gone, made))
    }

    /// Merges a group; `None` when another commit changed its files meanwhile. `has_doubles` looks for
    /// rows that are in several of its files also where one writer wrote them all.
    pub(crate) async fn merge_and_replace(
        &self,
        table: Table,
        group: &Group,
        has_doubles: bool,
    ) -> Result<Option<usize>> {
        let Some((path, merged)) = self.merge_group(table, group, has_doubles).await? else {
            return Ok(None);
        };
        let mut logs = self.logs.lock().await;
        let Some(log) = logs.get_mut(&table) else { return Ok(None) };
        self.replace_group(log, group, path, merged).await
    }

    /// Writes the visible rows of a group's files as one file, which is not committed yet.
    pub(crate) async fn merge_group(
        &self,
        table: Table,
        group: &Group,
        has_doubles: bool,
    ) -> Result<Option<(Path, Merged)>> {
        let writer = self.writer()?;
        let Some(date) = group.first().map(|file| file.date) else { return Ok(None) };
        let drop_text = self.text_kept_from(table).is_some_and(|first| date < first);
        let kind = if drop_text { plan::TEXTLESS } else { "" };
        let name = format!("{}-c{:016x}{kind}", self.writer_id(), writer.versions.reserve(1));
        let path = self.data_path(table, date, &name);
        let inputs = self.with_committed_dead(table, group, has_doubles).await?;
        let rewrite = self.rewrite(table, drop_text).await;
        let merged =
            merge_files(&self.site.store, table, &inputs, &path, &rewrite, &self.options).await?;
        Ok(Some((path, merged)))
    }

    /// Commits a merged file in the place of its group; returns how many files there are instead,
    /// `None` when another commit changed the group's files meanwhile.
    pub(crate) async fn replace_group(
        &self,
        log: &mut TableLog,
        group: &Group,
        path: Path,
        merged: Merged,
    ) -> Result<Option<usize>> {
        let table = log.table();
        let Some(date) = group.first().map(|file| file.date) else { return Ok(None) };
        let Merged { facts, size, is_rewritten } = merged;
        let carried = {
            let core = self.core.lock().await;
            let Some(files) = core.tables.get(&table) else { return Ok(None) };
            carried_overrides(files, group, |_| true).await.0
        };
        let file = NewFile {
            logged: LoggedFile {
                path,
                size,
                date,
                modified: self.options.clock.now(),
                stats: Some(facts.stats_json.clone()),
            },
            facts,
            overrides: (!carried.is_empty()).then(|| Arc::new(carried)),
            recent: None,
        };
        let keeps = file.facts.rows > 0 || file.overrides.is_some();
        if keeps {
            self.write_sidecars(table, &file).await?;
        }
        let adds = if keeps { vec![file.logged.clone()] } else { Vec::new() };
        let Some(outcome) = self.replace(log, adds, group, is_rewritten).await? else {
            self.site.delete(&file.logged.path).await?;
            if self.unfinished.lock().await.is_none() {
                self.adopt(log, &mut []).await?;
            }
            return Ok(None);
        };
        let mut core = self.core.lock().await;
        if let Some(files) = core.tables.get_mut(&table) {
            for file in group {
                files.remove(&file.path);
            }
            files.advance(outcome);
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

    /// Returns what a merge of files of a table changes in their rows.
    async fn rewrite(&self, table: Table, drop_text: bool) -> Rewrite {
        match table {
            _ if drop_text => Rewrite::DropText,
            Table::Evals => {
                let core = self.core.lock().await;
                let Some(spans) = core.tables.get(&Table::Spans) else { return Rewrite::Nothing };
                let open_from = self.options.clock.now().plus_days(-EvalRow::OPEN_DAYS);
                Rewrite::Judge(self.lookup.clone(), spans.to_read(), open_from)
            }
            _ => Rewrite::Nothing,
        }
    }

    /// Returns the files with those rows dead that other committed files replace, and of rows that
    /// are in several files of the group all but the newest.
    async fn with_committed_dead(
        &self,
        table: Table,
        group: &Group,
        has_doubles: bool,
    ) -> Result<Group> {
        let is_others = |file: &Arc<DataFile>| writer_of(&file.path) != self.writer_id();
        let is_mixed = is_keyed(table) && (has_doubles || group.iter().any(is_others));
        let mut keys = Vec::with_capacity(group.len());
        for file in group {
            keys.push(if file.dead.is_empty() && !is_mixed {
                None
            } else {
                Some(self.lookup.keys(table, file).await?)
            });
        }
        let mut doubles = if is_mixed { doubles(table, group, &keys).await } else { Vec::new() };
        doubles.resize(group.len(), Vec::new());
        let core = self.core.lock().await;
        let Some(known) = core.tables.get(&table) else { return Ok(group.clone()) };
        let inputs = group.iter().zip(keys).zip(doubles).map(|((file, keys), mut dead)| {
            let Some(keys) = keys else { return Arc::clone(file) };
            dead.extend(known.overrides.dead_rows(&keys));
            Arc::new(DataFile { dead: DeadRows::new(dead), ..DataFile::clone(file) })
        });
        Ok(inputs.collect())
    }

    /// Returns the first date whose free text is kept in a table; `None` when all is.
    fn text_kept_from(&self, table: Table) -> Option<Day> {
        let days = self.options.payload_retention_days.filter(|_| has_text(table))?;
        Some(self.options.clock.now().plus_days(-days).day())
    }

    /// Commits the replacement of files that must all be active; `None` when one is not.
    pub(crate) async fn replace(
        &self,
        log: &mut TableLog,
        adds: Vec<LoggedFile>,
        gone: &[Arc<DataFile>],
        changes_data: bool,
    ) -> Result<Option<Outcome>> {
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
            // So it looks after a commit whose answer got lost, too.
            let is_gone = !gone.iter().any(|file| is_active(&file.path));
            if is_gone && change.adds.iter().all(|file| is_active(&file.path)) {
                return Ok(Some(Outcome::Unknown));
            }
            if !gone.iter().all(|file| is_active(&file.path)) {
                return Ok(None);
            }
            let next = log.app_version(&app_id).await?.unwrap_or(0) + 1;
            change.txn = Some((app_id.clone(), next));
            let outcome = log.commit(&change).await?;
            if matches!(outcome, Outcome::Committed(_)) {
                return Ok(Some(outcome));
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

/// Returns the group's overrides that those files outside it may still need, and the last of these
/// files' dates.
pub(crate) async fn carried_overrides(
    files: &TableFiles,
    group: &Group,
    may_need: impl Fn(&DataFile) -> bool,
) -> (Overrides, Option<Day>) {
    let (mut carried, mut last) = (Overrides::default(), None);
    let others = files.files.values().filter(|file| may_need(file));
    let others: Vec<_> =
        others.filter(|file| !group.iter().any(|input| input.path == file.path)).collect();
    for file in &others {
        file.filter.load().await;
    }
    for input in group {
        let Some(overrides) = files.file_overrides.get(&input.path) else { continue };
        for (key, version) in overrides.iter() {
            if files.overrides.get(key) == Some(Version::ERASED) {
                continue;
            }
            let hash = group_hash(key.group);
            let may_need =
                |file: &&&Arc<DataFile>| file.filter.may_contain_group_hash(files.table, hash);
            let needed = others.iter().filter(may_need);
            let date = needed.map(|file| file.date).max();
            if date.is_some() {
                carried.insert(key, version);
                last = last.max(date);
            }
        }
    }
    (carried, last)
}
