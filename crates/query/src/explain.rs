//! Says in SQL's words what is wrong with a statement, and what was probably meant.

use datafusion::arrow::error::ArrowError;
use datafusion::common::{Column, Diagnostic, SchemaError};
use datafusion::error::DataFusionError;

use crate::catalog::{PUBLIC, SYSTEM};
use crate::suggest::nearest;

/// The names that a statement could have meant.
#[derive(Default)]
pub(crate) struct Names {
    /// Tables and views.
    pub(crate) tables: Vec<String>,
    /// Functions of every kind.
    pub(crate) functions: Vec<String>,
}

/// What is wrong, in words.
pub(crate) struct Explained {
    pub(crate) message: String,
    /// What to write instead.
    pub(crate) hint: Option<String>,
    /// The word at fault.
    pub(crate) word: Option<String>,
}

impl Explained {
    fn new(message: String, hint: Option<String>, word: &str) -> Self {
        Self { message, hint, word: Some(word.to_owned()) }
    }
}

/// Explains an error met while planning.
pub(crate) fn explain(
    root: &DataFusionError,
    diagnostic: Option<&Diagnostic>,
    names: &Names,
) -> Explained {
    if let DataFusionError::SchemaError(schema, _) = root {
        match schema.as_ref() {
            SchemaError::FieldNotFound { field, valid_fields } => {
                return no_column(field, valid_fields);
            }
            SchemaError::AmbiguousReference { field } => return ambiguous(field),
            _ => {}
        }
    }
    if let Some(name) = quoted(diagnostic, "table '", "' not found") {
        return no_table(name, names);
    }
    let functions = || names.functions.iter().map(String::as_str);
    if let Some(name) = quoted(diagnostic, "Invalid function '", "'") {
        let hint = did_you_mean(name, functions());
        return Explained::new(format!("no function \"{name}\""), hint, name);
    }
    let text = plain_message(root);
    if let Some(name) = between(&text, "table function '", "'") {
        let hint = did_you_mean(name, functions());
        return Explained::new(format!("no table function \"{name}\""), hint, name);
    }
    call(&text)
        .or_else(|| ungrouped(&text))
        .or_else(|| literal(&text))
        .unwrap_or_else(|| Explained { message: types(&text), hint: None, word: None })
}

fn no_column(field: &Column, known: &[Column]) -> Explained {
    let name = &field.name;
    let names = || known.iter().map(|column| column.name.as_str());
    let Some(relation) = &field.relation else {
        // What looks like a column may have been meant as text.
        let hint = did_you_mean(name, names())
            .or_else(|| Some(format!("text is written in single quotes: '{name}'")));
        return Explained::new(format!("no column \"{name}\""), hint, name);
    };
    let table = relation.table();
    let mut tables: Vec<&str> =
        known.iter().filter_map(|column| Some(column.relation.as_ref()?.table())).collect();
    tables.sort_unstable();
    tables.dedup();
    if tables.contains(&table) || tables.is_empty() {
        let of_table = known.iter().filter(|column| {
            column.relation.as_ref().is_none_or(|relation| relation.table() == table)
        });
        let hint = did_you_mean(name, of_table.map(|column| column.name.as_str()));
        return Explained::new(format!("no column \"{name}\" in {table}"), hint, name);
    }
    let hint = did_you_mean(table, tables.iter().copied())
        .unwrap_or_else(|| format!("this statement reads {}", tables.join(", ")));
    Explained::new(format!("no table \"{table}\" in this statement"), Some(hint), table)
}

fn ambiguous(field: &Column) -> Explained {
    let name = &field.name;
    let message = format!("column \"{name}\" is in more than one table");
    Explained::new(message, Some(format!("say which: table.{name}")), name)
}

fn no_table(full_name: &str, names: &Names) -> Explained {
    let mut parts = full_name.rsplit('.');
    let short = parts.next().unwrap_or(full_name);
    let schema = parts.next().unwrap_or(PUBLIC);
    if ![PUBLIC, SYSTEM, "information_schema"].contains(&schema) {
        let hint = format!("there are {PUBLIC} and {SYSTEM}");
        return Explained::new(format!("no schema \"{schema}\""), Some(hint), schema);
    }
    let hint = match nearest(short, names.tables.iter().map(String::as_str)) {
        Some(same) if same == short => {
            let other = if schema == SYSTEM { PUBLIC } else { SYSTEM };
            Some(format!("did you mean \"{other}.{short}\"?"))
        }
        near => near.map(|near| format!("did you mean \"{near}\"?")),
    };
    Explained::new(format!("no table or view \"{short}\""), hint, short)
}

