//! A street around its house number.

use super::super::bytes::{at, before, cut, is_word, run, run_back};
use super::place::{Code, locality};
use super::words::{
    COMPOUND, ENDINGS, MONTHS, NAME_PARTICLES, NOT_STREETS, ORDINARY, PARTS, PREFIXES, SUFFIXES,
    UNITS, VAGUE,
};
use super::{eq_any, is_capital, number_tail, word_end, word_start};

/// "took place on 8 March", "via Netflix": some prefixes are ordinary words when not capitalised.
fn is_prefix(word: &[u8]) -> bool {
    eq_any(word, &PREFIXES)
        && (word.first().is_some_and(u8::is_ascii_uppercase) || !eq_any(word, &ORDINARY))
}

/// `3022 Maple Rd, Riverton, WA 81703`, `12 rue de la Paix, 75002 Paris`, `12B Baker Street`.
pub(super) fn number_first(b: &[u8], start: usize, end: usize) -> Option<(usize, usize)> {
    let mut i = number_tail(b, end);
    if at(b, i) == b',' {
        i += 1;
    }
    if at(b, i) != b' ' {
        return None;
    }
    let first = i + 1;
    let mut pos = first;
    for words in 0..5 {
        let stop = word_end(b, pos);
        let word = cut(b, pos, stop);
        let Some(&c) = word.first() else { break };
        if words == 0 && is_prefix(word) && word.len() > 1 && at(b, stop) == b' ' {
            let tail = name_words(b, stop, 5);
            if tail > stop {
                return Some((start, locality(b, tail).end));
            }
        }
        // `730 Highway 12, Stonefield, MT 59999`
        let road = stop + 1;
        let road_end = run(b, road, 5, |c| c.is_ascii_digit());
        if words == 0
            && c.is_ascii_uppercase()
            && eq_any(word, &["highway", "hwy", "route", "rte", "road"])
            && at(b, stop) == b' '
            && road_end > road
        {
            let place = locality(b, road_end);
            return (place.code == Code::Sure).then_some((start, place.end));
        }
        // Lower-case suffixes count only after a capitalised name.
        if words > 0
            && eq_any(word, &SUFFIXES)
            && (c.is_ascii_uppercase() || word.len() > 3 && at(b, first).is_ascii_uppercase())
        {
            // `Juniper Ridge Dr`: the last of two such words is the street's.
            let next = cut(b, stop + 1, word_end(b, stop + 1));
            let more = at(b, stop) == b' ' && is_capital(next) && eq_any(next, &SUFFIXES);
            if !more {
                let stop = if word.ends_with(b".") { stop - 1 } else { stop };
                return Some((start, locality(b, stop).end));
            }
        }
        let ordinal = c.is_ascii_digit()
            && word.len() >= 3
            && word.last().is_some_and(u8::is_ascii_alphabetic);
        if !(is_capital(word) || ordinal)
            || word.ends_with(b".") && word.len() > 3
            || eq_any(word, &MONTHS)
        {
            break;
        }
        // `88 Prinsengracht, Amsterdam 1015`: no word says street, but the place does.
        if at(b, stop) == b',' {
            let place = locality(b, stop);
            return (place.code == Code::Sure).then_some((start, place.end));
        }
        if at(b, stop) != b' ' {
            break;
        }
        pos = stop + 1;
    }
    None
}

/// Capitalised words and the particles between them.
fn name_words(b: &[u8], from: usize, most: usize) -> usize {
    let mut end = from;
    let mut pos = from;
    for _ in 0..most {
        if at(b, pos) != b' ' {
            break;
        }
        let stop = word_end(b, pos + 1);
        let word = cut(b, pos + 1, stop);
        if word.is_empty() {
            break;
        }
        if is_capital(word) {
            end = if word.ends_with(b".") { stop - 1 } else { stop };
            if word.ends_with(b".") && word.len() > 3 {
                break;
            }
        } else if !is_particle(word) {
            break;
        }
        pos = stop;
    }
    end
}

fn is_particle(word: &[u8]) -> bool {
    eq_any(word, &NAME_PARTICLES) || word.starts_with(b"d'") || word.starts_with(b"l'")
}

/// The end of the name before a number at `start`: steps over a comma and `nº`, `No:`, `n.`.
fn name_before(b: &[u8], start: usize) -> Option<usize> {
    let blank = |i: usize| run_back(b, i, 2, |c| matches!(c, b' ' | b','));
    let mut gap = blank(start);
    let word = word_start(b, gap + usize::from(at(b, gap) == b':'));
    let mark = cut(b, word, gap);
    let mark = mark.strip_suffix(b":").unwrap_or(mark);
    let short = !mark.is_empty() && mark.len() <= 8;
    let numbering = ["nº", "n°", "n.º", "no", "nr", "num", "núm", "número", "č.p", "č", "№"];
    let colon = run_back(b, gap, 1, |c| c == b':');
    if colon < gap {
        let from = word_start(b, colon);
        if eq_any(cut(b, from, colon), &numbering) {
            gap = blank(from);
        }
    } else if short && eq_any(mark, &numbering) {
        gap = blank(word);
    }
    (gap < start).then_some(gap)
}

