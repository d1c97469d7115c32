//! Runs `sql/tests/**/*.slt` against a small store whose rows are in `fixture.rs`.
//!
//! One trial per file, named by its path under `sql/tests`. `SLT_COMPLETE=1` (or `--complete`)
//! writes what comes out into the files instead of comparing; what is written there is then to be
//! checked by hand against the fixture. Two words are added to SQL:
//!
//! - `run PATH` stands for the statement in the file of that path under `sql/`;
//! - `let NAME = EXPRESSION` gives `$NAME` a value in what follows it in the file.

#![expect(clippy::unwrap_used, reason = "tests")]
#![expect(clippy::indexing_slicing, reason = "tests")]

#[path = "../support/mod.rs"]
mod support;

mod fixture;
mod judged;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use datafusion::arrow::datatypes::{DataType, Float64Type};
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::common::ScalarValue;
use libtest_mimic::{Arguments, Failed, Trial};
use spanlake_query::{QueryError, QueryOptions, Session, SqlLibrary};
use sqllogictest::{AsyncDB, DBOutput, DefaultColumnType, Runner};

fn sql_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sql")
}

fn main() {
    let mut arguments: Vec<String> = std::env::args().collect();
    let before = arguments.len();
    arguments.retain(|argument| argument != "--complete");
    let complete = arguments.len() < before || std::env::var_os("SLT_COMPLETE").is_some();
    let tests = sql_folder().join("tests");
    let mut files = Vec::new();
    find(&tests, &mut files);
    files.sort();
    let trials = files.into_iter().map(|path| {
        let name = path.strip_prefix(&tests).unwrap().display().to_string();
        Trial::test(name, move || run(&path, complete))
    });
    libtest_mimic::run(&Arguments::from_iter(arguments), trials.collect()).exit();
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            find(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "slt") {
            files.push(path);
        }
    }
}

fn run(path: &Path, complete: bool) -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let options = QueryOptions {
            target_partitions: 2,
            sql_dir: Some(sql_folder()),
            ..QueryOptions::default()
        };
        let store = if path.starts_with(sql_folder().join("tests/report")) {
            judged::store().await
        } else {
            fixture::store().await
        };
        let session = Session::new(Arc::new(store), options)?;
        let engine = Engine { session: Arc::new(session), parameters: BTreeMap::new() };
        let mut runner = Runner::new(async || Ok(engine.clone()));
        if complete {
            runner
                .update_test_file(
                    path,
                    "\t",
                    sqllogictest::default_validator,
                    sqllogictest::default_normalizer,
                    sqllogictest::default_column_validator,
                )
                .await
                .map_err(|error| Failed::from(error.to_string()))
        } else {
            runner
                .run_file_async(path)
                .await
                .map_err(|error| Failed::from(error.display(false).to_string()))
        }
    })
}

#[derive(Clone)]
struct Engine {
    session: Arc<Session>,
    parameters: BTreeMap<String, ScalarValue>,
}

impl Engine {
    /// Evaluates the right side of a `let`.
    async fn evaluate(&self, expression: &str) -> Result<ScalarValue, QueryError> {
        let batches = self.session.collect(&format!("select {expression}")).await?;
        Ok(ScalarValue::try_from_array(batches[0].column(0), 0).unwrap())
    }
}

/// Puts the text of a file in the place of each `run PATH`; parameters that its header declares have
/// the values of `let`, else their defaults.
fn expand(
    sql: &str,
    library: &SqlLibrary,
    values: &BTreeMap<String, ScalarValue>,
) -> Result<String, QueryError> {
    let mut parts = sql.split("run ");
    let mut expanded = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(".sql").map_or(0, |at| at + ".sql".len());
        let file = part.get(..end).and_then(|path| library.get(path));
        match file {
            // A file begins with a comment: the line must end after it.
            Some(file) => {
                let declared = |(name, _): &(&String, _)| {
                    file.parameters.iter().any(|parameter| parameter.name == **name)
                };
                let given = values.iter().filter(declared);
                let given = given.map(|(name, value)| (name.clone(), value.to_string())).collect();
                expanded.extend([&file.statement(&given)?, "\n", &part[end..]]);
            }
            None => expanded.extend(["run ", part]),
        }
    }
    Ok(expanded)
}

#[async_trait]
impl AsyncDB for Engine {
    type Error = QueryError;
    type ColumnType = DefaultColumnType;

    async fn run(&mut self, sql: &str) -> Result<DBOutput<DefaultColumnType>, QueryError> {
        if let Some((name, expression)) =
            sql.trim().strip_prefix("let ").and_then(|rest| rest.split_once(" = "))
        {
            let value = self.evaluate(expression).await?;
            self.parameters.insert(name.to_owned(), value);
            return Ok(DBOutput::StatementComplete(0));
        }
        let text = expand(sql, self.session.library(), &self.parameters)?;
        let used = |(name, _): &(&String, _)| text.contains(&format!("${name}"));
        let parameters: Vec<(String, ScalarValue)> = self
            .parameters
            .iter()
            .filter(used)
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let stream = self.session.sql_with(&text, parameters).await?;
        let types = stream.schema().fields().iter().map(|field| kind(field.data_type())).collect();
        let batches = stream.collect().await?;
        Ok(DBOutput::Rows { types, rows: batches.iter().flat_map(rows).collect() })
    }

    async fn shutdown(&mut self) {}

    fn engine_name(&self) -> &'static str {
        "spanlake"
    }
}

fn kind(data_type: &DataType) -> DefaultColumnType {
    match data_type {
        DataType::Int64 | DataType::UInt64 | DataType::Int32 => DefaultColumnType::Integer,
        DataType::Float64 => DefaultColumnType::FloatingPoint,
        _ => DefaultColumnType::Text,
    }
}

fn rows(batch: &RecordBatch) -> Vec<Vec<String>> {
    let row = |at| batch.columns().iter().map(|column| shown(column, at)).collect();
    (0..batch.num_rows()).map(row).collect()
}

/// Shows a cell; a float to five digits: the order of summation and the engine's interpolation of
/// quantiles do not show.
fn shown(column: &ArrayRef, row: usize) -> String {
    if column.is_null(row) {
        return "NULL".to_owned();
    }
    if *column.data_type() == DataType::Float64 {
        let value = column.as_primitive::<Float64Type>().value(row);
        return format!("{value:.4e}").parse::<f64>().unwrap_or(value).to_string();
    }
    let options = FormatOptions::default().with_null("NULL");
    let formatter = ArrayFormatter::try_new(column.as_ref(), &options).unwrap();
    let text = formatter.value(row).to_string();
    if text.is_empty() { "(empty)".to_owned() } else { text }
}
