//! An address that words announce: `Address: …`, `lives at …`. Names and numbers are taken as far
//! as they go, whether or not anything says street.

use super::super::Hit;
use super::super::bytes::{at, before, cut, is_word, run, run_back, skip_blank};
use super::place::{Code, locality};
use super::words::{MONTHS, NAME_PARTICLES, PARTS, SUFFIXES, UNITS};
use super::{eq_any, is_capital, is_year, number_tail, word_end};
use crate::class::Class;

/// Words that announce an address.
pub(crate) const LABELS: [&str; 40] = [
    "address",
    "adresse",
    "adress:",
    "anschrift",
    "dirección",
    "direccion",
    "indirizzo",
    "adres",
    "osoite",
    "endereço",
    "endereco",
    "morada",
    "domicilio",
    "adresa",
    "lives at",
    "lives on",
    "live at",
    "living at",
    "resides at",
    "residing at",
    "located at",
    "office is at",
    "offices are at",
    "headquarters at",
    "house is",
    "home is",
    "wohnhaft",
    "wohnt in",
    "arrived at",
    "vive en",
    "abito in",
    "moro na",
    "woont op",
    "bor på",
    "taxi to",
    "return to",
    "woont",
    "bydliště",
    "주소",
    "住所",
];

/// Kinds of address that lead to no door.
const OTHER_ADDRESSES: [&str; 26] = [
    "ip",
    "ipv4",
    "ipv6",
    "email",
    "mail",
    "e-mail",
    "mac",
    "web",
    "url",
    "http",
    "memory",
    "wallet",
    "bitcoin",
    "contract",
    "virtual",
    "base",
    "start",
    "host",
    "network",
    "bus",
    "inaugural",
    "keynote",
    "return",
    "server",
    "site",
    "bind",
];

/// What may stand between the word and the address.
const FILLERS: [&str; 20] = [
    "is", "to", "line", "line1", "line2", "with", "ist", "lautet", "es", "est", "as", "now", "was",
    "address", "my", "new", "at", "lives", "su", "die",
];

/// The address after the words at `start..end`.
pub(crate) fn labelled(b: &[u8], start: usize, end: usize, out: &mut Vec<Hit>) {
    let camel = at(b, start).is_ascii_uppercase() && before(b, start).is_ascii_lowercase();
    if before(b, start).is_ascii_alphabetic() && !camel || at(b, end).is_ascii_alphabetic() {
        return;
    }
    let owner_end = run_back(b, start, 1, |c| matches!(c, b' ' | b'_' | b'-'));
    let owner = cut(b, run_back(b, owner_end, 10, |c| is_word(c) && c != b'_'), owner_end);
    if eq_any(owner, &OTHER_ADDRESSES) {
        return;
    }
    // Two words with a blank between them are a verb and its preposition.
    let verb = cut(b, start, end).contains(&b' ') || at(b, start) | 0x20 == b'w';
    let Some(from) = value_start(b, end, verb) else { return };
    if let Some(to) = block(b, from, verb) {
        out.push(Hit::new(from, to, Class::Address, "address_labelled"));
    }
}

/// Where the address begins: after a colon, an equals sign, a quote, or `is`; after a verb at once.
fn value_start(b: &[u8], end: usize, verb: bool) -> Option<usize> {
    let mut i = end;
    let mut joined = verb;
    for _ in 0..4 {
        let next = run(b, i, 8, |c| {
            matches!(
                c,
                b' ' | b'\t'
                    | b':'
                    | b'='
                    | b'"'
                    | b'\''
                    | b'\\'
                    | b'\n'
                    | b'\r'
                    | b'>'
                    | b'*'
                    | b'|'
                    | b'-'
                    | b'_'
                    | b'1'
                    | b'2'
            )
        });
        // The digits above belong to `line 1`, never to the address itself.
        let digits = run_back(b, next, 2, |c| c.is_ascii_digit());
        let numbered = digits > i && matches!(before(b, digits), b' ' | b'_') && digits < next;
        let next = if numbered && at(b, next) != b':' { digits } else { next };
        let gap = cut(b, i, next);
        joined |= gap.iter().any(|c| matches!(c, b':' | b'=' | b'\n' | b'|'));
        i = next;
        let stop = run(b, i, 12, |c| c.is_ascii_alphanumeric());
        let word = cut(b, i, stop);
        if !eq_any(word, &FILLERS) || is_capital(word) && joined {
            break;
        }
        joined |= eq_any(word, &["is", "ist", "lautet", "es", "est", "to", "was", "at", "with"]);
        i = stop;
    }
    (joined && i > end).then_some(i)
}

/// Names and numbers from `from`; `None` unless both are there.
fn block(b: &[u8], from: usize, verb: bool) -> Option<usize> {
    let (mut names, mut numbers, mut suffix) = (0, 0, false);
    let mut pos = from;
    let mut end = from;
    for n in 0..14 {
        let stop = word_end(b, pos);
        let word = cut(b, pos, stop);
        let Some(&c) = word.first() else { break };
        let digits = run(b, pos, 7, |c| c.is_ascii_digit());
        if c.is_ascii_digit() {
            let tail = number_tail(b, digits);
            let other = digits - pos > 6
                || is_word(at(b, tail))
                || matches!(at(b, tail), b'.' | b':') && at(b, tail + 1).is_ascii_digit()
                || at(b, tail) == b'%'
                || is_year(b, pos, digits) && n == 0;
            if other {
                break;
            }
            numbers += 1;
            end = tail;
            // A street is complete: what follows is read as a place.
            if names > 0 && n > 0 {
                let place = locality(b, tail);
                if place.code > Code::None || !is_capital_next(b, tail) {
                    end = place.end;
                    break;
                }
            }
            pos = tail;
        } else if eq_any(word, &UNITS) && numbers > 0 {
            pos = stop;
        } else if is_capital(word) {
            if eq_any(word, &MONTHS) || n == 0 && eq_any(word, &PARTS) {
                return None;
            }
            names += 1;
            suffix |= eq_any(word, &SUFFIXES);
            end = if word.ends_with(b".") { stop - 1 } else { stop };
            if word.ends_with(b".") && word.len() > 4 && matches!(at(b, stop), b' ' | b'\n' | 0) {
                break;
            }
            if suffix && numbers > 0 {
                end = locality(b, end).end;
                break;
            }
            pos = stop;
        } else if n > 0 && eq_any(word, &NAME_PARTICLES) {
            pos = stop;
        } else {
            break;
        }
        let blank = skip_blank(b, pos, 2);
        let comma = at(b, pos) == b',';
        if comma && numbers > 0 && names > 0 {
            end = locality(b, end).end;
            break;
        }
        pos = if comma { skip_blank(b, pos + 1, 2) } else { blank };
        if pos == end && !comma {
            break;
        }
    }
    let placed = locality_code(b, from, end);
    (numbers > 0 && names > 0 && (names < 6 || placed) && (!verb || end - from >= 6)).then_some(end)
}

fn is_capital_next(b: &[u8], i: usize) -> bool {
    let next = skip_blank(b, i, 2);
    next > i && is_capital(cut(b, next, word_end(b, next)))
}

/// Whether the text has a number of postal length.
fn locality_code(b: &[u8], from: usize, end: usize) -> bool {
    cut(b, from, end).split(|c| !c.is_ascii_digit()).any(|digits| (4..=6).contains(&digits.len()))
}