/// `Musterstraße 59, 32889 Berlin`, `Calle Mayor nº 10, 28013 Madrid`, `ul. Miła 53`.
pub(super) fn number_last(b: &[u8], start: usize, end: usize) -> Option<(usize, usize)> {
    let gap = name_before(b, start)?;
    let number_end = number_tail(b, end);
    if is_word(at(b, number_end)) {
        return None;
    }
    let from = word_start(b, gap);
    let word = cut(b, from, gap);
    let first = *word.first()?;
    if first.is_ascii_digit() {
        return None;
    }
    if !is_capital(word) {
        return ended(b, from, word, number_end);
    }
    if eq_any(word, &PARTS) || eq_any(word, &MONTHS) {
        return None;
    }
    // Indian addresses: `B-14, Sector 62, Noida 201309`.
    if first.is_ascii_uppercase() && eq_any(word, &["sector", "plot", "block"]) {
        let place = locality(b, number_end);
        let comma = run_back(b, from, 2, |c| matches!(c, b',' | b' '));
        let door = run_back(b, comma, 6, |c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'/'));
        let numbered = comma + 2 == from && cut(b, door, comma).iter().any(u8::is_ascii_digit);
        let head = if numbered { door } else { from };
        return (place.code == Code::Sure).then_some((head, place.end));
    }
    if word.len() >= 4 && !eq_any(word, &NOT_STREETS) {
        let lower = word.to_ascii_lowercase();
        let ends = |list: &[&str]| {
            list.iter().any(|s| lower.ends_with(s.as_bytes()) && lower.len() > s.len() + 1)
        };
        if ends(&COMPOUND) {
            // "Engineering 101", "Katie 5": endings of ordinary words need a place behind.
            let place = locality(b, number_end);
            return (!ends(&VAGUE) || place.end > number_end).then_some((from, place.end));
        }
    }
    if let Some(street) = ended(b, from, word, number_end) {
        return Some(street);
    }
    // A prefix within five words before.
    let mut pos = from;
    for _ in 0..5 {
        if before(b, pos) != b' ' {
            break;
        }
        let head = word_start(b, pos - 1);
        let word = cut(b, head, pos - 1);
        if word.is_empty() {
            break;
        }
        if is_prefix(word) {
            return Some((head, locality(b, number_end).end));
        }
        pos = head;
    }
    // No word says street: a postal code and a town behind the number do.
    let part = eq_any(word, &UNITS);
    if word.len() < 3 || part || !matches!(at(b, number_end), b',' | b'\n' | b' ') {
        return None;
    }
    let place = locality(b, number_end);
    let coded = place.code == Code::Sure && at(b, number_end) != b' ';
    (place.unit || coded && town_after(b, number_end, place.end))
        .then(|| (names_before(b, from, 3), place.end))
}

/// `Oude Gracht 118`, `Karl Johans gate 22`: a street word of its own behind a name.
fn ended(b: &[u8], from: usize, word: &[u8], number_end: usize) -> Option<(usize, usize)> {
    if before(b, from) != b' ' || !eq_any(word, &ENDINGS) {
        return None;
    }
    let head = names_before(b, from, 3);
    (head < from).then(|| (head, locality(b, number_end).end))
}

/// Whether the place begins with its code and goes on with a town's name.
fn town_after(b: &[u8], number_end: usize, end: usize) -> bool {
    let text = cut(b, number_end, end);
    let Some(code) = text.iter().position(u8::is_ascii_digit) else { return false };
    code <= 3 && text.iter().skip(code).any(|c| c.is_ascii_alphabetic() && !c.is_ascii_lowercase())
}

/// Capitalised words and particles before `from`; the particle at the head belongs to the name
/// only if it is capitalised (`Am Alten Markt`).
fn names_before(b: &[u8], from: usize, most: usize) -> usize {
    let mut head = from;
    let mut pos = from;
    for _ in 0..most {
        if before(b, pos) != b' ' {
            break;
        }
        let start = word_start(b, pos - 1);
        let word = cut(b, start, pos - 1);
        if word.is_empty() || word.ends_with(b".") && word.len() > 4 {
            break;
        }
        if is_capital(word) {
            head = start;
        } else if !is_particle(word) && !eq_any(word, &["der", "den", "dem", "van", "von", "zur"]) {
            break;
        }
        pos = start;
    }
    head
}
