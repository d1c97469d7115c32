//! Searches everything that a store has written for a subject: raw bytes, every zstd frame in them
//! (pages, dictionaries and log frames alike), decoded cells, sidecars, rows of the write-ahead log.

use std::collections::BTreeMap;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use object_store::ObjectStore as _;
use object_store::path::Path;
use serde::Serialize;

use super::needles::{Needles, Seen};
use crate::error::{Result, StoreError};
use crate::inner::Inner;
use crate::site::blocking;
use crate::wal::segment_paths;

/// Files searched at a time.
const SEARCHES: usize = 2;

/// What a search looked at and found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SearchReport {
    /// Files looked at.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Cells decoded from data files and checkpoints.
    pub cells: u64,
    /// zstd frames found in the bytes, and decompressed.
    pub zstd_frames: u64,
    /// Frames of the write-ahead log, and rows decoded from them.
    pub wal_frames: u64,
    /// Entries of tables' logs, checkpoints included.
    pub log_entries: u64,
    /// What is left of the subject.
    pub survivors: Vec<Survivor>,
    /// Texts in rows of others that name the subject, by file and column. An erasure leaves them: a
    /// word that is somebody's id may be a word.
    pub mentions: Vec<Mention>,
    /// Rows of the subject that are newer than the erasure.
    pub newer_rows: u64,
    /// Forms too short to be searched for in bytes and texts; they were looked for in the columns
    /// of ids.
    pub short_forms: usize,
}

/// A place where something of the subject is left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Survivor {
    /// The file.
    pub path: String,
    /// Where in it: `cell`, `bytes`, `sidecar`, `log row`.
    pub place: &'static str,
    /// How often.
    pub count: u64,
}

/// Texts of others that name the subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mention {
    /// The file.
    pub path: String,
    /// The column.
    pub column: String,
    /// How many cells.
    pub cells: u64,
}

impl SearchReport {
    fn take(&mut self, path: &str, bytes: u64, seen: Seen) {
        self.files += 1;
        self.bytes += bytes;
        self.cells += seen.cells;
        self.zstd_frames += seen.zstd_frames;
        self.wal_frames += seen.wal_frames;
        self.newer_rows += seen.newer_rows;
        self.log_entries += u64::from(path.contains("/_delta_log/"));
        // Bytes of a file whose cells name the subject in other people's rows are those.
        let is_explained = !seen.mentions.is_empty() || seen.newer_rows > 0;
        let found = [
            ("cell", seen.subject_cells),
            ("sidecar", seen.keys),
            ("log row", seen.log_rows),
            ("bytes", if is_explained { 0 } else { seen.in_bytes }),
        ];
        for (place, count) in found.into_iter().filter(|(_, count)| *count > 0) {
            self.survivors.push(Survivor { path: path.to_owned(), place, count });
        }
        let mentions = seen.mentions.into_iter();
        self.mentions.extend(mentions.map(|(column, cells)| Mention {
            path: path.to_owned(),
            column,
            cells,
        }));
    }
}

/// A file to search.
enum Place {
    Local(PathBuf),
    Object(Path),
    Log(PathBuf),
}

impl Inner {
    /// Searches the whole store.
    pub(super) async fn search(&self, needles: Needles) -> Result<SearchReport> {
        let needles = Arc::new(needles);
        let mut report =
            SearchReport { short_forms: needles.short_forms(), ..SearchReport::default() };
        let places = self.places().await?;
        let mut found = stream::iter(places)
            .map(|place| {
                let needles = Arc::clone(&needles);
                async move { self.search_place(place, needles).await }
            })
            .buffered(SEARCHES);
        while let Some(found) = found.next().await {
            if let Some((path, bytes, seen)) = found? {
                report.take(&path, bytes, seen);
            }
        }
        drop(found);
        report.survivors.sort_by(|a, b| (&a.path, a.place).cmp(&(&b.path, b.place)));
        Ok(report)
    }

    /// Lists every file: the store's and the write-ahead log's.
    async fn places(&self) -> Result<Vec<Place>> {
        let (files, log_dir) = (Arc::clone(&self.site.wal_files), self.site.wal_dir.clone());
        let mut places: Vec<Place> = blocking(move || segment_paths(files.as_ref(), &log_dir))
            .await?
            .into_iter()
            .map(Place::Log)
            .collect();
        if let Some(dir) = self.site.dir.clone() {
            let log_dir = self.site.wal_dir.clone();
            let files = blocking(move || {
                let mut files = Vec::new();
                walk(&dir, &log_dir, &mut files)?;
                Ok(files)
            });
            places.extend(files.await?.into_iter().map(Place::Local));
            return Ok(places);
        }
        let root = self.site.root();
        let listed: Vec<_> = self
            .site
            .store
            .list(Some(root))
            .try_collect()
            .await
            .map_err(|source| StoreError::object("list", root.to_string(), source))?;
        places.extend(listed.into_iter().map(|meta| Place::Object(meta.location)));
        Ok(places)
    }

    /// Searches one file; `None` when it is gone by now.
    async fn search_place(
        &self,
        place: Place,
        needles: Arc<Needles>,
    ) -> Result<Option<(String, u64, Seen)>> {
        let files = Arc::clone(&self.site.wal_files);
        let (path, bytes, is_log) = match place {
            Place::Object(path) => {
                let Some(bytes) = self.site.read(&path).await? else { return Ok(None) };
                (path.to_string(), bytes, None)
            }
            Place::Local(path) => {
                let name = path.display().to_string();
                let Some(bytes) = blocking(move || read_local(&path)).await? else {
                    return Ok(None);
                };
                (name, bytes, None)
            }
            Place::Log(path) => {
                let (name, file, opened) =
                    (path.display().to_string(), path.clone(), Arc::clone(&files));
                let read = blocking(move || {
                    let mut bytes = Vec::new();
                    match opened.open(&file).and_then(|mut open| open.read_to_end(&mut bytes)) {
                        Ok(_) => Ok(Some(Bytes::from(bytes))),
                        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
                        Err(error) => {
                            Err(StoreError::io("read", file.display().to_string(), error))
                        }
                    }
                });
                let Some(bytes) = read.await? else { return Ok(None) };
                (name, bytes, Some(path))
            }
        };
        blocking(move || {
            let mut seen = Seen::default();
            needles.search_bytes(&bytes, &mut seen);
            match is_log {
                Some(file) => needles.search_segment(files.as_ref(), &file, &mut seen)?,
                None => needles.search_decoded(&path, &bytes, &mut seen),
            }
            Ok(Some((path, bytes.len() as u64, seen)))
        })
        .await
    }
}

fn read_local(path: &FilePath) -> Result<Option<Bytes>> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes.into())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::io("read", path.display().to_string(), error)),
    }
}

/// Collects every file of a folder but those of the write-ahead log.
fn walk(dir: &FilePath, log_dir: &FilePath, found: &mut Vec<PathBuf>) -> Result<()> {
    let failed = |error| StoreError::io("list", dir.display().to_string(), error);
    let mut entries: BTreeMap<PathBuf, bool> = BTreeMap::new();
    for entry in std::fs::read_dir(dir).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        entries.insert(entry.path(), entry.file_type().map_err(failed)?.is_dir());
    }
    for (path, is_dir) in entries {
        if path == log_dir {
            continue;
        }
        if is_dir { walk(&path, log_dir, found)? } else { found.push(path) }
    }
    Ok(())
}
