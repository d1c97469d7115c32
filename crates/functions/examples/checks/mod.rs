//! Which SQL answers which value of which reference function, and whether it agrees.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a program for developers: input is trusted"
)]

mod change;
mod drift;
mod expression;
mod judges;
mod rates;
mod samples;
mod table;

use std::collections::BTreeMap;

use datafusion::arrow::json::ArrayWriter;
use datafusion::prelude::{SessionConfig, SessionContext};
use serde_json::Value;

use self::expression::expression;
use self::table::table;

/// How one value of a reference case is found: the function it belongs to, a pointer into `expected`, and the expression.
/// `{x}` stands for `inputs.x` or `params.x`, and each row of the table in the query for an element of its lists.
struct Check {
    function: &'static str,
    pointer: &'static str,
    rows: Rows,
    sql: &'static str,
}

/// The table a check reads.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rows {
    /// None: the expression stands alone.
    None,
    /// `t(x, cur)`: the elements of two lists, the second being current.
    Values(&'static str, &'static str),
    /// The same, repeated as often as two lists of counts say, x being the category.
    Counts(&'static str, &'static str),
    /// `t(a, b, i)`: two lists side by side, i counting from 0.
    Pairs(&'static str, &'static str),
    /// `t(unit, rater, x)`: a matrix of raters by units.
    Ratings(&'static str),
    /// `t(judge, human)`: labelled rows, then unlabelled ones.
    Judged,
}

const fn check(
    function: &'static str,
    pointer: &'static str,
    rows: Rows,
    sql: &'static str,
) -> Check {
    Check { function, pointer, rows, sql }
}

const SIDES: Rows = Rows::Values("ref", "cur");
const COUNTS: Rows = Rows::Counts("ref_counts", "cur_counts");
const SHARES: Rows = Rows::Counts("p", "q");
/// The reference names the samples x and y; x is what we call current.
const RANKS: Rows = Rows::Values("y", "x");
const SCORES: Rows = Rows::Pairs("score", "label");
const LABELS: Rows = Rows::Pairs("a", "b");
const STREAM: Rows = Rows::Pairs("values", "values");
const RATINGS: Rows = Rows::Ratings("ratings");

/// Which SQL answers which value of which reference function, by family.
fn checks() -> impl Iterator<Item = &'static Check> {
    [samples::CHECKS, drift::CHECKS, rates::CHECKS, judges::CHECKS, change::CHECKS]
        .into_iter()
        .flatten()
}

/// Values of `expected` that are inputs of the question, not answers.
const INPUTS: [&str; 1] = ["/isotonic_grid"];

/// Whether a value found by SQL is the expected one.
fn agrees(found: &Value, expected: &Value, case: &Value) -> bool {
    let number = |value: &Value| match value {
        Value::String(text) => text.parse().ok(),
        other => other.as_f64(),
    };
    match (found, expected) {
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| agrees(a, b, case))
        }
        (found, Value::Null | Value::Bool(_)) => found == expected,
        (Value::Null, _) => false,
        (found, expected) => match (number(found), number(expected)) {
            (Some(a), Some(b)) if f64::is_finite(b) => {
                let (atol, rtol) = (case["atol"].as_f64().unwrap(), case["rtol"].as_f64().unwrap());
                (a - b).abs() <= atol + rtol * b.abs()
            }
            (Some(a), Some(b)) => a.total_cmp(&b).is_eq(),
            _ => found == expected,
        },
    }
}

/// The pointers to the values of `expected` that have a check of their own.
fn leaves(expected: &Value, at: &str, function: &str, out: &mut Vec<String>) {
    if checks().any(|check| check.function == function && check.pointer == at) {
        out.push(at.to_owned());
        return;
    }
    match expected {
        Value::Object(members) => {
            for (key, value) in members {
                leaves(value, &format!("{at}/{key}"), function, out);
            }
        }
        Value::Array(items) if !at.is_empty() && items.len() == 2 => {
            for (key, value) in items.iter().enumerate() {
                leaves(value, &format!("{at}/{key}"), function, out);
            }
        }
        _ => out.push(at.to_owned()),
    }
}

