//! Where each row of a data file is, by key: found once per file, kept while memory allows.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use object_store::path::Path;
use parking_lot::Mutex;

use crate::key::{RowKey, Version};

/// Row numbers of one file, ordered by key. 36 bytes a row, 52 in a file of several writers.
#[derive(Debug, Default)]
pub(crate) struct FileKeys {
    groups: Vec<u128>,
    members: Vec<u64>,
    ranks: Vec<u64>,
    rows: Vec<u32>,
    /// One for all rows, or one for each.
    writers: Vec<u128>,
}

impl FileKeys {
    /// Returns the memory held, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.rows.len() * (16 + 8 + 8 + 4) + self.writers.len() * 16
    }

    /// Returns the positions of a trace's or evaluation's rows.
    fn group(&self, group: u128) -> Range<usize> {
        let start = self.groups.partition_point(|other| *other < group);
        let end = self.groups.partition_point(|other| *other <= group);
        start..end
    }

    /// Returns the row numbers of a trace's rows, in no particular order.
    pub(crate) fn rows_of_group(&self, group: u128) -> impl Iterator<Item = u32> + '_ {
        self.rows.get(self.group(group)).unwrap_or_default().iter().copied()
    }

    /// Returns the rows of a key with their versions.
    pub(crate) fn rows_of(&self, key: RowKey) -> impl Iterator<Item = (u32, Version)> + '_ {
        self.group(key.group).filter_map(move |at| {
            (*self.members.get(at)? == key.member)
                .then(|| Some((*self.rows.get(at)?, self.version(at)?)))?
        })
    }

    /// Returns every key with its version.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (RowKey, Version)> + '_ {
        (0..self.rows.len()).filter_map(|at| {
            let key = RowKey { group: *self.groups.get(at)?, member: *self.members.get(at)? };
            Some((key, self.version(at)?))
        })
    }

    fn version(&self, at: usize) -> Option<Version> {
        let writer = match self.writers.as_slice() {
            [one] => *one,
            each => *each.get(at)?,
        };
        Some(Version { rank: *self.ranks.get(at)?, writer })
    }

    /// Whether a row of the key is in the file.
    pub(crate) fn contains(&self, key: RowKey) -> bool {
        self.rows_of(key).next().is_some()
    }
}

/// Collects keys in file order.
#[derive(Debug, Default)]
pub(crate) struct KeysBuilder(Vec<(RowKey, Version, u32)>);

impl KeysBuilder {
    pub(crate) fn push(&mut self, key: RowKey, version: Version, row: u32) {
        self.0.push((key, version, row));
    }

    pub(crate) fn finish(mut self) -> FileKeys {
        self.0.sort_unstable_by_key(|(key, _, row)| (*key, *row));
        FileKeys {
            groups: self.0.iter().map(|(key, ..)| key.group).collect(),
            members: self.0.iter().map(|(key, ..)| key.member).collect(),
            ranks: self.0.iter().map(|(_, version, _)| version.rank).collect(),
            rows: self.0.iter().map(|(.., row)| *row).collect(),
            writers: {
                let mut writers: Vec<_> = self.0.iter().map(|(_, v, _)| v.writer).collect();
                if writers.iter().all(|writer| Some(writer) == writers.first()) {
                    writers.truncate(1);
                }
                writers
            },
        }
    }
}

/// Keeps the keys of recently asked files, within a number of bytes.
#[derive(Debug)]
pub(crate) struct KeyCache {
    limit_bytes: usize,
    files: Mutex<Cached>,
}

#[derive(Debug, Default)]
struct Cached {
    keys: HashMap<Path, (Arc<FileKeys>, u64)>,
    bytes: usize,
    uses: u64,
}

impl KeyCache {
    pub(crate) fn new(limit_bytes: usize) -> Self {
        Self { limit_bytes, files: Mutex::default() }
    }

    pub(crate) fn get(&self, file: &Path) -> Option<Arc<FileKeys>> {
        let mut files = self.files.lock();
        files.uses += 1;
        let uses = files.uses;
        let (keys, used) = files.keys.get_mut(file)?;
        *used = uses;
        Some(Arc::clone(keys))
    }

    pub(crate) fn put(&self, file: &Path, keys: Arc<FileKeys>) {
        let mut files = self.files.lock();
        files.uses += 1;
        let uses = files.uses;
        files.bytes += keys.bytes();
        if let Some((old, _)) = files.keys.insert(file.clone(), (keys, uses)) {
            files.bytes -= old.bytes();
        }
        while files.bytes > self.limit_bytes && files.keys.len() > 1 {
            let oldest = files.keys.iter().min_by_key(|(_, (_, used))| *used);
            let Some(path) = oldest.map(|(path, _)| path.clone()) else { return };
            if let Some((gone, _)) = files.keys.remove(&path) {
                files.bytes -= gone.bytes();
            }
        }
    }

    pub(crate) fn remove(&self, file: &Path) {
        let mut files = self.files.lock();
        if let Some((gone, _)) = files.keys.remove(file) {
            files.bytes -= gone.bytes();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_found_by_trace_and_by_key() {
        let mut builder = KeysBuilder::default();
        let key = |group, member| RowKey { group, member };
        for (row, at) in [(2, 1), (1, 1), (2, 2), (2, 1)].into_iter().enumerate() {
            builder.push(key(at.0, at.1), Version::new(true, row as i64 + 1, "w"), row as u32);
        }
        let keys = builder.finish();
        let mut rows: Vec<u32> = keys.rows_of_group(2).collect();
        rows.sort_unstable();
        assert_eq!(rows, [0, 2, 3]);
        let versions: Vec<_> = keys.rows_of(key(2, 1)).collect();
        assert_eq!(versions, [(0, Version::new(true, 1, "w")), (3, Version::new(true, 4, "w"))]);
        assert!(!keys.contains(key(3, 1)) && keys.contains(key(1, 1)));
    }

    #[test]
    fn the_cache_forgets_what_was_not_asked_for() {
        let keys = || {
            let mut builder = KeysBuilder::default();
            builder.push(RowKey::default(), Version::default(), 0);
            Arc::new(builder.finish())
        };
        let cache = KeyCache::new(110);
        for name in ["a", "b"] {
            cache.put(&Path::from(name), keys());
        }
        assert!(cache.get(&Path::from("a")).is_some());
        cache.put(&Path::from("c"), keys());
        assert!(cache.get(&Path::from("b")).is_none() && cache.get(&Path::from("a")).is_some());
        cache.remove(&Path::from("a"));
        assert!(cache.get(&Path::from("a")).is_none());
    }
}
