//! Erasure: everything of a user, a session, a tenant or a trace goes, and does not come back.
//!
//! ```text
//! tombstone (nothing of the subject is taken any more) ─▶ flush ─▶ find its rows
//!   ─▶ write their keys: hidden in every process ─▶ rewrite payloads, evals, spans ─▶ delete what
//!   held them: files, sidecars, log entries, log segments, unfinished writes ─▶ search all that is left
//! ```
//!
//! A subject's rows are those that name it and, in the same traces, those that name nobody. An
//! erasure that was interrupted is taken up again by the next maintenance. Rows of a trace that
//! another process merges meanwhile are found in the merged file: each table is looked through until
//! no active file holds them, and a merge of files that are gone does not commit.

mod erasures;
mod needles;
mod owner;
mod receipt;
mod resolve;
mod rewrite;
mod search;
mod subject;
mod tombstone;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use object_store::ObjectStoreExt as _;
use object_store::path::Path;
use spanlake_model::Table;
use tokio::sync::MutexGuard;

use erasures::{SUBJECT_TABLES, delete_keys, write_keys};
use needles::Needles;
use resolve::{Found, Searched};
use tombstone::State;

pub(crate) use erasures::{Erasures, write_tombstone};
pub use receipt::{ErasePreview, EraseReceipt, ErasedTable, PreviewedTable};
pub use search::{Mention, SearchReport, Survivor};
pub use subject::{EraseKey, Subject, SubjectKind};
use tombstone::Erasure;

use crate::error::Result;
use crate::inner::Inner;
use crate::meta::fresh_id;
use crate::overrides::Overrides;

/// What looking for a subject has found so far.
#[derive(Debug, Default)]
struct Progress {
    found: Found,
    /// Files that were looked through.
    searched: BTreeSet<Path>,
}

impl Inner {
    /// Erases a subject.
    pub(crate) async fn erase(&self, subject: Subject) -> Result<EraseReceipt> {
        self.writer()?;
        let now = self.options.clock.now();
        let (id, salt) = (fresh_id("erasure", now), fresh_id("salt", now));
        let key = self.options.erase_keys.first();
        let erasure = Arc::new(Erasure::begin(id, &subject, now, key, salt));
        {
            // Waits for appends that are under way: those after it do not take the subject's rows.
            let _taking = self.taking.write().await;
            write_tombstone(&self.site, &erasure).await?;
            self.erasures.rcu(|known| known.with(&erasure));
        }
        let done = self.attend(&erasure, &subject).await;
        if done.is_err() {
            erasure.is_attended.store(false, Ordering::Release);
        }
        done
    }

    async fn attend(&self, erasure: &Arc<Erasure>, subject: &Subject) -> Result<EraseReceipt> {
        let progress = self.hide(erasure).await?;
        let lock = self.maintenance.lock().await;
        self.finish_erasure(erasure, Some(subject), progress, &lock).await
    }

    /// Takes up erasures that were interrupted; returns how many.
    pub(crate) async fn resume_erasures(&self, lock: &MutexGuard<'_, ()>) -> Result<usize> {
        let (open, unknown): (Vec<_>, Vec<_>) =
            self.erasures.load().unattended().into_iter().partition(|one| one.knows_subject());
        for erasure in unknown {
            // Nobody would be recognised, and the search would find nothing left.
            tracing::error!(
                erasure = erasure.id(),
                "an erasure waits for the redaction key it was begun with: give it, as the key or \
                 among the retired ones, and maintain the store"
            );
        }
        for erasure in &open {
            let progress = self.hide(erasure).await?;
            let receipt = self.finish_erasure(erasure, None, progress, lock).await?;
            if !receipt.is_clean() {
                tracing::error!(
                    erasure = receipt.erasure_id,
                    survivors = receipt.search.survivors.len(),
                    "an erasure that was taken up again left something"
                );
            }
        }
        Ok(open.len())
    }

