//! Sizes, words, tests of SQL, tests of invariants.

use std::collections::BTreeSet;

use crate::{files, read, root};

/// A file of source that is longer has two reasons to change.
const SOURCE_LINES: usize = 700;
/// The first screen and what follows it.
const README_LINES: usize = 150;
/// An entrance: documentation, modules, exports.
const LIB_LINES: usize = 150;

#[test]
fn files_are_short_enough_to_read() {
    let mut long = Vec::new();
    let sources = ["crates", "benches"].iter().flat_map(|folder| files(folder, ".rs"));
    for path in sources.chain(files("sql", ".sql")) {
        let limit = if path.ends_with("src/lib.rs") { LIB_LINES } else { SOURCE_LINES };
        let lines = read(&path).lines().count();
        if lines > limit {
            long.push(format!("{path}: {lines} lines, at most {limit}"));
        }
    }
    for path in ["README.md", "crates/README.md"] {
        let lines = read(path).lines().count();
        assert!(lines < README_LINES, "{path} has {lines} lines");
    }
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn every_sql_file_has_a_test() {
    let tests: String = files("sql/tests", ".slt").iter().map(|path| read(path)).collect();
    let run: BTreeSet<&str> = tests
        .split("run ")
        .skip(1)
        .filter_map(|rest| rest.split_inclusive(".sql").next())
        .collect();
    let is_read = |view: &str| {
        let word = format!("from {view}");
        tests.match_indices(&word).any(|(at, _)| {
            let next = tests[at + word.len()..].chars().next();
            next.is_none_or(|c| !c.is_alphanumeric() && c != '_')
        })
    };
    for path in files("sql", ".sql") {
        let path = path.strip_prefix("sql/").unwrap();
        let view = path.strip_prefix("views/").and_then(|name| name.strip_suffix(".sql"));
        assert!(view.is_some_and(is_read) || run.contains(path), "no file of sql/tests has {path}");
    }
}

#[test]
fn every_invariant_names_a_test_that_exists() {
    let map = read("crates/README.md");
    let rows: Vec<&str> = map.lines().filter(|line| line.starts_with("| I")).collect();
    assert!(rows.len() >= 8, "the invariants I1 to I8 are in crates/README.md");
    for row in rows {
        let proof = row.split('|').nth(3).unwrap();
        let tests: Vec<&str> = proof.split('`').skip(1).step_by(2).collect();
        assert!(!tests.is_empty(), "no test proves: {row}");
        for test in tests {
            // `crate/tests/it/file.rs` or `crate/tests/it/file.rs::name`.
            let (file, name) = test.split_once("::").unwrap_or((test, ""));
            let text = read(&format!("crates/{file}"));
            assert!(
                text.contains("#[test]") || text.contains("#[tokio::test"),
                "{file} tests nothing"
            );
            assert!(name.is_empty() || text.contains(&format!("fn {name}(")), "no {test}");
        }
    }
}

/// Words that only make sense on the machine where they were written. In parts, or this file would
/// hold them.
fn words() -> Vec<String> {
    let path = |name: &str| ["/", name, "/"].concat();
    let host = |name: &str, domain: &str| [name, ".", domain].concat();
    vec![
        path("work"),
        path("root"),
        path("tmp/plan"),
        host("static", "crates.io"),
        host("index", "crates.io"),
        host("proxy", "golang.org"),
        host("files", "pythonhosted.org"),
        ["TO", "DO:"].concat(),
        ["FIX", "ME"].concat(),
    ]
}

#[test]
fn nothing_speaks_of_the_machine_it_was_written_on() {
    let mut paths = vec!["README.md".to_owned(), "Cargo.toml".to_owned()];
    for folder in ["crates", "sql", "benches", ".ci", ".cargo", ".config"] {
        for ending in [".rs", ".sql", ".slt", ".md", ".toml", ".py", ".css", "run", "test"] {
            paths.extend(files(folder, ending));
        }
    }
    let mut found = Vec::new();
    for path in paths {
        let text = read(&path);
        found.extend(
            words()
                .into_iter()
                .filter(|word| text.contains(word))
                .map(|word| format!("{path}: {word}")),
        );
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_top_level_is_what_the_code_map_shows() {
    let mut shown = BTreeSet::new();
    for entry in std::fs::read_dir(root()).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') && name != "target" && name != "spanlake-demo" {
            shown.insert(name);
        }
    }
    let expected = [
        "Cargo.lock",
        "Cargo.toml",
        "LICENSE",
        "README.md",
        "benches",
        "crates",
        "sql",
        "testdata",
    ];
    assert_eq!(shown, expected.iter().map(|name| (*name).to_owned()).collect());
}
