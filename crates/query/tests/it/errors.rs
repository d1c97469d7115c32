//! What a mistaken statement is told.

use datafusion::common::ScalarValue;
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

/// What is wrong, the place marked, and what to write instead.
#[tokio::test]
async fn mistakes_are_told_in_the_words_of_sql() {
    let session = session(Builder::new(10).build());
    let mut wrong = Vec::new();
    for (sql, message, marked, hint) in [
        (
            "select wilson('a', 2)",
            "wilson(successes, n[, alpha]) cannot take VARCHAR as argument 1 (successes)",
            "wilson",
            "",
        ),
        (
            "select psi(duration_ms, name) from spans",
            "cannot take VARCHAR as argument 2",
            "psi",
            "",
        ),
        ("select wilson(1)", "takes 2 to 3 arguments, got 1", "wilson", ""),
        (
            "select sum(name) from spans",
            "sum does not take (VARCHAR)",
            "sum",
            "it takes sum(Decimal), sum(BIGINT UNSIGNED), sum(BIGINT), sum(DOUBLE)",
        ),
        ("select lower(1, 2)", "lower does not take (BIGINT, BIGINT)", "lower", "it takes lower("),
        (
            "select name, count(*) from spans",
            "column \"name\" is neither in GROUP BY nor inside an aggregate",
            "name",
            "",
        ),
        (
            "select * from spans where date = '2026-13-01'",
            "'2026-13-01' is no date",
            "'2026-13-01'",
            "a date is written '2026-11-24'",
        ),
        (
            "select * from spans where start_time > 'yesterday'",
            "'yesterday' is no timestamp",
            "'yesterday'",
            "a timestamp is written '2026-11-24T08:00:00Z'",
        ),
        ("select * from spans where duration_ms > '5s'", "'5s' is no number", "'5s'", "1.5"),
        ("select * from spans where is_error = 'perhaps'", "BOOLEAN = VARCHAR", "", ""),
        (
            "select * from spans where kind = llm",
            "no column \"llm\"",
            "llm",
            "text is written in single quotes: 'llm'",
        ),
        (
            "select span.name from spans",
            "no table \"span\" in this statement",
            "span.name",
            "did you mean \"spans\"?",
        ),
        (
            "select trace_id from spans as s join evals as e on s.trace_id = e.trace_id",
            "column \"trace_id\" is in more than one table",
            "trace_id",
            "say which: table.trace_id",
        ),
        ("select * from files", "no table or view \"files\"", "files", "\"spanlake.files\"?"),
        ("select * from other.spans", "no schema \"other\"", "other.spans", "public"),
        ("select * from tracee('a')", "no table function \"tracee\"", "tracee", "\"trace\"?"),
        ("select 1 where 2 > $limt", "no value for the parameter \"$limt\"", "$limt", ""),
    ] {
        let found = error(&session, sql).await;
        let line = found.lines().find(|line| line.contains('^')).unwrap_or_default();
        let at = line.find('^').map_or(0, |at| at - "1 | ".len());
        let under = &sql[at..at + line.matches('^').count()];
        if !found.contains(message) || !found.contains(hint) || under != marked {
            wrong.push(format!("{sql}\n{found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[tokio::test]
async fn a_parameter_without_a_value_is_named() {
    let session = session(Builder::new(10).build());
    let sql = "select count(*) from spans\nwhere prompt_name = $prompt";
    let given = vec![("promt", ScalarValue::from("answer"))];
    let Err(error) = session.sql_with(sql, given).await else { panic!("there is no $prompt") };
    let expected = "\
no value for the parameter \"$prompt\"
  |
2 | where prompt_name = $prompt
  |                     ^^^^^^^
did you mean \"$promt\"?";
    assert_eq!(error.to_string(), expected);
    let given = vec![("prompt", ScalarValue::from("answer"))];
    assert!(session.sql_with(sql, given).await.is_ok());
    let given = vec![ScalarValue::from(1_i64)];
    let Err(error) = session.sql_with("select $1 + $2", given).await else { panic!("no $2") };
    assert!(error.to_string().contains("there are values for $1"), "{error}");
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
    assert!(session.collect("select * from traces").await.is_ok(), "the others stay");
}
