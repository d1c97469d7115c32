//! Turns the engine's errors into ours, and finds their place in the statement.

use std::fmt::Write as _;

use datafusion::common::Diagnostic;
use datafusion::error::DataFusionError;
use spanlake_store::StoreError;

use crate::error::{Place, Problem, QueryError};
use crate::explain::{Explained, Names, did_you_mean, explain, plain_message};

/// Explains an error met while planning `sql`.
pub(crate) fn planning(error: DataFusionError, sql: &str, names: &Names) -> QueryError {
    let error = match ours(error) {
        Ok(ours) => return ours,
        Err(error) => error,
    };
    if is_storage(error.find_root()) {
        return QueryError::File(Box::new(error));
    }
    let diagnostic = error.diagnostic();
    let mut place = diagnostic.and_then(|diagnostic| place_of(diagnostic, sql));
    let Explained { message, hint, word } = explain(error.find_root(), diagnostic, names);
    if place.is_none() {
        place =
            parser_place(&message, sql).or_else(|| word.and_then(|word| place_of_word(&word, sql)));
    }
    let message = strip_position(&message).to_owned();
    QueryError::Invalid(Box::new(Problem { message, place, hint }))
}

/// Says which placeholder has no value, and which of the given ones may have been meant.
pub(crate) fn missing_parameter(name: &str, sql: &str, given: &[String]) -> QueryError {
    let known = format!("there are values for {}", given.join(", "));
    let by_name = name.contains(char::is_alphabetic);
    let near = did_you_mean(name, given.iter().map(String::as_str)).filter(|_| by_name);
    let hint = if given.is_empty() { None } else { Some(near.unwrap_or(known)) };
    let problem = Problem {
        message: format!("no value for the parameter \"{name}\""),
        place: place_of_word(name, sql),
        hint,
    };
    QueryError::Invalid(Box::new(problem))
}

/// Explains an error met while running a statement.
pub(crate) fn execution(error: DataFusionError, memory_limit_bytes: usize) -> QueryError {
    let error = match ours(error) {
        Ok(ours) => return ours,
        Err(error) => error,
    };
    match error.find_root() {
        DataFusionError::ResourcesExhausted(_) => {
            QueryError::Memory { limit_bytes: memory_limit_bytes, source: Box::new(error) }
        }
        root if is_storage(root) => QueryError::File(Box::new(error)),
        root => QueryError::Execution { message: hide_values(&plain_message(root)) },
    }
}

/// Finds an error of this crate or of the store inside one of the engine's.
fn ours(error: DataFusionError) -> Result<QueryError, DataFusionError> {
    match error {
        DataFusionError::External(inner) => match inner.downcast::<QueryError>() {
            Ok(ours) => Ok(*ours),
            Err(inner) => match inner.downcast::<StoreError>() {
                Ok(store) => Ok(QueryError::Store(*store)),
                Err(inner) => Err(DataFusionError::External(inner)),
            },
        },
        DataFusionError::Context(text, inner) => {
            ours(*inner).map_err(|inner| DataFusionError::Context(text, Box::new(inner)))
        }
        DataFusionError::Diagnostic(diagnostic, inner) => {
            ours(*inner).map_err(|inner| DataFusionError::Diagnostic(diagnostic, Box::new(inner)))
        }
        other => Err(other),
    }
}

fn is_storage(root: &DataFusionError) -> bool {
    matches!(
        root,
        DataFusionError::ObjectStore(_)
            | DataFusionError::ParquetError(_)
            | DataFusionError::IoError(_)
    )
}

/// Replaces quoted values by their length: values of rows are content.
fn hide_values(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut parts = text.split('\'');
    shown.push_str(parts.next().unwrap_or_default());
    let rest: Vec<&str> = parts.collect();
    let Some((tail, quoted)) = rest.split_last() else { return shown };
    // Quotes inside a value make the borders unknowable: everything between the first and the last
    // quote is then one value.
    if rest.len().is_multiple_of(2) {
        for pair in rest.chunks(2) {
            if let [value, between] = pair {
                let _ = write!(shown, "<{} bytes>{between}", value.len());
            }
        }
    } else {
        let hidden = quoted.iter().map(|part| part.len() + 1).sum::<usize>().saturating_sub(1);
        let _ = write!(shown, "<{hidden} bytes>{tail}");
    }
    shown
}

fn place_of(diagnostic: &Diagnostic, sql: &str) -> Option<Place> {
    let span = diagnostic.span?;
    let (line, column) = (span.start.line as usize, span.start.column as usize);
    let length = if span.start.line == span.end.line {
        (span.end.column as usize).saturating_sub(column)
    } else {
        usize::MAX
    };
    place(sql, line, column, length)
}

/// Reads the position that the parser ends its messages with.
fn parser_place(message: &str, sql: &str) -> Option<Place> {
    let (line, column) = message.rsplit_once(" at Line: ")?.1.split_once(", Column: ")?;
    let digits = |text: &str| {
        text.chars().take_while(char::is_ascii_digit).collect::<String>().parse::<usize>().ok()
    };
    let (line, column) = (digits(line)?, digits(column)?);
    let rest = sql.lines().nth(line.checked_sub(1)?)?.chars().skip(column.checked_sub(1)?);
    let word = rest.take_while(|c| c.is_alphanumeric() || *c == '_').count();
    place(sql, line, column, word.max(1))
}

fn strip_position(message: &str) -> &str {
    message.rsplit_once(" at Line: ").map_or(message, |(before, _)| before)
}

/// Finds a word in the statement, where the engine tells none.
fn place_of_word(word: &str, sql: &str) -> Option<Place> {
    let lower = word.to_lowercase();
    for (number, text) in sql.lines().enumerate() {
        let folded = text.to_lowercase();
        if folded.len() != text.len() {
            continue;
        }
        let mut from = 0;
        while let Some(at) = folded.get(from..).and_then(|rest| rest.find(&lower)) {
            let start = from + at;
            let end = start + lower.len();
            let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
            let before = folded.get(..start).and_then(|text| text.chars().next_back());
            let after = folded.get(end..).and_then(|text| text.chars().next());
            if !is_part(before) && !is_part(after) {
                let column = text.get(..start)?.chars().count() + 1;
                return place(sql, number + 1, column, word.chars().count());
            }
            from = end;
        }
    }
    None
}

fn place(sql: &str, line: usize, column: usize, length: usize) -> Option<Place> {
    let text = sql.lines().nth(line.checked_sub(1)?)?;
    let width = text.chars().count();
    if column == 0 || column > width + 1 {
        return None;
    }
    let length = length.min((width + 1).saturating_sub(column)).max(1);
    Some(Place { line, column, length, text: text.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_not_shown() {
        assert_eq!(
            hide_values("Cannot cast string 'my secret' to value of Int64 type"),
            "Cannot cast string <9 bytes> to value of Int64 type"
        );
        assert_eq!(
            hide_values("Cannot cast string 'it's' to value of Int64 type"),
            "Cannot cast string <4 bytes> to value of Int64 type"
        );
        assert_eq!(hide_values("division by zero"), "division by zero");
    }

    #[test]
    fn a_word_is_found_whole() {
        let found = place_of_word("spans", "select myspans,\n  spans from t");
        assert_eq!(found.map(|place| (place.line, place.column, place.length)), Some((2, 3, 5)));
    }
}
