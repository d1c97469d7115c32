//! Which files are merged: neighbours in size within one date.

use std::collections::BTreeMap;
use std::sync::Arc;

use spanlake_model::Day;

use crate::file::DataFile;
use crate::options::StoreOptions;

/// Files that become one.
pub(crate) type Group = Vec<Arc<DataFile>>;

/// Bytes of the smallest size class; each class is four times the one before.
const CLASS_BYTES: u64 = 1 << 20;
/// A file with one dead row in this many is rewritten.
const DEAD_SHARE: u64 = 10;

/// Returns what to merge. `eager` merges any two files that are small; otherwise a size class has
/// to fill up first.
pub(crate) fn plan(files: &[Arc<DataFile>], options: &StoreOptions, eager: bool) -> Vec<Group> {
    let mut dates: BTreeMap<Day, Group> = BTreeMap::new();
    for file in files {
        dates.entry(file.date).or_default().push(Arc::clone(file));
    }
    let mut groups = Vec::new();
    for (_, files) in dates {
        let (small, large): (Group, Group) =
            files.into_iter().partition(|file| is_small(file, options));
        let mut classes: BTreeMap<u32, Group> = BTreeMap::new();
        for file in small {
            let class = if eager { 0 } else { class_of(&file) };
            classes.entry(class).or_default().push(file);
        }
        for (_, mut class) in classes {
            class.sort_by(|a, b| (a.size, &a.path).cmp(&(b.size, &b.path)));
            let least = if eager { 2 } else { options.compact_files.max(2) };
            if class.len() >= least {
                groups.extend(pack(class, options));
            } else {
                groups.extend(class.into_iter().filter(|file| is_dying(file)).map(|f| vec![f]));
            }
        }
        groups.extend(large.into_iter().filter(|file| is_dying(file)).map(|file| vec![file]));
    }
    groups
}

fn is_small(file: &DataFile, options: &StoreOptions) -> bool {
    file.size < options.compact_target_bytes / 2 && file.rows < options.compact_target_rows / 2
}

fn is_dying(file: &DataFile) -> bool {
    file.dead.len() as u64 * DEAD_SHARE >= file.rows.max(1)
}

fn class_of(file: &DataFile) -> u32 {
    (file.size / CLASS_BYTES).max(1).ilog(4)
}

/// Fills groups up to the target size; a group of one is no work.
fn pack(files: Group, options: &StoreOptions) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let (mut bytes, mut rows) = (0, 0);
    for file in files {
        let fits = bytes + file.size <= options.compact_target_bytes
            && rows + file.rows <= options.compact_target_rows;
        if !fits || groups.is_empty() {
            groups.push(Vec::new());
            (bytes, rows) = (0, 0);
        }
        bytes += file.size;
        rows += file.rows;
        if let Some(group) = groups.last_mut() {
            group.push(file);
        }
    }
    groups.retain(|group| group.len() > 1 || group.iter().any(|file| is_dying(file)));
    groups
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use object_store::path::Path;
    use spanlake_model::Micros;

    use super::*;
    use crate::{DeadRows, FileFilter};

    fn file(name: &str, date: i32, size: u64, dead: u32) -> Arc<DataFile> {
        Arc::new(DataFile {
            path: Path::from(name),
            size,
            rows: 100,
            date: Day(date),
            modified: Micros(0),
            columns: BTreeMap::new(),
            min_time: None,
            max_time: None,
            dead: DeadRows::new((0..dead).collect()),
            filter: Arc::new(FileFilter::unknown()),
        })
    }

    fn names(groups: &[Group]) -> Vec<Vec<String>> {
        let names = |group: &Group| group.iter().map(|file| file.path.to_string()).collect();
        groups.iter().map(names).collect()
    }

    #[test]
    fn a_size_class_of_one_date_is_merged_when_it_is_full() {
        let options = StoreOptions { compact_files: 2, ..StoreOptions::default() };
        let files = [
            file("a", 1, 10, 0),
            file("b", 1, 12, 0),
            file("c", 2, 10, 0),
            file("d", 1, 64 << 20, 0),
        ];
        assert_eq!(names(&plan(&files, &options, false)), [["a", "b"]]);
        assert_eq!(names(&plan(&files, &options, true)), [["a", "b", "d"]]);
    }

    #[test]
    fn a_group_stays_near_the_target_and_dying_files_are_rewritten_alone() {
        let options = StoreOptions { compact_target_bytes: 100, ..StoreOptions::default() };
        let files = [file("a", 1, 40, 0), file("b", 1, 45, 0), file("c", 1, 48, 0)];
        assert_eq!(names(&plan(&files, &options, true)), [["a", "b"]]);
        let files = [file("a", 1, 400, 9), file("b", 1, 400, 10)];
        assert_eq!(names(&plan(&files, &options, true)), [["b"]]);
    }
}