/// What disagrees in a case; nothing when all of it agrees.
async fn disagreements(context: &SessionContext, case: &Value) -> Vec<String> {
    let function = case["fn"].as_str().unwrap();
    let mut wanted = Vec::new();
    leaves(&case["expected"], "", function, &mut wanted);
    let mut bad = Vec::new();
    // What one row can answer is asked at once, the rest by itself.
    let mut together: Vec<(&Check, String)> = Vec::new();
    let mut alone: Vec<(&Check, String)> = Vec::new();
    for pointer in wanted.iter().filter(|pointer| !INPUTS.contains(&pointer.as_str())) {
        let found = checks().find(|check| check.function == function && check.pointer == pointer);
        let Some(check) = found else {
            bad.push(format!("{pointer}: no function answers it"));
            continue;
        };
        let expression = expression(case, check.sql);
        if expression.contains(" from ") {
            alone.push((check, expression));
        } else {
            together.push((check, expression));
        }
    }
    let mut answers: Vec<(&Check, Result<Value, String>)> = Vec::new();
    // All checks of a function read the same rows.
    let rows = checks().find(|check| check.function == function).map(|check| check.rows);
    if let Some(rows) = rows.and_then(|rows| table(case, rows)) {
        let _ = context.deregister_table("t").unwrap();
        context.register_batch("t", rows).unwrap();
    }
    if let Some((first, _)) = together.first() {
        let columns: Vec<String> =
            together.iter().enumerate().map(|(at, (_, sql))| format!("{sql} as v{at}")).collect();
        let from = if first.rows == Rows::None { "" } else { " from t" };
        let row = row(context, &format!("select {}{from}", columns.join(", "))).await;
        answers.extend(together.iter().enumerate().map(|(at, (check, _))| {
            (*check, row.clone().map(|row| row[format!("v{at}").as_str()].clone()))
        }));
    }
    for (check, expression) in alone {
        let (value, from) = expression.split_once(" from ").unwrap();
        let sql = format!("select {value} as v from {from}");
        answers.push((check, row(context, &sql).await.map(|row| row["v"].clone())));
    }
    for (check, answer) in answers {
        let expected = case["expected"].pointer(check.pointer).unwrap();
        match answer {
            Ok(found) if agrees(&found, expected, case) => {}
            Ok(found) => bad.push(format!("{}: {found}, expected {expected}", check.pointer)),
            Err(error) => bad.push(format!("{}: {error}", check.pointer)),
        }
    }
    bad
}

/// The row of a query as an object; NULL is null, and infinities are null too.
async fn row(context: &SessionContext, sql: &str) -> Result<Value, String> {
    let frame = context.sql(sql).await.map_err(|error| error.to_string())?;
    let batches = frame.collect().await.map_err(|error| error.to_string())?;
    let mut writer = ArrayWriter::new(Vec::new());
    writer.write_batches(&batches.iter().collect::<Vec<_>>()).unwrap();
    writer.finish().unwrap();
    let rows: Vec<Value> = serde_json::from_slice(&writer.into_inner()).unwrap_or_default();
    Ok(rows.into_iter().next().unwrap_or(Value::Null))
}

/// What a file of cases gave.
pub(crate) struct Outcome {
    /// A line for every value that disagrees, a figure by function, and the closing line.
    pub(crate) lines: Vec<String>,
}

/// Checks every case of a file.
pub(crate) async fn run(file: &Value) -> Outcome {
    let config = SessionConfig::new().with_target_partitions(2);
    let mut context = SessionContext::new_with_config(config);
    spanlake_functions::register_all(&mut context).unwrap();
    let mut lines = Vec::new();
    let mut by_function: BTreeMap<&str, [usize; 2]> = BTreeMap::new();
    for case in file["cases"].as_array().unwrap() {
        let bad = disagreements(&context, case).await;
        let tally = by_function.entry(case["fn"].as_str().unwrap()).or_default();
        tally[0] += usize::from(bad.is_empty());
        tally[1] += 1;
        lines.extend(bad.iter().map(|bad| format!("{}{bad}", case["id"].as_str().unwrap())));
    }
    let (right, all) =
        by_function.values().fold((0, 0), |sum, tally| (sum.0 + tally[0], sum.1 + tally[1]));
    lines.extend(
        by_function.iter().map(|(name, tally)| format!("{name}: {} of {}", tally[0], tally[1])),
    );
    lines.push(format!("reference: {right} of {all}"));
    Outcome { lines }
}
