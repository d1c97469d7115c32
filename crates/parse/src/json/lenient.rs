//! What can be recovered from a text, and the class of a text that is not strict JSON.

use super::fence::{Block, blocks};
use super::repair::Defects;
use super::scan::{Candidate, Found, scan};
use super::status::{JsonStatus, strict_class};
use super::strict;
use crate::refusal::{RefusalKind, refusal_kind};

/// How the value was obtained, as stored in `lenient_status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LenientStatus {
    /// The text is strict JSON; nothing was changed.
    Ok,
    /// Strict JSON taken out of a fence or prose.
    Extracted,
    /// The grammar was mended (quotes, commas, comments, literals, escapes).
    Repaired,
    /// The text ends inside the value: nothing is returned, so nothing is invented.
    Truncated,
    /// No single value can be recovered.
    None,
}

impl LenientStatus {
    /// The name as stored and returned by SQL.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Extracted => "extracted",
            Self::Repaired => "repaired",
            Self::Truncated => "truncated",
            Self::None => "none",
        }
    }
}

/// The outcome of lenient reading. `value` is strict JSON text when present.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lenient {
    /// How the value was obtained, or why there is none.
    pub status: LenientStatus,
    /// The recovered value as strict JSON; the text's own spelling where that was strict.
    pub value: Option<String>,
}

/// Recovers the one JSON value of `text`, if it has one.
///
/// Nothing is returned for truncated text, for `NaN` and infinities, and for several values.
///
/// ```
/// use spanlake_parse::lenient;
/// assert_eq!(lenient("Here: {'a': True,}").value.as_deref(), Some(r#"{"a":true}"#));
/// assert_eq!(lenient(r#"{"a": 1, "b"#).value, None);
/// ```
pub fn lenient(text: &str) -> Lenient {
    if strict_class(text).is_some() {
        let value = text.trim_matches([' ', '\t', '\n', '\r']).to_owned();
        return Lenient { status: LenientStatus::Ok, value: Some(value) };
    }
    let reading = read_loose(text);
    let status = match (&reading.value, reading.status) {
        (Some(_), _) if reading.is_repaired => LenientStatus::Repaired,
        (Some(_), _) => LenientStatus::Extracted,
        (None, JsonStatus::Truncated | JsonStatus::TruncatedFenced) => LenientStatus::Truncated,
        (None, _) => LenientStatus::None,
    };
    Lenient { status, value: reading.value }
}

/// Class and value of a text that is not strict JSON.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) status: JsonStatus,
    value: Option<String>,
    is_repaired: bool,
}

impl Reading {
    fn nothing(status: JsonStatus) -> Self {
        Self { status, value: None, is_repaired: false }
    }

    fn of(status: JsonStatus, candidate: Candidate) -> Self {
        if candidate.defects.has(Defects::NAN) {
            return Self::nothing(JsonStatus::NanInf);
        }
        // The reader writes only strict JSON; this keeps a slip in it from reaching anyone.
        let value = strict::recognise(&candidate.json).map(|_| candidate.json);
        Self { status, value, is_repaired: !candidate.defects.is_empty() }
    }
}

/// Reads a text that [`strict_class`] turned down.
pub(super) fn read_loose(text: &str) -> Reading {
    let text = text.trim_matches(is_blank_char);
    if text.is_empty() {
        return Reading::nothing(JsonStatus::Empty);
    }
    if let Some(reading) = bare_scalar(text) {
        return reading;
    }
    let fenced = blocks(text);
    if !fenced.is_empty()
        && !is_fence_inside_value(text, &fenced)
        && let Some(reading) = read_fenced(text, &fenced)
    {
        return reading;
    }
    read_plain(text)
}

/// White space, byte order marks and zero-width characters.
fn is_blank_char(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}'..='\u{200d}' | '\u{2060}')
}

fn bare_scalar(text: &str) -> Option<Reading> {
    let repaired = |json: &str| Reading {
        status: JsonStatus::PythonLiteral,
        value: Some(json.to_owned()),
        is_repaired: true,
    };
    match text {
        "True" => Some(repaired("true")),
        "False" => Some(repaired("false")),
        "None" => Some(repaired("null")),
        "NaN" | "Infinity" | "-Infinity" => Some(Reading::nothing(JsonStatus::NanInf)),
        _ if text.starts_with('"') && !has_closing_quote(text) => {
            Some(Reading::nothing(JsonStatus::Truncated))
        }
        _ => None,
    }
}