/// A call whose arguments do not fit the function.
fn call(text: &str) -> Option<Explained> {
    // Our own functions say what they want.
    if let Some((before, reason)) = text.split_once("user-defined coercion failed with: ") {
        let reason = reason.split(". No function matches").next().unwrap_or(reason);
        let reason = reason.strip_prefix("Error during planning: ").unwrap_or(reason);
        let name = between(before, "unction '", "'")?;
        return Some(Explained::new(types(reason.trim_end_matches('.')), None, name));
    }
    let given = between(text, "No function matches the given name and argument types '", "'.")?;
    let (name, arguments) = given.split_once('(')?;
    let mut takes: Vec<String> = text
        .split_once("Candidate functions:")
        .map(|(_, rest)| rest.lines().map(|line| types(line.trim())).collect())
        .unwrap_or_default();
    takes.retain(|line| !line.is_empty() && line.starts_with(name));
    let hint = (!takes.is_empty()).then(|| format!("it takes {}", takes.join(", ")));
    let message = format!("{name} does not take ({}", types(arguments));
    Some(Explained::new(message, hint, name))
}

/// A column beside aggregates that is not grouped by.
fn ungrouped(text: &str) -> Option<Explained> {
    let column = between(text, "column \"", "\" must appear in the GROUP BY")?;
    let short = column.rsplit('.').next().unwrap_or(column);
    let message = format!("column \"{short}\" is neither in GROUP BY nor inside an aggregate");
    Some(Explained::new(message, None, short))
}

/// A constant that is not what it is compared with or cast to.
fn literal(text: &str) -> Option<Explained> {
    let (value, wanted) = match between(text, "rror parsing timestamp from '", "'") {
        Some(value) => (value, "Timestamp"),
        None => (
            between(text, "annot cast string '", "' to value of")?,
            between(text, "' to value of ", " type")?,
        ),
    };
    let (noun, example) = match wanted {
        "Date32" => ("date", "a date is written '2026-11-24'"),
        wanted if wanted.starts_with("Timestamp") => {
            ("timestamp", "a timestamp is written '2026-11-24T08:00:00Z'")
        }
        wanted if wanted.starts_with("Float") || wanted.starts_with("Decimal") => {
            ("number", "a number is written 1.5")
        }
        wanted if wanted.contains("Int") => ("whole number", "a whole number is written 15"),
        "Boolean" => ("boolean", "a boolean is written true or false"),
        _ => return None,
    };
    let word = format!("'{value}'");
    Some(Explained::new(format!("{word} is no {noun}"), Some(example.to_owned()), &word))
}

/// Spells the engine's names of types as SQL does.
fn types(text: &str) -> String {
    let mut spelled = String::with_capacity(text.len());
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let mut rest = text;
    while !rest.is_empty() {
        let word = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let (name, after) = rest.split_at(word);
        spelled.push_str(match name {
            "Utf8" | "Utf8View" | "LargeUtf8" => "VARCHAR",
            "Int64" => "BIGINT",
            "Int32" => "INT",
            "UInt64" => "BIGINT UNSIGNED",
            "Float64" => "DOUBLE",
            "Boolean" => "BOOLEAN",
            "Date32" => "DATE",
            other => other,
        });
        let gap = after.find(is_part).unwrap_or(after.len());
        let (between, next) = after.split_at(gap);
        spelled.push_str(between);
        rest = next;
    }
    spelled
}

fn quoted<'a>(diagnostic: Option<&'a Diagnostic>, before: &str, after: &str) -> Option<&'a str> {
    diagnostic?.message.strip_prefix(before)?.strip_suffix(after)
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(found, _)| found)
}

/// Suggests the nearest of the known names.
pub(crate) fn did_you_mean<'a>(
    name: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    nearest(name, known).map(|nearest| format!("did you mean \"{nearest}\"?"))
}

/// Returns an error's own words without the engine's prefixes, first letter lower case.
pub(crate) fn plain_message(root: &DataFusionError) -> String {
    let text = match root {
        DataFusionError::SQL(error, _) => error.to_string(),
        DataFusionError::Plan(message)
        | DataFusionError::Execution(message)
        | DataFusionError::NotImplemented(message)
        | DataFusionError::Configuration(message) => message.clone(),
        DataFusionError::ArrowError(error, _) => arrow_message(error),
        other => other.strip_backtrace(),
    };
    let text = text.split("\n\nbacktrace:").next().unwrap_or_default().trim();
    let text = text.strip_prefix("sql parser error: ").unwrap_or(text);
    let text = text.strip_prefix("Error during planning: ").unwrap_or(text);
    let mut letters = text.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if first.is_uppercase() && second.is_lowercase() => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => text.to_owned(),
    }
}

fn arrow_message(error: &ArrowError) -> String {
    match error {
        ArrowError::DivideByZero => "division by zero".to_owned(),
        ArrowError::CastError(text)
        | ArrowError::ParseError(text)
        | ArrowError::ArithmeticOverflow(text)
        | ArrowError::InvalidArgumentError(text)
        | ArrowError::ComputeError(text) => text.clone(),
        other => other.to_string(),
    }
}
