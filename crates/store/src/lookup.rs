//! Finds rows in data files by trace, evaluation or key.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::{StreamExt as _, stream};
use object_store::ObjectStore;
use spanlake_model::{Rows, Table};

use crate::buffer::{Buffer, FileRow, FileRows, Incoming, Map, is_due};
use crate::data::{read_keys, read_rows_at, scan_keys};
use crate::error::{Result, StoreError};
use crate::file::DataFile;
use crate::filter::group_hash;
use crate::key::{RowKey, group_key, member_key};
use crate::keys::{FileKeys, KeyCache};
use crate::overrides::Overrides;
use crate::recent::RecentFiles;
use crate::table_files::TableFiles;

/// Reads files of one store.
#[derive(Clone, Debug)]
pub(crate) struct Lookup {
    pub(crate) store: Arc<dyn ObjectStore>,
    pub(crate) cache: Arc<KeyCache>,
    pub(crate) recent: Arc<RecentFiles>,
}

/// Files searched for dead rows at a time.
const SEARCHES: usize = 4;

/// A trace of which rows arrive.
#[derive(Debug)]
struct Wanted {
    group: u128,
    hash: u64,
    /// Spans of it that arrive.
    members: Vec<u64>,
}

/// A file that may hold rows of some of the traces, by their position in the list.
type Hit<'a> = (&'a DataFile, Arc<FileKeys>, Vec<usize>);

impl Lookup {
    /// Returns where each row of a file is.
    pub(crate) async fn keys(&self, table: Table, file: &DataFile) -> Result<Arc<FileKeys>> {
        if let Some(keys) = self.cache.get(&file.path) {
            return Ok(keys);
        }
        let keys = Arc::new(read_keys(&self.store, table, file).await?);
        self.cache.put(&file.path, Arc::clone(&keys));
        Ok(keys)
    }

    /// Returns what files hold of the traces and evaluations that arrive: all of a trace that is to
    /// be settled, otherwise the rows that arrive again.
    pub(crate) async fn rows_for(
        &self,
        tables: &BTreeMap<Table, TableFiles>,
        buffer: &Buffer,
        entries: impl Iterator<Item = &Incoming>,
    ) -> Result<FileRows> {
        let (traces, evals) = wanted(entries);
        let spans = self.hits(tables.get(&Table::Spans), &traces).await?;
        let payloads = self.hits(tables.get(&Table::Payloads), &traces).await?;
        let mut known = vec![0_usize; traces.len()];
        for (_, keys, at) in &spans {
            for at in at {
                if let (Some(known), Some(trace)) = (known.get_mut(*at), traces.get(*at)) {
                    *known += keys.rows_of_group(trace.group).count();
                }
            }
        }
        let mut found = FileRows::default();
        for (trace, in_files) in traces.iter().zip(known) {
            let (buffered, waiting) = buffer.trace_rows(Table::Spans, trace.group);
            if is_due(buffered + in_files, waiting, trace.members.len()) {
                found.whole.insert(trace.group);
            }
        }
        self.read_hits(Table::Spans, spans, &traces, &mut found).await?;
        self.read_hits(Table::Payloads, payloads, &traces, &mut found).await?;
        if let Some(files) = tables.get(&Table::Evals) {
            self.find_evals(files, &evals, &mut found).await?;
        }
        Ok(found)
    }

    /// Returns all that files hold of the traces, to settle them.
    pub(crate) async fn whole_traces(
        &self,
        tables: &BTreeMap<Table, TableFiles>,
        groups: impl Iterator<Item = u128>,
    ) -> Result<FileRows> {
        let traces: Vec<Wanted> = groups
            .map(|group| Wanted { group, hash: group_hash(group), members: Vec::new() })
            .collect();
        let mut found = FileRows::default();
        found.whole.extend(traces.iter().map(|trace| trace.group));
        for table in [Table::Spans, Table::Payloads] {
            let hits = self.hits(tables.get(&table), &traces).await?;
            self.read_hits(table, hits, &traces, &mut found).await?;
        }
        Ok(found)
    }