fn has_closing_quote(text: &str) -> bool {
    let mut is_escaped = false;
    text.bytes().skip(1).any(|b| {
        let closes = b == b'"' && !is_escaped;
        is_escaped = b == b'\\' && !is_escaped;
        closes
    })
}

/// A fence inside a string of the value, as in `{"answer": "```py …```"}`.
fn is_fence_inside_value(text: &str, fenced: &[Block<'_>]) -> bool {
    let first_fence = fenced.first().map_or(0, |block| block.start);
    let before = text.get(..first_fence).unwrap_or_default();
    if !before.contains(['{', '[']) {
        return false;
    }
    let spans_fence = |c: &Candidate| c.start < first_fence && c.end > first_fence;
    scan(text).complete.iter().any(spans_fence)
}

fn read_fenced(text: &str, fenced: &[Block<'_>]) -> Option<Reading> {
    let mut values = Vec::new();
    let mut is_truncated = false;
    let mut all_blank = true;
    for block in fenced {
        all_blank &= block.content.trim().is_empty();
        let found = scan(block.content);
        is_truncated |= found.is_truncated;
        values.extend(found.complete);
    }
    let outside = outside(text, fenced.iter().map(|block| (block.start, block.end)));
    let is_alone = outside.trim().is_empty();
    if is_truncated {
        return Some(Reading::nothing(JsonStatus::TruncatedFenced));
    }
    match (values.pop(), values.is_empty()) {
        (Some(_), false) => Some(Reading::nothing(JsonStatus::MultipleObjects)),
        (Some(value), true) => {
            let status = if is_alone { JsonStatus::Fenced } else { JsonStatus::FencedProse };
            Some(Reading::of(status, value))
        }
        (None, _) if all_blank && is_alone => Some(Reading::nothing(JsonStatus::Empty)),
        (None, _) => None,
    }
}

/// The text outside the given ascending ranges.
fn outside(text: &str, ranges: impl Iterator<Item = (usize, usize)>) -> String {
    let mut kept = String::new();
    let mut from = 0;
    for (start, end) in ranges {
        kept.push_str(text.get(from..start).unwrap_or_default());
        from = end;
    }
    kept.push_str(text.get(from..).unwrap_or_default());
    kept
}

fn read_plain(text: &str) -> Reading {
    let Found { mut complete, is_truncated } = scan(text);
    if is_truncated {
        return Reading::nothing(JsonStatus::Truncated);
    }
    match (complete.pop(), complete.is_empty()) {
        (Some(_), false) => Reading::nothing(JsonStatus::MultipleObjects),
        (Some(value), true) => {
            let rest = outside(text, std::iter::once((value.start, value.end)));
            let status = if rest.chars().any(char::is_alphanumeric) {
                JsonStatus::ProseWrapped
            } else if rest.trim().is_empty() {
                class_of(value.defects)
            } else {
                JsonStatus::Malformed
            };
            Reading::of(status, value)
        }
        (None, _) => read_valueless(text),
    }
}

fn read_valueless(text: &str) -> Reading {
    if text.starts_with(['{', '[']) {
        // Escaped once too often, without the outer quotes: `{\"a\": 1}`.
        let unescaped = serde_json::from_str::<String>(&format!("\"{text}\""))
            .ok()
            .filter(|inner| strict::recognise(inner).is_some());
        let is_repaired = unescaped.is_some();
        return Reading { status: JsonStatus::Malformed, value: unescaped, is_repaired };
    }
    Reading::nothing(match refusal_kind(text) {
        RefusalKind::None => JsonStatus::ProseOnly,
        RefusalKind::Partial | RefusalKind::Full => JsonStatus::Refusal,
    })
}

/// The class of a value that stands alone: the defect that says most about its writer.
fn class_of(defects: Defects) -> JsonStatus {
    let classes = [
        (Defects::NAN, JsonStatus::NanInf),
        (Defects::PYTHON_LITERAL, JsonStatus::PythonLiteral),
        (Defects::SINGLE_QUOTES, JsonStatus::SingleQuotes),
        (Defects::COMMENTS, JsonStatus::Comments),
        (Defects::UNQUOTED_KEYS, JsonStatus::UnquotedKeys),
        (Defects::MISSING_COMMA, JsonStatus::MissingComma),
        (Defects::TRAILING_COMMA, JsonStatus::TrailingComma),
        (Defects::RAW_NEWLINE, JsonStatus::RawNewlineInString),
    ];
    classes
        .into_iter()
        .find(|&(defect, _)| defects.has(defect))
        .map_or(JsonStatus::Malformed, |(_, status)| status)
}
