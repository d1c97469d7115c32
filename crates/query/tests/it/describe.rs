//! What the shell lists.

use object_store::ObjectStoreExt as _;
use object_store::path::Path;
use spanlake_query::{FunctionKind, TableKind};

use crate::data::{FIRST_DAY, cell, session, shown, spans, three_days};
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

#[tokio::test]
async fn maintenance_is_read_from_the_tables_logs() {
    let mut builder = Builder::new(100);
    builder.file(&spans(FIRST_DAY, 0..3), vec![]).await;
    let entries = [
        r#"{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}"#.to_owned(),
        format!("{INFO}\n{}\n{}", add(3, 300), r#"{"txn":{"appId":"ingest/a","version":3}}"#),
        format!("{INFO}\n{}\n{REMOVE}\n{REMOVE}", add(6, 500)),
    ];
    for (version, entry) in entries.iter().enumerate() {
        put(&builder, &format!("spans/_delta_log/{version:020}.json"), entry).await;
    }
    put(&builder, "spans/_delta_log/_last_checkpoint", "{}").await;
    let session = session(builder.build());
    let sql = "select version, work, files_added, files_removed, rows_added, bytes_added, \
               bytes_removed, time from spanlake.maintenance where version > 0 order by version";
    let expected = "\
+---------+------------+-------------+---------------+------------+-------------+---------------+-------------------------+
| version | work       | files_added | files_removed | rows_added | bytes_added | bytes_removed | time                    |
+---------+------------+-------------+---------------+------------+-------------+---------------+-------------------------+
| 1       | flush      | 1           | 0             | 3          | 300         | 0             | 2026-11-24T17:44:43.075Z |
| 2       | compaction | 1           | 2             | 6          | 500         | 80            | 2026-11-24T17:44:43.075Z |
+---------+------------+-------------+---------------+------------+-------------+---------------+-------------------------+";
    let found = shown(&session.collect(sql).await.unwrap());
    let squeezed = |text: &str| text.replace([' ', '-'], "");
    assert_eq!(squeezed(&found), squeezed(expected), "{found}");
}

async fn put(builder: &Builder, path: &str, text: &str) {
    builder.store.put(&Path::from(path), text.to_owned().into()).await.unwrap();
}

const INFO: &str = r#"{"commitInfo":{"timestamp":1795542283075,"operation":"WRITE"}}"#;
const REMOVE: &str = r#"{"remove":{"path":"date=2026-11-01/b.parquet","size":40}}"#;

fn add(rows: u64, size: u64) -> String {
    let stats = format!(r#"{{\"numRecords\":{rows}}}"#);
    format!(r#"{{"add":{{"path":"date=2026-11-01/a.parquet","size":{size},"stats":"{stats}"}}}}"#)
}