    /// Finds the files that may hold rows of the traces.
    async fn hits<'a>(
        &self,
        files: Option<&'a TableFiles>,
        traces: &[Wanted],
    ) -> Result<Vec<Hit<'a>>> {
        let mut hits = Vec::new();
        let Some(files) = files.filter(|_| !traces.is_empty()) else { return Ok(hits) };
        for file in files.files.values() {
            file.filter.load().await;
            let maybe =
                |(_, trace): &(usize, &Wanted)| file.filter.may_contain_trace_hash(trace.hash);
            let at: Vec<usize> =
                traces.iter().enumerate().filter(maybe).map(|(at, _)| at).collect();
            if !at.is_empty() {
                hits.push((file.as_ref(), self.keys(files.table, file).await?, at));
            }
        }
        Ok(hits)
    }

    /// Reads the rows that are wanted.
    async fn read_hits(
        &self,
        table: Table,
        hits: Vec<Hit<'_>>,
        traces: &[Wanted],
        found: &mut FileRows,
    ) -> Result<()> {
        for (file, keys, at) in hits {
            let mut rows: Vec<u32> = Vec::new();
            for trace in at.into_iter().filter_map(|at| traces.get(at)) {
                if found.whole.contains(&trace.group) {
                    rows.extend(keys.rows_of_group(trace.group));
                } else {
                    for member in &trace.members {
                        let key = RowKey { group: trace.group, member: *member };
                        rows.extend(keys.rows_of(key).map(|(row, _)| row));
                    }
                }
            }
            rows.retain(|row| !file.dead.contains(*row));
            if rows.is_empty() {
                continue;
            }
            rows.sort_unstable();
            let read = match self.recent.get(&file.path) {
                Some(recent) => recent.read(table, &rows),
                None => read_rows_at(&self.store, table, file, &rows, None)
                    .await?
                    .iter()
                    .map(|batch| table.read_rows(batch, 0..batch.num_rows()))
                    .collect(),
            };
            let mut at = rows.iter().copied();
            for rows in read {
                let path = &file.path;
                match rows {
                    Rows::Spans(rows) => {
                        for (row, at) in rows.into_iter().zip(&mut at) {
                            let rows = found.spans.entry(group_key(&row.trace_id)).or_default();
                            rows.push(FileRow { row, file: path.clone(), at });
                        }
                    }
                    Rows::Payloads(rows) => {
                        for (row, at) in rows.into_iter().zip(&mut at) {
                            let rows = found.payloads.entry(group_key(&row.trace_id)).or_default();
                            rows.push(FileRow { row, file: path.clone(), at });
                        }
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// Finds which evaluations are in files already.
    async fn find_evals(
        &self,
        files: &TableFiles,
        evals: &Map<u128, u64>,
        found: &mut FileRows,
    ) -> Result<()> {
        if evals.is_empty() {
            return Ok(());
        }
        for file in files.files.values() {
            file.filter.load().await;
            let maybe = |(_, hash): &(&u128, &u64)| file.filter.may_contain_eval_hash(**hash);
            let hits: Vec<u128> = evals.iter().filter(maybe).map(|(key, _)| *key).collect();
            if !hits.is_empty() {
                let keys = self.keys(Table::Evals, file).await?;
                let is_there = |group: &u128| keys.contains(RowKey { group: *group, member: 0 });
                found.evals.extend(hits.into_iter().filter(is_there));
            }
        }
        Ok(())
    }

    /// Hides what the overrides of a table's files make dead in its other files. Reads the keys of
    /// those files only whose filters say that they may hold an overridden row.
    pub(crate) async fn resolve(&self, files: &mut TableFiles) -> Result<()> {
        if files.overrides.is_empty() {
            return Ok(());
        }
        let wanted: Vec<_> = files
            .overrides
            .iter()
            .map(|(key, version)| (key, version, group_hash(key.group)))
            .collect();
        let mut searches = Vec::new();
        for file in files.files.values() {
            file.filter.load().await;
            let own = files.file_overrides.get(&file.path);
            let mut suspects = Overrides::default();
            for (key, version, hash) in &wanted {
                // The newest version lies in the file that brought the override.
                let is_own =
                    own.is_some_and(|own| !own.hide_own && own.get(*key) == Some(*version));
                if !is_own && file.filter.may_contain_group_hash(files.table, *hash) {
                    suspects.insert(*key, *version);
                }
            }
            if !suspects.is_empty() {
                searches.push((Arc::clone(file), suspects));
            }
        }
        let table = files.table;
        let mut found = stream::iter(searches)
            .map(|(file, suspects)| {
                let lookup = self.clone();
                tokio::spawn(async move {
                    let rows = lookup.dead_rows(table, &file, &suspects).await?;
                    Ok::<_, StoreError>((file.path.clone(), rows))
                })
            })
            .buffer_unordered(SEARCHES);
        let mut dead = Vec::new();
        while let Some(found) = found.next().await {
            // A search is never aborted; it fails to join only by a panic, which goes on here.
            let found = found.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()));
            let (path, rows) = found?;
            dead.extend(rows.into_iter().map(|row| (path.clone(), row)));
        }
        drop(found);
        files.hide(dead);
        Ok(())
    }

    /// Finds the rows of a file that overrides make dead. Its keys are not kept: that pays for those
    /// who write, file by file.
    async fn dead_rows(
        &self,
        table: Table,
        file: &DataFile,
        overrides: &Overrides,
    ) -> Result<Vec<u32>> {
        if let Some(keys) = self.cache.get(&file.path) {
            return Ok(overrides.dead_rows(&keys));
        }
        let mut dead = Vec::new();
        scan_keys(&self.store, table, file, |row, key, version| {
            if overrides.get(key).is_some_and(|newest| version < newest) {
                dead.push(row);
            }
        })
        .await?;
        Ok(dead)
    }
}

/// Collects the traces with the spans that arrive, and the evaluations with their hashes.
fn wanted<'a>(entries: impl Iterator<Item = &'a Incoming>) -> (Vec<Wanted>, Map<u128, u64>) {
    let (mut traces, mut evals) = (Map::<u128, Vec<u64>>::default(), Map::default());
    let mut add = |trace: &str, span: &str| {
        traces.entry(group_key(trace)).or_default().push(member_key(span));
    };
    for rows in entries.flat_map(|entry| &entry.rows) {
        match rows {
            Rows::Spans(rows) => rows.iter().for_each(|row| add(&row.trace_id, &row.span_id)),
            Rows::Payloads(rows) => rows.iter().for_each(|row| add(&row.trace_id, &row.span_id)),
            Rows::Evals(rows) => {
                for group in rows.iter().map(|row| group_key(&row.eval_id)) {
                    evals.entry(group).or_insert_with(|| group_hash(group));
                }
            }
            _ => {}
        }
    }
    let traces = traces.into_iter().map(|(group, mut members)| {
        members.sort_unstable();
        members.dedup();
        Wanted { group, hash: group_hash(group), members }
    });
    (traces.collect(), evals)
}
