//! What a mistaken statement is told.

use spanlake_query::{QueryError, QueryOptions, Session};

use crate::data::{session, session_with, three_days};
use crate::support::Builder;

async fn error(session: &Session, sql: &str) -> String {
    let error = match session.sql(sql).await {
        Ok(stream) => stream.collect().await.unwrap_err(),
        Err(error) => error,
    };
    assert!(error.is_invalid_input(), "{error:?}");
    error.to_string()
}

#[tokio::test]
async fn a_misspelt_column_is_shown_in_its_place() {
    let session = session(Builder::new(10).build());
    let found = error(&session, "select prompt_name,\n       promt_version\nfrom spans").await;
    let expected = "\
no column \"promt_version\"
  |
2 |        promt_version
  |        ^^^^^^^^^^^^^
did you mean \"prompt_version\"?";
    assert_eq!(found, expected);
    let found = error(&session, "select s.cost from spans as s where s.tenant = 'a'").await;
    assert!(found.contains("did you mean \"tenant_id\"?"), "{found}");
}

#[tokio::test]
async fn a_misspelt_table_is_shown_in_its_place() {
    let session = session(Builder::new(10).build());
    let expected = "\
no table or view \"prompts_quality\"
  |
1 | select * from prompts_quality
  |               ^^^^^^^^^^^^^^^
did you mean \"prompt_quality\"?";
    assert_eq!(error(&session, "select * from prompts_quality").await, expected);
}

#[tokio::test]
async fn a_misspelt_function_is_shown_in_its_place() {
    let session = session(Builder::new(10).build());
    let expected = "\
no function \"json_get_string\"
  |
1 | select 1, json_get_string(attributes) from spans
  |           ^^^^^^^^^^^^^^^
did you mean \"json_get_str\"?";
    let found = error(&session, "select 1, json_get_string(attributes) from spans").await;
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_syntax_error_is_shown_in_its_place() {
    let session = session(Builder::new(10).build());
    let found = error(&session, "select count(*)\nfrom spans\nwhre kind = 'llm' and x").await;
    assert!(found.contains("3 | whre kind = 'llm' and x\n  |      ^^^^"), "{found}");
    assert_eq!(error(&session, "").await, "expected one statement, found 0");
    assert_eq!(error(&session, "select 1; select 2").await, "expected one statement, found 2");
}

#[tokio::test]
async fn values_of_rows_are_not_in_errors() {
    let session = session(three_days().await);
    let found = error(&session, "select output_preview::bigint from spans").await;
    assert!(!found.contains("answer"), "{found}");
    assert!(found.contains("bytes>"), "{found}");
}

#[tokio::test]
async fn a_session_only_reads() {
    let session = session(three_days().await);
    for (sql, statement) in [
        ("insert into spans select * from spans", "INSERT"),
        ("delete from spans", "DELETE"),
        ("update spans set name = 'x'", "UPDATE"),
        ("drop table spans", "DROP"),
        ("create table t as select 1", "CREATE"),
        ("create external table t stored as parquet location '/etc'", "CREATE"),
        ("copy spans to '/tmp/x.parquet'", "COPY"),
        ("set datafusion.execution.batch_size = 1", "SET"),
        ("explain analyze insert into spans select * from spans", "INSERT"),
    ] {
        let error = session.sql(sql).await.err().unwrap();
        match error {
            QueryError::ReadOnly { statement: found } => assert_eq!(found, statement, "{sql}"),
            other => panic!("{sql}: {other:?}"),
        }
    }
    for sql in
        ["explain select * from spans", "show tables", "describe spans", "explain analyze select 1"]
    {
        assert!(session.collect(sql).await.is_ok(), "{sql}");
    }
}

#[tokio::test]
async fn settings_change_where_that_is_allowed() {
    let options = QueryOptions { allow_set: true, ..QueryOptions::default() };
    let session = session_with(three_days().await, options);
    session.collect("set datafusion.execution.batch_size = 77").await.unwrap();
    let sql = "select value from spanlake.settings where name = 'datafusion.execution.batch_size'";
    assert_eq!(crate::data::cell(&session, sql).await, "77");
    let refused = session.collect("set datafusion.runtime.memory_limit = '100G'").await;
    assert!(matches!(refused, Err(QueryError::Setting { .. })));
}

#[tokio::test]
async fn a_broken_view_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let views = folder.path().join("views");
    std::fs::create_dir(&views).unwrap();
    std::fs::write(views.join("mine.sql"), "select nme from spans").unwrap();
    std::fs::write(views.join("circle.sql"), "select * from circle").unwrap();
    let options =
        QueryOptions { sql_dir: Some(folder.path().to_owned()), ..QueryOptions::default() };
    let session = session_with(three_days().await, options);
    let error = session.collect("select * from mine").await.unwrap_err();
    let QueryError::View { view, source } = error else { panic!("{error:?}") };
    assert_eq!(view, "mine");
    assert!(source.to_string().contains("did you mean \"name\"?"), "{source}");
    assert!(session.collect("select * from circle").await.is_err());
    assert!(session.collect("select * from traces").await.is_err(), "views are replaced");
}
