//! Splits prose into sentences by rule: terminators, line ends, abbreviations, trailing citation markers.

use std::ops::Range;

/// Words whose full stop does not end a sentence.
const ABBREVIATIONS: [&str; 26] = [
    "al", "approx", "ave", "cf", "co", "corp", "dept", "dr", "e.g", "eq", "est", "fig", "gen",
    "i.e", "inc", "jr", "ltd", "mr", "mrs", "ms", "no", "prof", "sr", "st", "vol", "vs",
];

/// The sentences of `text` as byte ranges, without surrounding white space, in order.
///
/// A bracketed marker after the full stop (`It opened in 1932. [3]`) belongs to the sentence before it.
pub(crate) fn sentences(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    for (at, c) in text.char_indices() {
        let next_at = at + c.len_utf8();
        if next_at <= start {
            continue;
        }
        let end = match c {
            '\n' => Some(next_at),
            '.' | '!' | '?' | '。' | '！' | '？' => end_of_sentence(text, start, at, c),
            _ => None,
        };
        if let Some(end) = end {
            push_trimmed(text, start..end, &mut found);
            start = end;
        }
    }
    push_trimmed(text, start..text.len(), &mut found);
    found
}

fn push_trimmed(text: &str, range: Range<usize>, found: &mut Vec<Range<usize>>) {
    let raw = text.get(range.clone()).unwrap_or_default();
    let start = range.start + raw.len() - raw.trim_start().len();
    let end = start + raw.trim().len();
    if end > start {
        found.push(start..end);
    }
}

/// Where the sentence whose terminator is at `at` ends, if it does end there.
fn end_of_sentence(text: &str, start: usize, at: usize, terminator: char) -> Option<usize> {
    let mut end = at + terminator.len_utf8();
    if !terminator.is_ascii() {
        return Some(end);
    }
    let rest = text.get(end..).unwrap_or_default();
    let closers =
        |c: char| matches!(c, '.' | '!' | '?' | '"' | '\'' | ')' | '\u{201d}' | '\u{2019}' | '*');
    end += rest.len() - rest.trim_start_matches(closers).len();
    // A marker set right after the full stop: `1932.[1]`.
    end += marker_run(text.get(end..).unwrap_or_default());
    let rest = text.get(end..).unwrap_or_default();
    if !rest.starts_with(char::is_whitespace) {
        return rest.is_empty().then_some(end);
    }
    if terminator == '.' && is_abbreviation(text.get(start..at).unwrap_or_default()) {
        return None;
    }
    let spaces = rest.len() - rest.trim_start_matches([' ', '\u{a0}', '\t']).len();
    let after = rest.get(spaces..).unwrap_or_default();
    let markers = marker_run(after);
    if markers > 0 {
        return Some(end + spaces + markers);
    }
    (!after.starts_with(char::is_lowercase)).then_some(end)
}

/// Length of the citation markers `rest` starts with.
fn marker_run(rest: &str) -> usize {
    crate::citations::run_at_start(rest)
}

fn is_abbreviation(before: &str) -> bool {
    let word = before.rsplit(|c: char| c.is_whitespace() || c == '(').next().unwrap_or_default();
    let mut letters = word.chars();
    let is_initial =
        matches!((letters.next(), letters.next()), (Some(c), None) if c.is_uppercase());
    // `1.` at the start of a line numbers an item.
    let is_item = before.trim_start().len() <= 2 && word.bytes().all(|b| b.is_ascii_digit());
    is_initial || is_item || ABBREVIATIONS.contains(&word.to_ascii_lowercase().as_str())
}