    /// Says what an erasure would do.
    pub(crate) async fn preview_erasure(&self, subject: Subject) -> Result<ErasePreview> {
        self.refresh().await?;
        let now = self.options.clock.now();
        let erasure = Erasure::begin(String::new(), &subject, now, None, fresh_id("salt", now));
        let found = self.resolve(&erasure, &self.searchable(), true).await?;
        let tables = SUBJECT_TABLES.iter().map(|table| PreviewedTable {
            table: table.name(),
            rows: found.rows.get(table).copied().unwrap_or(0),
            files: found.files.get(table).map_or(0, BTreeSet::len),
        });
        Ok(ErasePreview { traces: found.traces.len(), tables: tables.collect() })
    }

    /// Searches everything that the store has written for a subject.
    pub(crate) async fn search_subject(&self, subject: Subject) -> Result<SearchReport> {
        self.refresh().await?;
        let now = self.options.clock.now();
        let erasure = Erasure::begin(String::new(), &subject, now, None, fresh_id("salt", now));
        let found = self.resolve(&erasure, &self.searchable(), true).await?;
        let traces = found.traces.difference(&found.shared).copied();
        self.search(Needles::new(Arc::new(erasure), Some(&subject), traces, found.keys)).await
    }

    /// Takes in what other writers of a bucket erase: their rows are hidden here, too.
    pub(crate) async fn adopt_erasures(&self) -> Result<()> {
        if !self.site.is_bucket {
            return Ok(());
        }
        let keys = &self.options.erase_keys;
        let known = self.erasures.load_full();
        let loaded = Erasures::load(&self.site, keys, &known).await?;
        if known.marks() == loaded.marks() {
            return Ok(());
        }
        self.erasures.rcu(|known| known.and(&loaded));
        let known = self.erasures.load_full();
        let hidden = SUBJECT_TABLES.map(|table| (table, known.hidden(table)));
        self.hide_keys(hidden.iter().map(|(table, keys)| (*table, keys))).await?;
        self.adopt_all().await
    }

    /// Hides rows of files, and gives up those of the buffer.
    async fn hide_keys<'a>(
        &self,
        keys: impl Iterator<Item = (Table, &'a Overrides)>,
    ) -> Result<()> {
        let mut core = self.core.lock().await;
        for (table, keys) in keys.filter(|(_, keys)| !keys.is_empty()) {
            if let Some(files) = core.tables.get_mut(&table) {
                files.overrides.extend(keys);
                self.lookup.resolve(files).await?;
            }
            core.buffer.erase(table, keys);
            core.touch(table);
        }
        core.publish(&self.published)
    }

    /// Finds the rows of a subject and hides them, here and in every process that refreshes.
    async fn hide(&self, erasure: &Erasure) -> Result<Progress> {
        self.flush().await?;
        self.adopt_all().await?;
        let searched = self.searchable();
        let found = self.resolve(erasure, &searched, true).await?;
        let mut progress = Progress::default();
        let _logs = self.logs.lock().await;
        self.take_found(erasure, &searched, found, &mut progress).await?;
        Ok(progress)
    }

    /// Persists the keys of what was found, then hides the rows. Nothing may commit meanwhile.
    async fn take_found(
        &self,
        erasure: &Erasure,
        searched: &Searched,
        found: Found,
        progress: &mut Progress,
    ) -> Result<()> {
        for (table, keys) in &found.keys {
            erasure.keys.lock().entry(*table).or_default().extend(keys);
        }
        write_keys(&self.site, erasure).await?;
        erasure.set_state(State::Hidden);
        write_tombstone(&self.site, erasure).await?;
        let paths = searched.values().flat_map(|(files, _)| files);
        progress.searched.extend(paths.map(|file| file.path.clone()));
        self.hide_keys(found.keys.iter().map(|(table, keys)| (*table, keys))).await?;
        progress.found.traces.extend(found.traces);
        progress.found.shared.extend(found.shared);
        Ok(())
    }

