//! One data file against what the log says of it.

use std::collections::BTreeMap;

use object_store::ObjectStoreExt as _;
use spanlake_model::Table;

use super::Keys;
use super::finding::{CheckReport, Damage};
use crate::data::{Ranges, file_rows, scan_columns};
use crate::error::{Result, StoreError};
use crate::file::{ColumnRange, DataFile, RangeValue};
use crate::filter::IdFilters;
use crate::inner::Inner;
use crate::key::{for_each_key, is_keyed};
use crate::load::{filter_path, read_overrides};

/// Columns that make a row's key and version.
const KEY_COLUMNS: [&str; 6] =
    ["trace_id", "span_id", "eval_id", "row_version", "is_final", "writer_id"];

impl Inner {
    pub(super) async fn check_file(
        &self,
        table: Table,
        file: &DataFile,
        number: u32,
        keys: &mut Keys,
        report: &mut CheckReport,
    ) -> Result<()> {
        report.files += 1;
        let path = file.path.to_string();
        match self.site.store.head(&file.path).await {
            Err(object_store::Error::NotFound { .. }) => {
                report.find(Damage::MissingFile, path, format!("{} rows are lost", file.rows));
                return Ok(());
            }
            Err(source) => return Err(StoreError::object("read", path, source)),
            Ok(meta) if meta.size != file.size => {
                let detail = format!("{} bytes, the log says {}", meta.size, file.size);
                report.find(Damage::WrongSize, path, detail);
                return Ok(());
            }
            Ok(_) => {}
        }
        let rows = match file_rows(&self.site.store, file).await {
            Ok(rows) => rows,
            Err(error) => {
                report.find(Damage::DamagedFile, path, error.to_string());
                return Ok(());
            }
        };
        if rows != file.rows {
            let detail = format!("{rows} rows, the log says {}", file.rows);
            report.find(Damage::WrongRowCount, path, detail);
        }
        self.check_rows(table, file, number, keys, report).await?;
        if is_keyed(table) {
            self.check_sidecars(table, file, report).await?;
        }
        report.rows += rows;
        Ok(())
    }

    /// Reads numbers, times and keys, and holds them against the log's statistics.
    async fn check_rows(
        &self,
        table: Table,
        file: &DataFile,
        number: u32,
        keys: &mut Keys,
        report: &mut CheckReport,
    ) -> Result<()> {
        let measured = table.columns().iter().filter(|column| column.stats.in_delta());
        let columns: Vec<&str> = measured.map(|column| column.name).chain(KEY_COLUMNS).collect();
        let (mut ranges, mut first) = (Ranges::default(), 0_u32);
        let read = scan_columns(&self.site.store, file, &columns, |batch| {
            ranges.observe(table, batch);
            if is_keyed(table) {
                for_each_key(table, batch, |row, key, _| {
                    if !file.dead.contains(first + row as u32) {
                        keys.push((key, number));
                    }
                });
            }
            first += batch.num_rows() as u32;
        });
        if let Err(error) = read.await {
            report.find(Damage::DamagedFile, file.path.to_string(), error.to_string());
            return Ok(());
        }
        let wrong = lies(&file.columns, &ranges.known());
        if !wrong.is_empty() {
            let detail = format!("not true of {}", wrong.join(", "));
            report.find(Damage::LyingStatistics, file.path.to_string(), detail);
        }
        Ok(())
    }

    async fn check_sidecars(
        &self,
        table: Table,
        file: &DataFile,
        report: &mut CheckReport,
    ) -> Result<()> {
        if let Err(error) = read_overrides(&self.site, table, &file.path).await {
            report.find(Damage::DamagedOverrides, file.path.to_string(), error.to_string());
        }
        let filter = filter_path(&self.site, table, &file.path);
        match self.site.read(&filter).await? {
            None => {
                report.find(Damage::MissingFilter, file.path.to_string(), String::new());
            }
            Some(bytes) if IdFilters::decode(&bytes).is_none() => {
                report.find(Damage::DamagedFilter, file.path.to_string(), String::new());
            }
            Some(_) => {}
        }
        Ok(())
    }
}

/// Names the columns of which the log says what is not true.
fn lies<'a>(
    said: &'a BTreeMap<String, ColumnRange>,
    found: &BTreeMap<String, ColumnRange>,
) -> Vec<&'a str> {
    let below = |a: Option<RangeValue>, b: Option<RangeValue>| match (a, b) {
        (Some(a), Some(b)) => a < b,
        _ => false,
    };
    let is_lie = |said: &ColumnRange, found: &ColumnRange| {
        below(found.min, said.min)
            || below(said.max, found.max)
            || (said.null_count.is_some() && said.null_count != found.null_count)
    };
    said.iter()
        .filter(|(name, said)| found.get(*name).is_some_and(|found| is_lie(said, found)))
        .map(|(name, _)| name.as_str())
        .collect()
}
