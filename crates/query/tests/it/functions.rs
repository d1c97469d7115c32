//! The functions' manuals: complete, and the same in the reference, in SQL and in the shell.

use std::path::Path;

use spanlake_query::{FunctionKind, QueryError, reference};

use crate::data::{cell, session};
use crate::support::Builder;

#[tokio::test]
async fn the_reference_is_what_the_manuals_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sql/README.md");
    let written = reference(&session(Builder::new(10).build()).functions());
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &written).unwrap();
    }
    let stored = std::fs::read_to_string(&path).unwrap();
    assert!(stored == written, "sql/README.md is stale; it says how to write it anew");
}

#[tokio::test]
async fn every_manual_is_complete() {
    let functions = session(Builder::new(10).build()).functions();
    let own: Vec<_> = functions.iter().filter(|function| function.is_own).collect();
    for kind in
        [FunctionKind::Scalar, FunctionKind::Aggregate, FunctionKind::Window, FunctionKind::Table]
    {
        assert!(own.iter().any(|function| function.kind == kind), "no {}", kind.as_str());
    }
    for function in own {
        let page = &function.page;
        assert!(!function.result_type.is_empty(), "{}", function.name);
        assert!(!page.arguments.is_empty() && !page.example.is_empty(), "{}", function.name);
        let labels: Vec<&str> = function.parts().into_iter().map(|part| part.0).collect();
        assert_eq!(labels, ["Type", "Result", "NULL", "Errors", "Source"], "{}", function.name);
    }
}

#[tokio::test]
async fn sql_shows_the_manuals() {
    let session = session(Builder::new(10).build());
    let own = session.functions().into_iter().filter(|function| function.is_own).count();
    for (sql, expected) in [
        ("select count(*) from spanlake.functions where is_own", own.to_string()),
        (
            "select result_type from spanlake.functions where name = 'wilson'",
            "STRUCT(rate DOUBLE, low DOUBLE, high DOUBLE)".to_owned(),
        ),
        (
            "select arguments from spanlake.functions where name = 'adwin'",
            "value: A number.\ndelta: Chance of a false alarm at one look, above 0 and below 1; \
             0.002 unless given."
                .to_owned(),
        ),
        (
            "select count(*) from spanlake.functions where is_own and (nulls = '' or source = '' \
             or example = '' or errors = '' or result = '' or section = '')",
            "0".to_owned(),
        ),
    ] {
        assert_eq!(cell(&session, sql).await, expected, "{sql}");
    }
}

#[tokio::test]
async fn table_functions_show_their_signature() {
    let session = session(Builder::new(10).build());
    let tables = session.functions().into_iter();
    for table in tables.filter(|f| f.kind == FunctionKind::Table && f.is_own) {
        let n = table.page.arguments.len();
        let mut calls = vec![String::new(), vec!["'x'"; n + 1].join(", ")];
        calls.extend((0..n).map(|at| {
            let mut arguments = vec!["'x'"; n];
            arguments[at] = "7";
            arguments.join(", ")
        }));
        for arguments in calls {
            let sql = format!("select * from {}({arguments})", table.name);
            let error = session.collect(&sql).await.unwrap_err();
            assert!(matches!(error, QueryError::Invalid(_)), "{sql}: {error:?}");
            assert!(error.to_string().contains(&table.signature), "{sql}: {error}");
        }
    }
}

/// Every own function is shown at work in a file under `sql/tests`.
#[tokio::test]
async fn every_function_has_a_test_in_sql() {
    let mut texts = String::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sql/tests")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "slt") {
                texts.push_str(&std::fs::read_to_string(path).unwrap());
            }
        }
    }
    let functions = session(Builder::new(10).build()).functions();
    let without: Vec<_> = functions
        .iter()
        .filter(|function| function.is_own && !texts.contains(&format!("{}(", function.name)))
        .map(|function| &function.name)
        .collect();
    assert!(without.is_empty(), "{without:?}");
}
