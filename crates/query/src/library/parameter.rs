//! Parameters of a stored statement: `$name`, typed by the default that the header gives it.

use std::fmt;

/// A parameter that a header declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlParameter {
    /// Its name, without the dollar sign.
    pub name: String,
    /// Its default, as the header writes it.
    pub default: String,
    /// What it is for.
    pub doc: String,
}

/// What a parameter's value has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Text, or NULL.
    Text,
    Whole,
    Number,
    Date,
    Span,
    /// An instant; the default is the machine's.
    Time,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "a text",
            Self::Whole => "a whole number",
            Self::Number => "a number",
            Self::Date => "a date (2026-11-24)",
            Self::Time => "a time (2026-11-24T08:00:00Z)",
            Self::Span => "a length of time (90 minutes, 24 hours, 7 days)",
        })
    }
}

impl SqlParameter {
    /// Reads what follows the dollar sign in a header: `days = 7  How many days back.`
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (name, rest) = text.split_once(" = ")?;
        let (default, doc) = rest.split_once("  ").unwrap_or((rest, ""));
        Some(Self {
            name: name.trim().to_owned(),
            default: default.trim().to_owned(),
            doc: doc.trim().to_owned(),
        })
    }

    fn kind(&self) -> Kind {
        let default = self.default.as_str();
        if default == "now" {
            Kind::Time
        } else if span(default).is_some() {
            Kind::Span
        } else if default.parse::<i64>().is_ok() {
            Kind::Whole
        } else if default.parse::<f64>().is_ok() {
            Kind::Number
        } else if is_date(default) {
            Kind::Date
        } else {
            Kind::Text
        }
    }

    /// Writes a value, or without one the default, as a literal that can be nothing else.
    pub(super) fn literal(&self, given: Option<&str>) -> Result<String, String> {
        let kind = self.kind();
        let value = given.unwrap_or(&self.default).trim();
        let wrong = || Err(format!("must be {kind}"));
        match kind {
            Kind::Text if value == "null" => Ok("cast(null as varchar)".to_owned()),
            Kind::Text => {
                let bare = value.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
                Ok(format!("'{}'", bare.unwrap_or(value).replace('\'', "''")))
            }
            Kind::Whole => value.parse::<i64>().map_or_else(|_| wrong(), |n| Ok(n.to_string())),
            Kind::Number => match value.parse::<f64>() {
                Ok(number) if number.is_finite() => Ok(format!("cast({number} as double)")),
                _ => wrong(),
            },
            Kind::Date if is_date(value) => Ok(format!("date '{value}'")),
            Kind::Span => match span(value) {
                Some((number, unit)) => Ok(format!("interval '{number} {unit}'")),
                None => wrong(),
            },
            Kind::Time if value == "now" => Ok("now()".to_owned()),
            Kind::Time => match chrono::DateTime::parse_from_rfc3339(value) {
                Ok(time) => Ok(format!(
                    "arrow_cast({}, 'Timestamp(Microsecond, Some(\"UTC\"))')",
                    time.timestamp_micros()
                )),
                Err(_) => wrong(),
            },
            Kind::Date => wrong(),
        }
    }
}

fn is_date(text: &str) -> bool {
    spanlake_model::Day::parse_iso(text).is_some_and(|day| day.iso() == text)
}

/// Reads `7 days`.
fn span(text: &str) -> Option<(u32, &str)> {
    let (number, unit) = text.split_once(' ')?;
    let is_unit = ["minute", "minutes", "hour", "hours", "day", "days"].contains(&unit);
    Some((number.parse().ok()?, unit)).filter(|_| is_unit)
}

/// Writes literals into a statement's `$name`s; comments and quoted text are left alone, and so is
/// what `literal` knows nothing of.
///
/// # Errors
/// The first error of `literal`.
pub fn bind<E>(
    text: &str,
    mut literal: impl FnMut(&str) -> Result<Option<String>, E>,
) -> Result<String, E> {
    let mut bound = String::with_capacity(text.len() + 256);
    let mut rest = text;
    let mut quote: Option<char> = None;
    while let Some(c) = rest.chars().next() {
        let taken = match (quote, c) {
            (Some(open), c) => {
                if c == open {
                    quote = None;
                }
                c.len_utf8()
            }
            (None, '\'' | '"') => {
                quote = Some(c);
                1
            }
            (None, '-') if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            (None, '$') => {
                let name = rest.get(1..).unwrap_or_default();
                let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
                let end = name.find(|c| !is_name(c)).unwrap_or(name.len());
                if let Some(value) = literal(name.get(..end).unwrap_or_default())? {
                    bound.push_str(&value);
                    rest = rest.get(1 + end..).unwrap_or_default();
                    continue;
                }
                1
            }
            (None, c) => c.len_utf8(),
        };
        let (head, tail) = rest.split_at(taken);
        bound.push_str(head);
        rest = tail;
    }
    Ok(bound)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn literal(line: &str, given: Option<&str>) -> Result<String, String> {
        SqlParameter::parse(line).unwrap().literal(given)
    }

    #[test]
    fn a_value_is_a_literal_of_its_defaults_type() {
        assert_eq!(literal("days = 7  Days back.", None).unwrap(), "7");
        assert_eq!(literal("days = 7", Some("30")).unwrap(), "30");
        assert_eq!(literal("days = 7", Some("1; drop")).unwrap_err(), "must be a whole number");
        assert_eq!(literal("share = 0.5", Some("1")).unwrap(), "cast(1 as double)");
        assert!(literal("share = 0.5", Some("nan")).is_err());
        assert_eq!(literal("who = null", None).unwrap(), "cast(null as varchar)");
        assert_eq!(literal("who = null", Some("o'neill")).unwrap(), "'o''neill'");
        assert_eq!(literal("where = 'production'", None).unwrap(), "'production'");
        assert_eq!(literal("since = 2026-01-01", Some("2026-11-24")).unwrap(), "date '2026-11-24'");
        assert!(literal("since = 2026-01-01", Some("yesterday")).is_err());
        assert_eq!(
            literal("window = 7 days", Some("90 minutes")).unwrap(),
            "interval '90 minutes'"
        );
        assert!(literal("window = 7 days", Some("90")).is_err());
        assert_eq!(literal("now = now", None).unwrap(), "now()");
        let time = literal("now = now", Some("1970-01-01T01:00:00+01:00")).unwrap();
        assert_eq!(time, "arrow_cast(0, 'Timestamp(Microsecond, Some(\"UTC\"))')");
        assert!(literal("now = now", Some("soon")).is_err());
    }
}
