//! Which crate may name which: the table of `crates/README.md` against the manifests.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

use crate::{read, root};

type Names = BTreeSet<String>;

/// Every package's ordinary dependencies (not those of tests), without the prefix `spanlake-`.
fn dependencies() -> BTreeMap<String, Names> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let short = |name: &Value| {
        let name = name.as_str().unwrap();
        name.strip_prefix("spanlake-").unwrap_or(name).to_owned()
    };
    let packages = metadata["packages"].as_array().unwrap();
    packages
        .iter()
        .map(|package| {
            let named = package["dependencies"].as_array().unwrap();
            let ordinary = named.iter().filter(|one| one["kind"].is_null());
            (short(&package["name"]), ordinary.map(|one| short(&one["name"])).collect())
        })
        .collect()
}

/// The rows of the code map's table of crates: the crate, and the crates it names.
fn code_map() -> BTreeMap<String, Names> {
    let text = read("crates/README.md");
    let rows = text.lines().skip_while(|line| !line.starts_with("| crate |")).skip(2);
    rows.map_while(|line| line.strip_prefix("| `"))
        .map(|row| {
            let (name, rest) = row.split_once('`').unwrap();
            let named = rest.split('|').nth(2).unwrap();
            let named = named.split(',').map(|name| name.trim().trim_matches('`'));
            let named = named.filter(|name| !name.is_empty() && *name != "–");
            (name.to_owned(), named.map(str::to_owned).collect())
        })
        .collect()
}

#[test]
fn crates_name_each_other_as_the_code_map_says() {
    let mut found = dependencies();
    found.remove("benches");
    let crates: Names = found.keys().cloned().collect();
    for named in found.values_mut() {
        named.retain(|name| crates.contains(name));
    }
    assert_eq!(found, code_map());
}

#[test]
fn the_code_map_has_no_circle() {
    let mut left = code_map();
    while !left.is_empty() {
        let free: Names = left
            .iter()
            .filter(|(_, named)| named.iter().all(|name| !left.contains_key(name)))
            .map(|(name, _)| name.clone())
            .collect();
        assert!(!free.is_empty(), "in a circle: {:?}", left.keys());
        left.retain(|name, _| !free.contains(name));
    }
}

/// What only some crates may name, and which.
const RESERVED: &[(&str, &[&str])] = &[
    ("anyhow", &["cli"]),
    ("arrow-flight", &["server"]),
    ("axum", &["server"]),
    ("clap", &["cli"]),
    ("comfy-table", &["cli"]),
    ("datafusion", &["query"]),
    ("datafusion-functions-json", &["query"]),
    ("datafusion-postgres", &["server"]),
    ("deltalake-core", &["store"]),
    ("indicatif", &["cli"]),
    ("jsonschema", &["parse"]),
    ("object_store", &["store", "query"]),
    ("rustyline", &["cli"]),
    ("tokio", &["store", "query", "quality", "spanlake", "server", "cli"]),
    ("tonic", &["server"]),
    ("xorf", &["store"]),
];

#[test]
fn what_is_reserved_is_named_only_where_it_may_be() {
    let found = dependencies();
    for (name, allowed) in RESERVED {
        let elsewhere = found
            .iter()
            .filter(|(package, named)| {
                named.contains(*name)
                    && !allowed.contains(&package.as_str())
                    && *package != "benches"
            })
            .map(|(package, _)| package)
            .collect::<Vec<_>>();
        assert!(elsewhere.is_empty(), "{name} is for {allowed:?}, but named by {elsewhere:?}");
    }
}
