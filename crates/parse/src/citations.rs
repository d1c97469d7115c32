//! Citation markers in an answer and how they map to the documents it was given.
//!
//! Recognised forms: `[1]`, `[1, 2]`, `[1-3]`, `[1][2]`, `[^1]`, `[doc1]`, `[Source: 2]`, `(Source 1 and 2)`,
//! `【1†source】`, `【4:0†source】`. Not markers: code spans and fences, subscripts (`array[0]`), decimals,
//! link definitions (`[1]: http…`), numbers above 999 and words.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::sentences::sentences;

/// Adjacent markers, read as one place in the text that cites `ids`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker {
    /// First character, counted in characters from 0.
    pub start: usize,
    /// One past the last character.
    pub end: usize,
    /// Cited document numbers as written, ranges expanded, repeats kept.
    pub ids: Vec<i64>,
}

/// A sentence and the documents cited in it. Offsets count characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CitedSentence {
    /// First character.
    pub start: usize,
    /// One past the last character.
    pub end: usize,
    /// Cited document numbers, in order.
    pub ids: Vec<i64>,
}

/// The citations of one answer compared with the number of documents it had.
#[derive(Debug, Clone, PartialEq)]
pub struct CitationCheck {
    /// Citations in all: every id of every marker. Always `valid + invalid`.
    pub markers: usize,
    /// Citations of documents 1 to `n_documents`.
    pub valid: usize,
    /// Citations of documents that do not exist.
    pub invalid: usize,
    /// Distinct valid document numbers, ascending.
    pub valid_ids: Vec<i64>,
    /// Distinct invalid document numbers, ascending.
    pub invalid_ids: Vec<i64>,
    /// Share of sentences with at least one citation; 0 for an empty text.
    pub sentence_coverage: f64,
    /// The sentences with what they cite.
    pub sentences: Vec<CitedSentence>,
}

/// Largest document number read as a citation: `[2019]` is a year.
const MAX_ID: i64 = 999;
/// Widest range expanded: `[1-400]` is not a list of sources.
const MAX_RANGE: i64 = 50;

const IDS: &str = r"\d{1,3}(?:\s*[-–—]\s*\d{1,3})?(?:\s*(?:,\s*(?:and\s+)?|;|&|and|\s)\s*\^?\d{1,3}(?:\s*[-–—]\s*\d{1,3})?)*";
const WORD: &str = r"(?:docs?|documents?|sources?|src|refs?|references?|passages?|contexts?|chunks?|citations?|cite|excerpts?|snippets?|articles?|results?)";

static MARKER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let lenticular = r"【\s*(?:\d{1,3})(?::\d+)?\s*(?:†[^】]{0,80})?】";
    let bracket = format!(r"\[\s*(?:\^|#|(?i:{WORD})\s*[:#._-]?\s*)?{IDS}(?:†[^\]]{{0,80}})?\s*\]");
    let paren = format!(r"\(\s*(?i:see\s+|cf\.?\s+)?(?i:{WORD})\s*[:#._-]?\s*{IDS}\s*\)");
    Regex::new(&format!("(?:{lenticular})|(?:{bracket})|(?:{paren})")).ok()
});

static CODE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?s)```.*?(?:```|\z)|`[^`\n]*`").ok());

struct Found {
    bytes: Range<usize>,
    ids: Vec<i64>,
}

/// The citation markers of `text`, adjacent ones joined, in order.
///
/// ```
/// let markers = spanlake_parse::citations::parse("It opened in 1932 [1][3]. See array[0].");
/// assert_eq!(markers.len(), 1);
/// assert_eq!((markers[0].start, markers[0].end, markers[0].ids.as_slice()), (18, 24, [1, 3].as_slice()));
/// ```
pub fn parse(text: &str) -> Vec<Marker> {
    let mut counter = CharCounter::new(text);
    clusters(text)
        .into_iter()
        .map(|found| Marker {
            start: counter.at(found.bytes.start),
            end: counter.at(found.bytes.end),
            ids: found.ids,
        })
        .collect()
}

/// Compares the citations of `text` with the documents numbered 1 to `n_documents`.
pub fn check(text: &str, n_documents: u64) -> CitationCheck {
    let found = clusters(text);
    let is_valid = |id: i64| u64::try_from(id).is_ok_and(|id| id >= 1 && id <= n_documents);
    let cited: Vec<i64> = found.iter().flat_map(|cluster| cluster.ids.iter().copied()).collect();
    let (valid, invalid): (Vec<i64>, Vec<i64>) = cited.iter().partition(|&&id| is_valid(id));
    let mut counter = CharCounter::new(text);
    let sentences: Vec<CitedSentence> = sentences(text)
        .into_iter()
        .map(|range| CitedSentence {
            start: counter.at(range.start),
            end: counter.at(range.end),
            ids: found
                .iter()
                .filter(|cluster| range.contains(&cluster.bytes.start))
                .flat_map(|cluster| cluster.ids.iter().copied())
                .collect(),
        })
        .collect();
    let n_cited = sentences.iter().filter(|sentence| !sentence.ids.is_empty()).count();
    CitationCheck {
        markers: cited.len(),
        valid: valid.len(),
        invalid: invalid.len(),
        valid_ids: distinct(valid),
        invalid_ids: distinct(invalid),
        sentence_coverage: n_cited as f64 / sentences.len().max(1) as f64,
        sentences,
    }
}

