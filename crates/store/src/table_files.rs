//! One table's active files and what their overrides hide.

use std::collections::BTreeMap;
use std::sync::Arc;

use object_store::path::Path;
use spanlake_model::Table;

use crate::file::{DataFile, DeadRows};
use crate::filter::FileFilter;
use crate::log::Outcome;
use crate::overrides::Overrides;

/// The files of one version of a table.
#[derive(Clone, Debug)]
pub(crate) struct TableFiles {
    pub(crate) table: Table,
    pub(crate) files: BTreeMap<Path, Arc<DataFile>>,
    /// The overrides of each active file that has some.
    pub(crate) file_overrides: BTreeMap<Path, Arc<Overrides>>,
    /// All of them together.
    pub(crate) overrides: Overrides,
    /// The version of the table's log up to which every commit is taken in.
    pub(crate) version: u64,
    /// Last sequence number of this writer's WAL that is in files.
    pub(crate) mark: u64,
}

impl TableFiles {
    /// A table without files.
    pub(crate) fn empty(table: Table) -> Self {
        Self {
            table,
            files: BTreeMap::new(),
            file_overrides: BTreeMap::new(),
            overrides: Overrides::default(),
            version: 0,
            mark: 0,
        }
    }

    /// Returns the files alone, to read them without holding the state.
    pub(crate) fn to_read(&self) -> Self {
        Self { files: self.files.clone(), ..Self::empty(self.table) }
    }

    /// Adds a file.
    pub(crate) fn add(&mut self, file: DataFile, overrides: Option<Arc<Overrides>>) {
        if let Some(overrides) = overrides {
            self.overrides.extend(&overrides);
            self.file_overrides.insert(file.path.clone(), overrides);
        }
        self.files.insert(file.path.clone(), Arc::new(file));
    }

    /// Removes a file. What its overrides hid stays hidden in this process.
    pub(crate) fn remove(&mut self, path: &Path) {
        self.files.remove(path);
        self.file_overrides.remove(path);
    }

    /// Takes a commit of this process in. Others may have committed before it or after it: their
    /// files are still to be taken in then, and so the version stays.
    pub(crate) fn advance(&mut self, outcome: Outcome) {
        if outcome == Outcome::Committed(self.version + 1) {
            self.version += 1;
        }
    }

    /// Gives a file another filter.
    pub(crate) fn set_filter(&mut self, path: &Path, filter: Arc<FileFilter>) {
        if let Some(file) = self.files.get_mut(path) {
            Arc::make_mut(file).filter = filter;
        }
    }

    /// Hides rows of files.
    pub(crate) fn hide(&mut self, rows: impl IntoIterator<Item = (Path, u32)>) {
        let mut by_file: BTreeMap<Path, Vec<u32>> = BTreeMap::new();
        for (path, row) in rows {
            by_file.entry(path).or_default().push(row);
        }
        for (path, mut rows) in by_file {
            if let Some(file) = self.files.get_mut(&path) {
                rows.extend_from_slice(file.dead.as_slice());
                Arc::make_mut(file).dead = DeadRows::new(rows);
            }
        }
    }

    /// Returns the files as a snapshot lists them.
    pub(crate) fn list(&self) -> Vec<Arc<DataFile>> {
        self.files.values().map(Arc::clone).collect()
    }
}
