//! The report's statements: one file each under `sql/report`, with named parameters.

use std::collections::BTreeMap;

use spanlake_model::{Day, Micros};

use crate::error::{QualityError, Result};

/// Lists embedded files.
macro_rules! embedded {
    ($($path:literal,)+) => {
        &[$(($path, include_str!(concat!("../../../sql/", $path))),)+]
    };
}

const EMBEDDED: &[(&str, &str)] = embedded![
    "report/answers.sql",
    "report/answers_by_day.sql",
    "report/bounds.sql",
    "report/call_metrics.sql",
    "report/contexts.sql",
    "report/daily.sql",
    "report/distributions.sql",
    "report/evaluators.sql",
    "report/examples.sql",
    "report/health.sql",
    "report/part_metrics.sql",
    "report/policies.sql",
    "report/redactions.sql",
    "report/rejected.sql",
    "report/releases.sql",
    "report/trace_metrics.sql",
    "report/week_lines.sql",
];

/// Returns the text of a file under `sql/`, as built in.
pub(crate) fn embedded(path: &str) -> Option<&'static str> {
    EMBEDDED.iter().find(|(name, _)| *name == path).map(|(_, text)| *text)
}

/// A parameter's value; each is written as a literal of its type and can be nothing else.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    /// An instant.
    Time(Micros),
    /// A day.
    Date(Day),
    /// Text of any content.
    Text(String),
    /// A whole number.
    Int(i64),
    /// A length of time in minutes.
    Minutes(i64),
}

impl Value {
    fn literal(&self) -> String {
        match self {
            Self::Time(time) => {
                format!("arrow_cast({}, 'Timestamp(Microsecond, Some(\"UTC\"))')", time.0)
            }
            Self::Date(day) => format!("DATE '{}'", day.iso()),
            Self::Text(text) => crate::render::format::sql_text(text),
            Self::Int(number) => number.to_string(),
            Self::Minutes(minutes) => format!("INTERVAL '{minutes} minutes'"),
        }
    }
}

/// Parameters by name.
pub(crate) type Parameters = BTreeMap<&'static str, Value>;

/// Writes parameters into a statement; comments and quoted text are left alone.
pub(crate) fn bind(file: &str, text: &str, parameters: &Parameters) -> Result<String> {
    spanlake_query::bind(text, |name| {
        let value = parameters.get(name).ok_or_else(|| QualityError::Parameter {
            file: file.to_owned(),
            name: name.to_owned(),
        })?;
        Ok(Some(value.literal()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_cannot_leave_their_literal() {
        let values = Parameters::from([
            ("tenant", Value::Text("x' OR '1'='1".to_owned())),
            ("day", Value::Date(Day(20_000))),
        ]);
        let text = "-- why $tenant?\nSELECT '$day', $tenant FROM t WHERE date = $day";
        assert_eq!(
            bind("f", text, &values).unwrap(),
            "-- why $tenant?\nSELECT '$day', 'x'' OR ''1''=''1' FROM t WHERE date = DATE '2024-10-04'"
        );
        assert!(bind("f", "SELECT $nothing", &values).is_err());
    }

    #[test]
    fn every_file_is_built_in_and_says_what_it_answers() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sql/report");
        let mut found: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| format!("report/{}", entry.unwrap().file_name().to_str().unwrap()))
            .collect();
        found.sort();
        let ours: Vec<&str> = EMBEDDED.iter().map(|(path, _)| *path).collect();
        assert_eq!(found, ours);
        for (path, text) in EMBEDDED {
            assert!(text.starts_with("-- ") && text.contains("\n--\n-- "), "{path}");
        }
    }
}
