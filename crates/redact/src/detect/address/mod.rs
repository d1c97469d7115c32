//! Street addresses: from a house number, from a word that announces one, from a post box.
//!
//! ```text
//! house number ─▶ street (the number first or last) ─▶ place (unit, code, town, region) ─▶ span
//! "address:", "lives at" ─▶ labelled: names and numbers as far as they go
//! "PO Box", "APO AE", "ул.", 区 … 号 ─▶ forms of their own
//! ```

mod boxes;
mod forms;
mod labelled;
mod lower;
mod place;
mod street;
mod words;

use super::Hit;
use super::bytes::{at, before, cut, is_word, run, run_back};
use crate::class::Class;

pub(crate) use boxes::{BOXES, MILITARY, military, post_box};
pub(crate) use forms::{CYRILLIC, cyrillic, ideographic};
pub(crate) use labelled::{LABELS, labelled};

use words::{PARTS, UNITS};

/// House number from `start` to `end`: tries number-first and number-last forms.
pub(crate) fn scan(b: &[u8], start: usize, end: usize, out: &mut Vec<Hit>) -> Option<usize> {
    if end - start > 5 || is_word(before(b, start)) && !super::bytes::after_escape(b, start) {
        return None;
    }
    if let Some((from, to)) = forms::hangul(b, start, end) {
        out.push(Hit::new(from, to, Class::Address, "address_hangul"));
        return Some(to);
    }
    let street = street::number_first(b, start, end).or_else(|| street::number_last(b, start, end));
    let lower = lower::number_first(b, start, end).or_else(|| lower::number_last(b, start, end));
    // Of a name that is capitalised in part, the look that sees more of it.
    let (from, to) = street.into_iter().chain(lower).max_by_key(|(from, to)| to - from)?;
    // "Chapter 12 The Way": a number of the text's own parts is no house number.
    let prev = run_back(b, start.saturating_sub(1), 10, |c| c.is_ascii_alphabetic());
    if from == start && eq_any(cut(b, prev, start.saturating_sub(1)), &PARTS) {
        return None;
    }
    let street = cut(b, from, to);
    if is_year(b, start, end) && !street.contains(&b',') && !street.contains(&b'\n') {
        return None;
    }
    // The second look finds what stands before a number before the street.
    let from = lead_in(b, lead_in(b, from));
    out.push(Hit::new(from, to, Class::Address, "address"));
    Some(to)
}

/// A number that reads as a year needs a place behind the street.
fn is_year(b: &[u8], start: usize, end: usize) -> bool {
    end - start == 4 && matches!(cut(b, start, start + 2), b"19" | b"20")
}

/// What may stand before the street: `Flat 3, `, `Apt. 5B `, `Unit 5, `, another number.
fn lead_in(b: &[u8], from: usize) -> usize {
    let gap = run_back(b, from, 2, |c| matches!(c, b' ' | b','));
    let number = run_back(b, gap, 6, |c| c.is_ascii_alphanumeric() || matches!(c, b'/' | b'-'));
    if gap == from || number == gap || !cut(b, number, gap).iter().any(u8::is_ascii_digit) {
        return from;
    }
    let digits = cut(b, number, gap);
    let alone = matches!(before(b, number), 0 | b' ' | b'\n' | b'>' | b'"' | b'\t');
    let bare = alone && gap + 1 == from && digits.iter().all(u8::is_ascii_digit);
    let blank = run_back(b, number, 2, |c| matches!(c, b' ' | b'#'));
    let word = run_back(b, blank, 10, |c| c.is_ascii_alphabetic() || c == b'.');
    let unit = cut(b, word, blank);
    if blank < number && eq_any(unit, &UNITS) && !is_word(before(b, word)) {
        return word;
    }
    if bare && !is_year(b, number, gap) && !eq_any(unit, &PARTS) { number } else { from }
}

fn word_end(b: &[u8], i: usize) -> usize {
    run(b, i, 40, |c| is_word(c) && c != b'_' || matches!(c, b'\'' | b'-' | b'.'))
}

/// The start of the word that ends at `i`.
fn word_start(b: &[u8], i: usize) -> usize {
    run_back(b, i, 40, |c| is_word(c) && c != b'_' || matches!(c, b'\'' | b'-' | b'.' | b'/'))
}

/// A word that is written with a capital, or in a script whose capitals are not looked at.
fn is_capital(word: &[u8]) -> bool {
    word.first().is_some_and(|&c| c.is_ascii_uppercase() || c >= 0xC3)
        && !word.starts_with(b"\xE2\x80")
}

fn eq_any(word: &[u8], list: &[&str]) -> bool {
    let Some(first) = word.first().map(u8::to_ascii_lowercase) else { return false };
    let bare = word.strip_suffix(b".").unwrap_or(word);
    list.iter().any(|w| {
        let w = w.as_bytes();
        (w.len() == bare.len() || w.len() == word.len())
            && w.first().is_some_and(|c| c.to_ascii_lowercase() == first)
            && (bare.eq_ignore_ascii_case(w) || word.eq_ignore_ascii_case(w))
    })
}

/// The end of a house number whose digits end at `end`: `12B`, `84/92`, `12-14`, `18 bis`.
fn number_tail(b: &[u8], end: usize) -> usize {
    let mut i = end;
    if at(b, i).is_ascii_alphabetic() && !is_word(at(b, i + 1)) {
        i += 1;
    }
    if matches!(at(b, i), b'-' | b'/') && at(b, i + 1).is_ascii_digit() {
        i = run(b, i + 1, 5, |c| c.is_ascii_digit());
        if at(b, i).is_ascii_alphabetic() && !is_word(at(b, i + 1)) {
            i += 1;
        }
    }
    for word in [" bis", " ter", " quater"] {
        if cut(b, i, i + word.len()) == word.as_bytes() && !is_word(at(b, i + word.len())) {
            return i + word.len();
        }
    }
    i
}