/// Length in bytes of the markers that `rest` starts with; 0 if none.
pub(crate) fn run_at_start(rest: &str) -> usize {
    if !rest.starts_with(['[', '(', '【']) {
        return 0;
    }
    let Some(pattern) = MARKER.as_ref() else { return 0 };
    let mut end = 0;
    while let Some(tail) = rest.get(end..) {
        let gap = tail.len() - tail.trim_start_matches([' ', ',']).len();
        let gap = if end == 0 { 0 } else { gap };
        let next = tail.get(gap..).unwrap_or_default();
        // A look at the first character spares a search of the whole tail.
        if !next.starts_with(['[', '(', '【']) {
            break;
        }
        match pattern.find(next).filter(|found| found.start() == 0) {
            Some(found) => end += gap + found.end(),
            None => break,
        }
    }
    end
}

fn distinct(mut ids: Vec<i64>) -> Vec<i64> {
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// Markers as byte ranges, adjacent ones joined.
fn clusters(text: &str) -> Vec<Found> {
    let Some(pattern) = MARKER.as_ref() else { return Vec::new() };
    if !text.contains(['[', '(', '【']) {
        return Vec::new();
    }
    let code: Vec<Range<usize>> =
        CODE.iter().flat_map(|code| code.find_iter(text).map(|found| found.range())).collect();
    let mut joined: Vec<Found> = Vec::new();
    for found in pattern.find_iter(text) {
        let range = found.range();
        if code.iter().any(|code| code.contains(&range.start)) {
            continue;
        }
        let Some(ids) = ids_of(found.as_str()) else { continue };
        let previous = joined.last_mut().filter(|last| {
            let gap = text.get(last.bytes.end..range.start).unwrap_or("x");
            gap.len() <= 3 && gap.chars().all(|c| matches!(c, ' ' | ',' | ';'))
        });
        match previous {
            Some(last) => {
                last.bytes.end = range.end;
                last.ids.extend(ids);
            }
            None if is_in_prose(text, &range, &ids) => joined.push(Found { bytes: range, ids }),
            None => {}
        }
    }
    joined
}

/// Not a subscript (`array[0]`) and not a link definition (`[1]: http…`).
fn is_in_prose(text: &str, range: &Range<usize>, ids: &[i64]) -> bool {
    let before = text.get(..range.start).unwrap_or_default();
    let after = text.get(range.end..).unwrap_or_default();
    let at_line_start = before.trim_end_matches([' ', '\t']).is_empty()
        || before.trim_end_matches([' ', '\t']).ends_with('\n');
    if at_line_start && after.starts_with(':') {
        return false;
    }
    match before.chars().next_back() {
        // Set against a word: a footnote ends its clause, a subscript goes on.
        Some(c) if c.is_alphabetic() || matches!(c, '_' | ')' | ']') => {
            !ids.contains(&0)
                && (after.is_empty()
                    || after.starts_with(['.', ',', ';', ':', '!', '?', '[', '\n', '【'])
                    || c == ')')
                && !after.starts_with(".length")
                && !after.starts_with("[i]")
        }
        _ => true,
    }
}

/// The numbers of one marker; `None` when they are no list of documents.
fn ids_of(marker: &str) -> Option<Vec<i64>> {
    // In `【4:0†source】` and `[4†L1-L9]` only the first number names a document.
    let body = marker.split(['†', ':']).find(|part| part.contains(|c: char| c.is_ascii_digit()))?;
    let mut ids = Vec::new();
    let mut pending_range = false;
    let mut digits = String::new();
    for c in body.chars().chain(std::iter::once(' ')) {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        if let Ok(id) = digits.parse::<i64>() {
            match ids.last().copied().filter(|_| pending_range) {
                Some(first) if id > first && id - first <= MAX_RANGE => ids.extend(first + 1..=id),
                Some(_) => return None,
                None => ids.push(id),
            }
            pending_range = false;
            digits.clear();
        }
        pending_range |= matches!(c, '-' | '–' | '—') && !ids.is_empty();
    }
    (!ids.is_empty() && ids.iter().all(|&id| id <= MAX_ID)).then_some(ids)
}

/// Turns ascending byte offsets into character offsets in one pass.
struct CharCounter<'a> {
    text: &'a str,
    byte: usize,
    chars: usize,
}

impl<'a> CharCounter<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, byte: 0, chars: 0 }
    }

    fn at(&mut self, byte: usize) -> usize {
        if byte < self.byte {
            (self.byte, self.chars) = (0, 0);
        }
        self.chars += self.text.get(self.byte..byte).unwrap_or_default().chars().count();
        self.byte = byte;
        self.chars
    }
}
