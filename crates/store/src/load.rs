//! Turns a table's log into its files with filters, overrides and hidden rows.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures::TryStreamExt as _;
use object_store::ObjectStore as _;
use spanlake_model::Table;

use crate::data::{file_rows, ranges_from_json, time_column};
use crate::erase::Erasures;
use crate::error::{Result, StoreError};
use crate::file::{DataFile, DeadRows, RangeValue};
use crate::filter::FileFilter;
use crate::key::is_keyed;
use crate::log::{LoggedFile, TableLog};
use crate::lookup::Lookup;
use crate::overrides::Overrides;
use crate::site::Site;
use crate::table_files::TableFiles;

/// Returns the place of a file's id filter.
pub(crate) fn filter_path(
    site: &Site,
    table: Table,
    file: &object_store::path::Path,
) -> object_store::path::Path {
    site.path(&format!("_store/idx/{}/{}", table.name(), file.filename().unwrap_or_default()))
}

/// Returns the place of a file's overrides.
pub(crate) fn overrides_path(
    site: &Site,
    table: Table,
    file: &object_store::path::Path,
) -> object_store::path::Path {
    site.path(&format!("_store/overrides/{}/{}", table.name(), file.filename().unwrap_or_default()))
}

/// Loads the files that a table's log names now. What `before` knows of them is not read again; what
/// open erasures name is hidden.
pub(crate) async fn load_table(
    site: &Site,
    lookup: &Lookup,
    log: &mut TableLog,
    table: Table,
    app_id: &str,
    before: Option<&TableFiles>,
    erasures: &Erasures,
) -> Result<TableFiles> {
    let mut files = TableFiles::empty(table);
    files.overrides = erasures.hidden(table);
    files.mark =
        log.app_version(app_id).await?.and_then(|seq| u64::try_from(seq).ok()).unwrap_or(0);
    files.version = log.version();
    let with_overrides = if is_keyed(table) {
        list_sidecars(site, table, "overrides").await?
    } else {
        BTreeSet::new()
    };
    for logged in log.files()? {
        let known = before.and_then(|before| before.files.get(&logged.path));
        let file = match known {
            Some(known) => DataFile { dead: DeadRows::default(), ..DataFile::clone(known) },
            None => describe(site, table, &logged).await?,
        };
        let name = file.path.filename().unwrap_or_default();
        let overrides = if !with_overrides.contains(name) {
            None
        } else if let Some(known) = before.and_then(|b| b.file_overrides.get(&file.path)) {
            Some(Arc::clone(known))
        } else {
            read_overrides(site, table, &file.path).await?.map(Arc::new)
        };
        files.add(file, overrides);
    }
    lookup.resolve(&mut files).await?;
    Ok(files)
}

/// Lists the data files of a table that have a sidecar of a kind: `idx` or `overrides`.
pub(crate) async fn list_sidecars(
    site: &Site,
    table: Table,
    kind: &str,
) -> Result<BTreeSet<String>> {
    let dir = site.path(&format!("_store/{kind}/{}", table.name()));
    let listed: Vec<_> = site
        .store
        .list(Some(&dir))
        .try_collect()
        .await
        .map_err(|source| StoreError::object("list", dir.to_string(), source))?;
    Ok(listed.iter().filter_map(|meta| meta.location.filename().map(str::to_owned)).collect())
}

/// Reads a file's overrides; `None` when it has none.
pub(crate) async fn read_overrides(
    site: &Site,
    table: Table,
    file: &object_store::path::Path,
) -> Result<Option<Overrides>> {
    let path = overrides_path(site, table, file);
    let Some(bytes) = site.read(&path).await? else { return Ok(None) };
    Overrides::decode(&bytes)
        .map(Some)
        .map_err(|reason| StoreError::Corrupt { path: path.to_string(), reason: reason.to_owned() })
}

pub(crate) async fn describe(site: &Site, table: Table, logged: &LoggedFile) -> Result<DataFile> {
    let (rows, columns) =
        logged.stats.as_deref().map_or_else(Default::default, |text| ranges_from_json(table, text));
    let bound = |pick: fn(&crate::ColumnRange) -> Option<RangeValue>| match columns
        .get(time_column(table))
        .and_then(pick)
    {
        Some(RangeValue::Time(time)) => Some(time),
        _ => None,
    };
    let (min_time, max_time) = (bound(|range| range.min), bound(|range| range.max));
    let sidecar = filter_path(site, table, &logged.path);
    let local = site.local_path(&sidecar);
    let filter = FileFilter::sidecar(Arc::clone(&site.store), sidecar, local);
    let mut file = DataFile {
        path: logged.path.clone(),
        size: logged.size,
        rows: rows.unwrap_or(0),
        date: logged.date,
        modified: logged.modified,
        columns,
        min_time,
        max_time,
        dead: DeadRows::default(),
        filter: Arc::new(filter),
    };
    if rows.is_none() {
        file.rows = file_rows(&site.store, &file).await?;
    }
    Ok(file)
}
