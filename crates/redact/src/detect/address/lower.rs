//! Streets whose names are written without capitals, as people type them: a street's word, its
//! number and a postal code with a town, or a word before it that announces an address.

use super::super::bytes::{at, before, cut, is_word, run, run_back};
use super::super::numbers::near;
use super::place::{Code, locality};
use super::words::{COMPOUND, NAME_PARTICLES, ORDINARY, PREFIXES, VAGUE};
use super::{eq_any, number_tail, word_end, word_start};

/// Words before a street of which no postal code follows.
const ANNOUNCED: [&str; 10] = [
    "adresse",
    "habit",
    "livr",
    "domicil",
    "demeur",
    "envoy",
    "expédi",
    "réside",
    "vivo en",
    "dirección",
];

/// Words with which the sentence goes on behind a street's name.
const ONWARD: [&str; 14] = [
    "et", "ou", "depuis", "à", "au", "en", "dans", "pour", "avec", "car", "mais", "est", "y", "con",
];

/// What joins the words of a town's name in lower case.
const JOINS: [&str; 10] = ["en", "sur", "sous", "les", "lès", "la", "le", "de", "am", "an"];

fn is_letters(word: &[u8]) -> bool {
    !word.is_empty()
        && word
            .iter()
            .all(|&c| c.is_ascii_alphabetic() || c >= 0x80 || matches!(c, b'\'' | b'-' | b'.'))
}

fn is_particle(word: &[u8]) -> bool {
    eq_any(word, &NAME_PARTICLES) || word.starts_with(b"d'") || word.starts_with(b"l'")
}

/// The end of the town behind a postal code that ends at `code_end`; `None` without a town.
fn town(b: &[u8], code_end: usize) -> Option<usize> {
    let word = |gap: usize| {
        let stop = word_end(b, gap + 1);
        let text = cut(b, gap + 1, stop);
        let stop = if text.ends_with(b".") { stop - 1 } else { stop };
        (at(b, gap) == b' ' && text.len() > 2 && is_letters(text)).then_some(stop)
    };
    let mut end = word(code_end)?;
    for _ in 0..3 {
        let join = word_end(b, end + 1);
        if at(b, end) != b' ' || !eq_any(cut(b, end + 1, join), &JOINS) {
            break;
        }
        let Some(next) = word(join) else { break };
        end = next;
    }
    Some(end)
}

/// The place behind a street that ends at `end`, if its postal code and town are there.
fn place(b: &[u8], end: usize) -> Option<usize> {
    let place = locality(b, end);
    let from = run(b, end, 3, |c| matches!(c, b',' | b' '));
    let digits = run(b, from, 6, |c| c.is_ascii_digit());
    if place.code != Code::Sure || digits == from {
        return None;
    }
    let code =
        if at(b, digits) == b'-' { run(b, digits + 1, 4, |c| c.is_ascii_digit()) } else { digits };
    town(b, code).map(|town| town.max(place.end))
}

/// `14 rue des lilas, 69003 lyon`, `12 ter place de la mairie 35000 rennes`.
pub(super) fn number_first(b: &[u8], start: usize, end: usize) -> Option<(usize, usize)> {
    let mut pos = number_tail(b, end);
    pos += usize::from(at(b, pos) == b',');
    let stop = word_end(b, pos + 1);
    let word = cut(b, pos + 1, stop);
    if at(b, pos) != b' ' || word.len() < 2 || !eq_any(word, &PREFIXES) || at(b, stop) != b' ' {
        return None;
    }
    // "2 route tables", "3 place names": such a word needs a particle behind it.
    let next = cut(b, stop + 1, word_end(b, stop + 1));
    if eq_any(word, &ORDINARY) && !is_particle(next) {
        return None;
    }
    let (mut pos, mut names, mut tail) = (stop, 0, stop);
    for _ in 0..8 {
        let stop = word_end(b, pos + 1);
        let word = cut(b, pos + 1, stop);
        if at(b, pos) != b' ' || !is_letters(word) || eq_any(word, &ONWARD) {
            break;
        }
        if !is_particle(word) {
            names += 1;
            tail = if word.ends_with(b".") { stop - 1 } else { stop };
        }
        pos = stop;
    }
    if names == 0 {
        return None;
    }
    if let Some(end) = place(b, tail) {
        return Some((start, end));
    }
    let short = names <= 3 && (is_particle(next) || !eq_any(word, &ORDINARY));
    (short && near(b, start, 40, &ANNOUNCED)).then_some((start, tail))
}

/// `bahnhofstr. 5, 70173 stuttgart`, `calle de alcalá 155, 28009 madrid`.
pub(super) fn number_last(b: &[u8], start: usize, end: usize) -> Option<(usize, usize)> {
    let gap = run_back(b, start, 2, |c| matches!(c, b' ' | b','));
    if gap == start {
        return None;
    }
    let number_end = number_tail(b, end);
    if is_word(at(b, number_end)) {
        return None;
    }
    let to = place(b, number_end)?;
    let mut from = word_start(b, gap);
    let word = cut(b, from, gap);
    let lower = word.to_ascii_lowercase();
    let ends = |list: &[&str]| {
        list.iter().any(|s| lower.ends_with(s.as_bytes()) && lower.len() > s.len() + 2)
    };
    if ends(&COMPOUND) && !ends(&VAGUE) {
        return Some((from, to));
    }
    for _ in 0..5 {
        if before(b, from) != b' ' {
            return None;
        }
        let head = word_start(b, from - 1);
        let word = cut(b, head, from - 1);
        if !is_letters(word) && word != b"c/" {
            return None;
        }
        if word.len() > 1 && eq_any(word, &PREFIXES) && !eq_any(word, &ORDINARY) {
            return Some((head, to));
        }
        from = head;
    }
    None
}
