//! Government identifiers whose digits follow letters.

use super::super::Hit;
use super::super::bytes::{after_escape, at, before, cut, is_word, run_back};
use super::super::checks;
use crate::class::Class;

/// Identifiers whose digits follow letters: the digits stand at `i..end`.
pub(crate) fn after_letters(b: &[u8], i: usize, end: usize, out: &mut Vec<Hit>) {
    let start = run_back(b, i, 8, |c| c.is_ascii_uppercase());
    let n = i - start;
    if n == 0 || is_word(before(b, start)) && !after_escape(b, start) {
        return;
    }
    let letters = cut(b, start, i);
    let digits: Vec<u8> = cut(b, i, end).iter().map(|c| c - b'0').collect();
    let tail = at(b, end);
    let joined = |to: usize| is_word(at(b, to)) || at(b, to) == b'-' && is_word(at(b, to + 1));
    let closed = |to: usize| !joined(to);
    let mut push = |to: usize, name| out.push(Hit::new(start, to, Class::GovId, name));
    match (n, digits.len()) {
        // UK national insurance number, solid.
        (2, 6) if matches!(tail, b'A'..=b'D') && closed(end + 1) && nino_prefix(letters) => {
            push(end + 1, "uk_nino");
        }
        // Spanish NIE.
        (1, 7)
            if matches!(letters, b"X" | b"Y" | b"Z")
                && tail.is_ascii_uppercase()
                && closed(end + 1) =>
        {
            let first = u64::from(at(letters, 0) - b'X');
            if checks::dni_letter(first * 10_000_000 + checks::modulo(&digits, u64::MAX / 16))
                == tail
            {
                push(end + 1, "es_nie");
            }
        }
        // Singapore.
        (1, 7)
            if matches!(letters, b"S" | b"T" | b"F" | b"G" | b"M")
                && tail.is_ascii_uppercase()
                && closed(end + 1)
                && checks::nric(at(letters, 0), &digits, tail) =>
        {
            push(end + 1, "sg_nric");
        }
        // Indian PAN: the fourth letter is the kind of holder.
        (5, 4)
            if tail.is_ascii_uppercase()
                && closed(end + 1)
                && matches!(at(letters, 3), b'P' | b'C' | b'H' | b'F') =>
        {
            push(end + 1, "in_pan");
        }
        // Italian codice fiscale.
        (6, 2) if closed(end + 9) => {
            let code = cut(b, start, start + 16);
            let shape = code.len() == 16
                && code.iter().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
                && checks::codice_fiscale(code);
            if shape {
                push(start + 16, "it_codice_fiscale");
            }
        }
        // Mexican CURP.
        (4, 6) if closed(start + 18) && matches!(tail, b'H' | b'M') => {
            let code = cut(b, start, start + 18);
            if code.len() == 18 && code.iter().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
            {
                push(start + 18, "mx_curp");
            }
        }
        _ => {}
    }
}

fn nino_prefix(letters: &[u8]) -> bool {
    let (a, c) = (at(letters, 0), at(letters, 1));
    !matches!(a, b'D' | b'F' | b'I' | b'Q' | b'U' | b'V')
        && !matches!(c, b'D' | b'F' | b'I' | b'O' | b'Q' | b'U' | b'V')
        && !matches!(letters, b"BG" | b"GB" | b"KN" | b"NK" | b"NT" | b"TN" | b"ZZ")
}

/// A spaced UK national insurance number, `WK 53 25 44 A`; the digits begin at `i`.
pub(crate) fn nino_spaced(b: &[u8], i: usize, out: &mut Vec<Hit>) -> Option<usize> {
    if i < 3 || before(b, i) != b' ' && before(b, i) != b'-' {
        return None;
    }
    let sep = before(b, i);
    let start = i - 3;
    let end = i + 10;
    let text = cut(b, i, end);
    let shape = text.len() == 10
        && [0, 1, 3, 4, 6, 7].iter().all(|&n| at(text, n).is_ascii_digit())
        && [2, 5, 8].iter().all(|&n| at(text, n) == sep)
        && matches!(at(text, 9), b'A'..=b'D');
    if shape
        && !is_word(at(b, end))
        && !is_word(before(b, start))
        && cut(b, start, start + 2).iter().all(u8::is_ascii_uppercase)
        && nino_prefix(cut(b, start, start + 2))
    {
        out.push(Hit::new(start, end, Class::GovId, "uk_nino"));
        return Some(end);
    }
    None
}
