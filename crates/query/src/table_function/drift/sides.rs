//! Which calls a side of a drift report takes: a version's, or those of a span of time.

use datafusion::common::ScalarValue;

use super::super::run::{self, Parameters};

/// One side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// A prompt version.
    Version(String),
    /// `FROM/UNTIL`, the end not included.
    Time(String, String),
}

impl Side {
    /// Reads `FROM/UNTIL` where both begin as dates do, else a version.
    pub(super) fn parse(text: &str) -> Self {
        let is_date = |text: &str| {
            let day = text.get(..10).unwrap_or_default();
            chrono::NaiveDate::parse_from_str(day, "%Y-%m-%d").is_ok()
        };
        match text.split_once('/') {
            Some((from, until)) if is_date(from.trim()) && is_date(until.trim()) => {
                Self::Time(from.trim().to_owned(), until.trim().to_owned())
            }
            _ => Self::Version(text.to_owned()),
        }
    }

    /// The condition on a call, over parameters named after `name`.
    pub(super) fn condition(&self, name: &str) -> String {
        match self {
            Self::Version(_) => format!("prompt_version = ${name}"),
            Self::Time(..) => format!(
                "(start_time >= cast(${name}_from as timestamp) \
                 and start_time < cast(${name}_until as timestamp))"
            ),
        }
    }

    pub(super) fn parameters(&self, name: &str) -> Parameters {
        let given = |part: &str, text: &str| -> (String, ScalarValue) {
            (format!("{name}{part}"), run::value(text))
        };
        match self {
            Self::Version(version) => vec![given("", version)],
            Self::Time(from, until) => vec![given("_from", from), given("_until", until)],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_with_a_slash_are_a_span_of_time() {
        let time = Side::Time("2026-11-01".to_owned(), "2026-11-02 12:00".to_owned());
        assert_eq!(Side::parse("2026-11-01 / 2026-11-02 12:00"), time);
        for version in ["2", "main/2026-11-01", "2026-11-01", "2026-13-01/2026-14-01"] {
            assert_eq!(Side::parse(version), Side::Version(version.to_owned()));
        }
    }
}