    /// Rewrites what holds rows of an erasure, and searches what is left. The caller holds the lock
    /// of maintenance, so that no merge of this process goes on.
    async fn finish_erasure(
        &self,
        erasure: &Arc<Erasure>,
        subject: Option<&Subject>,
        mut progress: Progress,
        _lock: &MutexGuard<'_, ()>,
    ) -> Result<EraseReceipt> {
        let mut receipt = self.begin_receipt(erasure).await?;
        let writer = self.writer()?;
        writer.wal.close_segment().await?;
        // Appends that were under way are absorbed: what is flushed now holds all closed segments.
        drop(self.taking.write().await);
        self.flush().await?;
        let mut logs = self.logs.lock().await;
        self.look_again(erasure, &mut progress).await?;
        self.lookup.recent.clear();
        self.rewrite_erased(&mut logs, erasure, &mut receipt).await?;
        receipt.deleted_unfinished = self.delete_staged().await?;
        let marks = self.core.lock().await.marks();
        receipt.deleted_log_segments = writer.wal.trim_now(&marks)?;
        drop(logs);

        let keys = erasure.keys.lock().clone();
        let mut traces = progress.found.traces;
        let keyed =
            [Table::Spans, Table::Payloads].into_iter().filter_map(|table| keys.get(&table));
        traces.extend(keyed.flat_map(|keys| keys.iter().map(|(key, _)| key.group)));
        receipt.traces = traces.len();
        let gone = traces.difference(&progress.found.shared).copied();
        delete_keys(&self.site, erasure).await?;
        receipt.search =
            self.search(Needles::new(Arc::clone(erasure), subject, gone, keys.clone())).await?;
        self.forget_keys(&keys).await;
        erasure.keys.lock().clear();
        erasure.set_state(State::Done);
        write_tombstone(&self.site, erasure).await?;
        receipt.ended_at = self.options.clock.now();
        Ok(receipt)
    }

    /// Looks through the files that came since the subject's rows were hidden.
    async fn look_again(&self, erasure: &Erasure, progress: &mut Progress) -> Result<()> {
        let mut searched = self.searchable();
        for (files, _) in searched.values_mut() {
            files.retain(|file| !progress.searched.contains(&file.path));
        }
        let found = self.resolve(erasure, &searched, false).await?;
        self.take_found(erasure, &searched, found, progress).await
    }

    /// Lets go of keys whose rows are gone.
    async fn forget_keys(&self, keys: &BTreeMap<Table, Overrides>) {
        let mut core = self.core.lock().await;
        for (table, keys) in keys {
            if let Some(files) = core.tables.get_mut(table) {
                files.overrides.forget(keys);
            }
        }
    }

    async fn begin_receipt(&self, erasure: &Erasure) -> Result<EraseReceipt> {
        let (subject, key_id, erasure_id) = {
            let tombstone = erasure.tombstone.lock();
            (
                tombstone.forms.iter().cloned().collect(),
                tombstone.key_id.clone(),
                tombstone.id.clone(),
            )
        };
        Ok(EraseReceipt {
            store_id: self.meta.store_id.clone(),
            erasure_id,
            kind: Some(erasure.kind()),
            subject,
            key_id,
            erased_at: erasure.erased_at(),
            not_erased: self.out_of_reach().await?,
            ..EraseReceipt::default()
        })
    }

    /// Names what an erasure does not reach.
    async fn out_of_reach(&self) -> Result<Vec<String>> {
        let mut not = vec![
            "copies outside the store: backups, exports, reports, other systems".to_owned(),
            "results that readers hold, and what other engines have cached".to_owned(),
        ];
        if !self.site.is_bucket {
            not.push("snapshots that the file system or the disk keeps".to_owned());
            return Ok(not);
        }
        not.push(
            "write-ahead logs of other machines that write to this bucket: erase again once each \
             has flushed"
                .to_owned(),
        );
        not.push(
            "parts of unfinished uploads: a lifecycle rule of the bucket ends them".to_owned(),
        );
        let meta = self.site.store.head(&self.site.path("_store/store.json")).await;
        not.push(if meta.is_ok_and(|meta| meta.version.is_some()) {
            "older versions of objects: this bucket keeps versions; delete the noncurrent ones"
                .to_owned()
        } else {
            "object locks and replicas of the bucket, which cannot be seen from here".to_owned()
        });
        Ok(not)
    }
}
