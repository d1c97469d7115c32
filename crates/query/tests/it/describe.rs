//! What the shell lists.

use spanlake_query::{FunctionKind, TableKind};

use crate::data::{cell, session, three_days};
use crate::support::Builder;

#[tokio::test]
async fn everything_listed_is_documented() {
    let session = session(Builder::new(10).build());
    for table in session.tables() {
        assert!(!table.doc.is_empty(), "{}", table.name);
        let name = format!("{}.{}", table.schema, table.name);
        let columns = session.columns(&name).await.unwrap().unwrap();
        for column in columns {
            assert!(!column.doc.is_empty(), "{name}.{}", column.name);
        }
    }
    assert_eq!(session.columns("nothing").await.unwrap(), None);
}

#[tokio::test]
async fn tables_views_and_functions_are_listed() {
    let session = session(Builder::new(10).build());
    let tables = session.tables();
    let kind = |name: &str| tables.iter().find(|table| table.name == name).map(|table| table.kind);
    assert_eq!(kind("spans"), Some(TableKind::Table));
    assert_eq!(kind("prompt_quality"), Some(TableKind::View));
    assert_eq!(kind("functions"), Some(TableKind::View));
    let functions = session.functions();
    let of = |name: &str| functions.iter().find(|f| f.name == name).map(|f| f.kind);
    assert_eq!(of("json_get_str"), Some(FunctionKind::Scalar));
    assert_eq!(of("percentile_cont"), Some(FunctionKind::Aggregate));
    assert_eq!(of("row_number"), Some(FunctionKind::Window));
    assert_eq!(of("trace"), Some(FunctionKind::Table));
    let columns = session.columns("spans").await.unwrap().unwrap();
    let cost = columns.iter().find(|column| column.name == "cost_usd").unwrap();
    assert_eq!((cost.data_type.as_str(), cost.nullable), ("DOUBLE", true));
    assert_eq!(cost.doc, "Cost, US dollars.");
}

#[tokio::test]
async fn the_system_schema_tells_of_the_store() {
    let session = session(three_days().await);
    for (sql, expected) in [
        ("select rows from spanlake.tables where name = 'spans'", "920"),
        ("select memory_rows from spanlake.tables where name = 'spans'", "20"),
        ("select count(*) from spanlake.files where table_name = 'payloads'", "3"),
        ("select sum(rows) from spanlake.files where date = '2026-11-02'", "600"),
        ("select value from spanlake.settings where name = 'max_rows'", "none"),
        ("select kind from spanlake.functions where name = 'trace'", "table"),
    ] {
        assert_eq!(cell(&session, sql).await, expected, "{sql}");
    }
}
