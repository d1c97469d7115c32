//! Every tombstone of a store, on disk and in memory.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use futures::TryStreamExt as _;
use object_store::ObjectStore as _;
use spanlake_model::{Rows, Table};

use super::subject::EraseKey;
use super::tombstone::{Erasure, State, Tombstone};
use crate::error::{Result, StoreError};
use crate::overrides::Overrides;
use crate::site::Site;

const DIR: &str = "_store/erasures";
/// The tables with rows of subjects, in the order of erasure: a span's content goes before the span.
pub(crate) const SUBJECT_TABLES: [Table; 3] = [Table::Payloads, Table::Evals, Table::Spans];

/// Every tombstone of a store.
#[derive(Debug, Default)]
pub(crate) struct Erasures(Vec<Arc<Erasure>>);

impl Erasures {
    /// Reads a store's tombstones, but for those that are known and finished.
    pub(crate) async fn load(site: &Site, keys: &[EraseKey], known: &Self) -> Result<Self> {
        let dir = site.path(DIR);
        let failed = |source| StoreError::object("list", dir.to_string(), source);
        let listed: Vec<_> = site.store.list(Some(&dir)).try_collect().await.map_err(failed)?;
        let mut all = Vec::new();
        for meta in listed {
            if meta.location.extension() != Some("json") {
                continue;
            }
            let stamp = (meta.size, meta.last_modified);
            let name = meta.location.filename().and_then(|name| name.strip_suffix(".json"));
            let is_same = |one: &&Arc<Erasure>| {
                one.read_from == Some(stamp) && !one.is_open() && name == Some(one.id().as_str())
            };
            if let Some(one) = known.0.iter().find(is_same) {
                all.push(Arc::clone(one));
                continue;
            }
            let Some(bytes) = site.read(&meta.location).await? else { continue };
            let path = meta.location.to_string();
            let tombstone: Tombstone = serde_json::from_slice(&bytes)
                .map_err(|error| StoreError::Corrupt { path, reason: error.to_string() })?;
            let mut hidden = BTreeMap::new();
            // Before that the keys may not all be there.
            if tombstone.state == State::Hidden {
                for table in SUBJECT_TABLES {
                    let path = keys_path(site, &tombstone.id, table);
                    let Some(bytes) = site.read(&path).await? else { continue };
                    let corrupt = |reason: &'static str| StoreError::Corrupt {
                        path: path.to_string(),
                        reason: reason.to_owned(),
                    };
                    hidden.insert(table, Overrides::decode(&bytes).map_err(corrupt)?);
                }
            }
            let mut erasure = Erasure::of(tombstone, hidden, keys);
            erasure.read_from = Some(stamp);
            if !erasure.has_key() {
                tracing::warn!(
                    "an erasure's tombstone was made with another redaction key: late rows of its \
                     subject are recognised by their traces only"
                );
            }
            all.push(Arc::new(erasure));
        }
        Ok(Self(all))
    }

    /// Says what is there, to see whether it changed.
    pub(crate) fn marks(&self) -> Vec<(String, bool, usize)> {
        let mark = |one: &Arc<Erasure>| {
            let keys = one.keys.lock().values().map(Overrides::len).sum();
            (one.id(), one.is_open(), keys)
        };
        self.0.iter().map(mark).collect()
    }

    /// Returns what is on disk, with the erasures that are at work here as they are here.
    pub(super) fn and(&self, loaded: &Self) -> Self {
        let here = self.0.iter().filter(|one| one.is_attended.load(Ordering::Acquire));
        let mut all: Vec<Arc<Erasure>> = here.cloned().collect();
        let known: HashSet<String> = all.iter().map(|one| one.id()).collect();
        all.extend(loaded.0.iter().filter(|one| !known.contains(&one.id())).cloned());
        Self(all)
    }

    /// Returns these and one more.
    pub(super) fn with(&self, erasure: &Arc<Erasure>) -> Self {
        Self(self.0.iter().chain([erasure]).cloned().collect())
    }

    /// Returns the erasures that are not finished and that no call is at work on.
    pub(super) fn unattended(&self) -> Vec<Arc<Erasure>> {
        let open = self.0.iter().filter(|one| one.is_open());
        open.filter(|one| !one.is_attended.load(Ordering::Acquire)).cloned().collect()
    }

    /// Returns the keys of a table's rows that are hidden.
    pub(crate) fn hidden(&self, table: Table) -> Overrides {
        let mut hidden = Overrides::default();
        for erasure in &self.0 {
            if let Some(keys) = erasure.keys.lock().get(&table) {
                hidden.extend(keys);
            }
        }
        hidden
    }

    /// Takes rows out of the write-ahead log's that no longer count. Rows of an erasure that has just
    /// begun still do: a subject is hidden as a whole.
    pub(crate) fn strike_logged(&self, rows: &mut [Rows]) {
        for erasure in self.0.iter().filter(|one| one.tombstone.lock().state != State::Begun) {
            for rows in rows.iter_mut() {
                erasure.strike(rows);
            }
        }
    }

    /// Takes rows of erased subjects out; returns how many, and the erasures that learnt of new
    /// traces by it.
    pub(crate) fn strike(&self, rows: &mut [Rows]) -> (usize, Vec<Arc<Erasure>>) {
        let (mut struck, mut learnt) = (0, Vec::new());
        for erasure in &self.0 {
            let met: Vec<u128> = rows.iter().flat_map(|rows| erasure.meet(rows)).collect();
            if !met.is_empty() && erasure.add_traces(met) {
                learnt.push(Arc::clone(erasure));
            }
            struck += rows.iter_mut().map(|rows| erasure.strike(rows)).sum::<usize>();
        }
        (struck, learnt)
    }
}

fn keys_path(site: &Site, id: &str, table: Table) -> object_store::path::Path {
    site.path(&format!("{DIR}/{id}.{}", table.name()))
}

/// Writes a tombstone.
pub(crate) async fn write_tombstone(site: &Site, erasure: &Erasure) -> Result<()> {
    let (path, json) = {
        let tombstone = erasure.tombstone.lock();
        let path = site.path(&format!("{DIR}/{}.json", tombstone.id));
        (path, serde_json::to_vec(&*tombstone).unwrap_or_default())
    };
    site.write(&path, Bytes::from(json)).await
}

/// Writes the keys of the rows that an erasure hides.
pub(super) async fn write_keys(site: &Site, erasure: &Erasure) -> Result<()> {
    let keys: Vec<_> =
        erasure.keys.lock().iter().map(|(table, keys)| (*table, keys.encode())).collect();
    for (table, bytes) in keys {
        site.write(&keys_path(site, &erasure.id(), table), Bytes::from(bytes)).await?;
    }
    Ok(())
}

/// Deletes the keys of a finished erasure.
pub(super) async fn delete_keys(site: &Site, erasure: &Erasure) -> Result<()> {
    for table in SUBJECT_TABLES {
        site.delete(&keys_path(site, &erasure.id(), table)).await?;
    }
    Ok(())
}
