//! Finds rows in data files by trace, evaluation or key.

use std::sync::Arc;

use object_store::ObjectStore;
use spanlake_model::{Rows, Table};

use crate::buffer::{FileRow, FileRows, Incoming, Map};
use crate::data::{read_keys, read_rows_at};
use crate::error::Result;
use crate::file::DataFile;
use crate::filter::group_hash;
use crate::key::{RowKey, group_key};
use crate::keys::{FileKeys, KeyCache};
use crate::overrides::Overrides;
use crate::table_files::TableFiles;

/// Reads files of one store.
#[derive(Clone, Debug)]
pub(crate) struct Lookup {
    pub(crate) store: Arc<dyn ObjectStore>,
    pub(crate) cache: Arc<KeyCache>,
}

/// A trace or evaluation that is looked for, and its hash in filters.
type Wanted = (u128, u64);

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

    /// Returns what files hold of the traces and evaluations that arrive.
    pub(crate) async fn rows_for<'a>(
        &self,
        tables: impl Fn(Table) -> Option<&'a TableFiles>,
        entries: impl Iterator<Item = &Incoming>,
    ) -> Result<FileRows> {
        let (mut traces, mut evals) = (Map::<u128, u64>::default(), Map::<u128, u64>::default());
        let add = |wanted: &mut Map<u128, u64>, id: &str| {
            let group = group_key(id);
            wanted.entry(group).or_insert_with(|| group_hash(group));
        };
        for rows in entries.flat_map(|entry| &entry.rows) {
            match rows {
                Rows::Spans(rows) => rows.iter().for_each(|row| add(&mut traces, &row.trace_id)),
                Rows::Payloads(rows) => rows.iter().for_each(|row| add(&mut traces, &row.trace_id)),
                Rows::Evals(rows) => rows.iter().for_each(|row| add(&mut evals, &row.eval_id)),
                _ => {}
            }
        }
        let (traces, evals): (Vec<Wanted>, Vec<Wanted>) =
            (traces.into_iter().collect(), evals.into_iter().collect());
        let mut found = FileRows::default();
        if let Some(files) = tables(Table::Spans) {
            self.trace_rows(files, &traces, &mut found).await?;
        }
        if let Some(files) = tables(Table::Payloads) {
            self.trace_rows(files, &traces, &mut found).await?;
        }
        if let Some(files) = tables(Table::Evals) {
            for file in files.files.values() {
                let maybe = |(_, hash): &&Wanted| file.filter.may_contain_eval_hash(*hash);
                let hits: Vec<u128> = evals.iter().filter(maybe).map(|(key, _)| *key).collect();
                if !hits.is_empty() {
                    let keys = self.keys(Table::Evals, file).await?;
                    let is_there =
                        |group: &u128| keys.contains(RowKey { group: *group, member: 0 });
                    found.evals.extend(hits.into_iter().filter(is_there));
                }
            }
        }
        Ok(found)
    }

    async fn trace_rows(
        &self,
        files: &TableFiles,
        traces: &[Wanted],
        found: &mut FileRows,
    ) -> Result<()> {
        for file in files.files.values() {
            let maybe = |(_, hash): &&Wanted| file.filter.may_contain_trace_hash(*hash);
            let hits: Vec<u128> = traces.iter().filter(maybe).map(|(key, _)| *key).collect();
            if hits.is_empty() {
                continue;
            }
            let keys = self.keys(files.table, file).await?;
            let mut rows: Vec<u32> = hits
                .into_iter()
                .flat_map(|group| keys.rows_of_group(group))
                .filter(|row| !file.dead.contains(*row))
                .collect();
            if rows.is_empty() {
                continue;
            }
            rows.sort_unstable();
            let mut at = rows.iter().copied();
            for batch in read_rows_at(&self.store, files.table, file, &rows).await? {
                match files.table.read_rows(&batch, 0..batch.num_rows()) {
                    Rows::Spans(rows) => {
                        for (row, at) in rows.into_iter().zip(&mut at) {
                            let path = file.path.clone();
                            let rows = found.spans.entry(group_key(&row.trace_id)).or_default();
                            rows.push(FileRow { row, file: path, at });
                        }
                    }
                    Rows::Payloads(rows) => {
                        for (row, at) in rows.into_iter().zip(&mut at) {
                            let path = file.path.clone();
                            let rows = found.payloads.entry(group_key(&row.trace_id)).or_default();
                            rows.push(FileRow { row, file: path, at });
                        }
                    }
                    _ => {}
                }
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
        let mut dead = Vec::new();
        for file in files.files.values() {
            file.filter.load().await;
            let own = files.file_overrides.get(&file.path);
            let mut suspects = Overrides::default();
            for (key, version, hash) in &wanted {
                // The newest version lies in the file that brought the override.
                let is_own = own.is_some_and(|own| own.get(*key) == Some(*version));
                if !is_own && file.filter.may_contain_trace_hash(*hash) {
                    suspects.insert(*key, *version);
                }
            }
            if !suspects.is_empty() {
                let keys = self.keys(files.table, file).await?;
                let rows = suspects.dead_rows(&keys);
                dead.extend(rows.into_iter().map(|row| (file.path.clone(), row)));
            }
        }
        files.hide(dead);
        Ok(())
    }
}
