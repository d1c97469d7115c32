//! Which files are merged: neighbours in size within one date, and all files of a date whose text
//! has expired while one of them still has it.

use std::collections::BTreeMap;
use std::sync::Arc;

use spanlake_model::Day;

use crate::file::DataFile;
use crate::options::StoreOptions;

/// Files that become one.
pub(crate) type Group = Vec<Arc<DataFile>>;

/// The end of the name of a file without free text.
pub(crate) const TEXTLESS: &str = "-textless";

/// Whether a file was written without free text.
fn is_textless(file: &DataFile) -> bool {
    let name = file.path.filename().unwrap_or_default();
    name.strip_suffix(".parquet").is_some_and(|stem| stem.ends_with(TEXTLESS))
}

/// Bytes of the smallest size class; each class is four times the one before.
const CLASS_BYTES: u64 = 1 << 20;
/// A file with one dead row in this many is rewritten.
const DEAD_SHARE: u64 = 10;

/// Returns what to merge. `eager` merges any two files that are small; otherwise a size class has
/// to fill up first. The text of dates before `text_from` has expired.
pub(crate) fn plan(
    files: &[Arc<DataFile>],
    options: &StoreOptions,
    eager: bool,
    text_from: Option<Day>,
) -> Vec<Group> {
    let mut dates: BTreeMap<Day, Group> = BTreeMap::new();
    for file in files {
        dates.entry(file.date).or_default().push(Arc::clone(file));
    }
    let mut groups = Vec::new();
    for (date, mut files) in dates {
        if text_from.is_some_and(|first| date < first) && !files.iter().all(|f| is_textless(f)) {
            files.sort_by(|a, b| (a.size, &a.path).cmp(&(b.size, &b.path)));
            groups.extend(fill(files, options));
            continue;
        }
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
    let mut groups = fill(files, options);
    groups.retain(|group| group.len() > 1 || group.iter().any(|file| is_dying(file)));
    groups
}

/// Fills groups up to the target size.
fn fill(files: Group, options: &StoreOptions) -> Vec<Group> {
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
        assert_eq!(names(&plan(&files, &options, false, None)), [["a", "b"]]);
        assert_eq!(names(&plan(&files, &options, true, None)), [["a", "b", "d"]]);
    }

    #[test]
    fn a_group_stays_near_the_target_and_dying_files_are_rewritten_alone() {
        let options = StoreOptions { compact_target_bytes: 100, ..StoreOptions::default() };
        let files = [file("a", 1, 40, 0), file("b", 1, 45, 0), file("c", 1, 48, 0)];
        assert_eq!(names(&plan(&files, &options, true, None)), [["a", "b"]]);
        let files = [file("a", 1, 400, 9), file("b", 1, 400, 10)];
        assert_eq!(names(&plan(&files, &options, true, None)), [["b"]]);
    }

    #[test]
    fn a_date_is_rewritten_as_long_as_a_file_of_it_has_expired_text() {
        let options = StoreOptions::default();
        let files = [
            file("old.parquet", 1, 10, 0),
            file("late-textless.parquet", 1, 12, 0),
            file("new.parquet", 2, 10, 0),
        ];
        let groups = plan(&files, &options, false, Some(Day(2)));
        assert_eq!(names(&groups), [["old.parquet", "late-textless.parquet"]]);
        assert!(plan(&files[1..], &options, false, Some(Day(2))).is_empty());
        assert_eq!(names(&plan(&files[2..], &options, false, Some(Day(3)))), [["new.parquet"]]);
    }
}
