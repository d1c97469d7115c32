//! The embedded SQL is the repository's `sql/` folder, and its documentation is true.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use spanlake_query::SqlLibrary;

use crate::data::session;
use crate::support::Builder;

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sql")
}

/// The folders that this crate embeds; the rest of `sql/` belongs to other crates.
const EMBEDDED: [&str; 4] = ["alerts", "views", "metrics", "questions"];

#[test]
fn every_file_is_embedded_unchanged() {
    let on_disk = SqlLibrary::from_dir(&folder()).unwrap();
    let embedded = SqlLibrary::embedded();
    for part in EMBEDDED {
        let left: BTreeSet<_> = on_disk.under(part).map(|file| &file.path).collect();
        let right: BTreeSet<_> = embedded.under(part).map(|file| &file.path).collect();
        assert_eq!(left, right);
        for file in on_disk.under(part) {
            assert_eq!(embedded.get(&file.path), Some(file));
        }
    }
}

#[tokio::test]
async fn headers_document_the_columns_that_come_out() {
    let session = session(Builder::new(10).build());
    for part in EMBEDDED {
        for file in session.library().under(part) {
            assert!(file.question.ends_with(['?', '.']), "{} begins with a question", file.path);
            let statement = file.statement(&BTreeMap::new()).unwrap();
            let schema = session.sql(&statement).await.unwrap().schema();
            let out: BTreeSet<&str> = schema.fields().iter().map(|f| f.name().as_str()).collect();
            for (column, doc) in &file.columns {
                assert!(out.contains(column.as_str()), "{}: no column {column}", file.path);
                assert!(!doc.is_empty(), "{}: {column}", file.path);
            }
            assert!(file.text.lines().all(|line| line.chars().count() <= 100), "{}", file.path);
        }
    }
}
