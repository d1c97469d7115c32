//! What follows a street: unit, postal code, town, region, country.

use super::super::bytes::{at, contains_word, cut, is_word, run, run_back};
use super::words::{COMPASS, TOWN_PARTICLES, UNITS};
use super::{eq_any, is_capital, word_end};

/// How sure the postal code makes a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Code {
    None,
    /// Four digits, which may be a year.
    Short,
    Sure,
}

/// The end of a place and its postal code.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) end: usize,
    pub(super) code: Code,
    /// A flat, a suite, a floor with its number.
    pub(super) unit: bool,
}

/// Words after a comma that begin a clause, not a town.
const CLAUSE: [&str; 16] = [
    "please", "the", "i", "and", "it", "we", "my", "but", "he", "she", "they", "you", "our",
    "this", "there", "who",
];

/// What follows the street that ends at `street_end`.
pub(super) fn locality(b: &[u8], street_end: usize) -> Place {
    let mut place = Place { end: street_end, code: Code::None, unit: false };
    let mut pos = street_end;
    let (mut code_first, mut after_unit, mut lines, mut open) = (false, false, 0, 0);
    for _ in 0..8 {
        let sep = separator(b, pos);
        if sep == pos {
            break;
        }
        let gap = cut(b, pos, sep);
        let dash = gap == b" - " && !at(b, sep).is_ascii_digit();
        let line = dash || gap.contains(&b'\n') || gap.ends_with(b"\\n");
        let comma = line || gap.contains(&b',');
        let blank_line = gap.windows(2).any(|w| w == b"\n\n");
        lines += usize::from(line);
        let unit = is_unit(b, sep);
        let (end, code) = part(b, sep, comma || code_first || after_unit);
        if blank_line && code != Code::Sure {
            break;
        }
        if end == sep || lines > 4 {
            break;
        }
        code_first = code > Code::None && (at(b, sep).is_ascii_digit() || code_alone(b, end));
        pos = end;
        // A line of its own is a town only if a postal code follows it, or a unit.
        let town = code == Code::None && !unit;
        place.unit |= unit && at(b, sep) != b'#';
        after_unit = unit;
        if line && town {
            open += 1;
            if open > 2 {
                break;
            }
            continue;
        }
        if open > 0 && town {
            continue;
        }
        open = 0;
        place.end = end;
        place.code = place.code.max(code);
    }
    place
}

/// Whether the postal code that ends at `end` stands behind a comma: `Col. Juárez, 06600 Ciudad …`.
fn code_alone(b: &[u8], end: usize) -> bool {
    let from = run_back(b, end, 6, |c| c.is_ascii_digit());
    from < end && cut(b, from.saturating_sub(2), from) == b", "
}

/// Commas, blanks, one line end with its indent or quote mark, a dash between town and code.
fn separator(b: &[u8], pos: usize) -> usize {
    let sep = run(b, pos, 8, |c| matches!(c, b',' | b' ' | b'\n' | b'\r' | b'\t' | b'>' | b'.'));
    let gap = cut(b, pos, sep);
    // A full stop ends the address unless a line or a comma follows: "Ave., Lansing".
    if gap.first() == Some(&b'.') && !matches!(gap.get(1), Some(b',' | b'\n' | b'\r'))
        || gap.iter().skip(1).any(|&c| c == b'.')
        || gap.contains(&b'>') && !gap.contains(&b'\n')
    {
        return pos;
    }
    if cut(b, sep, sep + 2) == b"\\n" {
        return run(b, sep + 2, 4, |c| c == b' ');
    }
    if gap == b" " && cut(b, sep, sep + 2) == b"- " {
        return sep + 2;
    }
    sep
}

fn is_unit(b: &[u8], i: usize) -> bool {
    eq_any(cut(b, i, word_end(b, i)), &UNITS) || at(b, i) == b'#'
}

/// One part: `Apt 21`, `Riverton`, `WA 81703`, `London N1 9ZZ`, `48051 Köln`, `3º B`.
fn part(b: &[u8], i: usize, comma: bool) -> (usize, Code) {
    let none = (i, Code::None);
    let stop = word_end(b, i);
    let word = cut(b, i, stop);
    let Some(&c) = word.first() else {
        return match at(b, i) {
            b'#' => {
                let end = run(b, i + 1, 6, |c| c.is_ascii_alphanumeric());
                if end > i + 1 { (end, Code::None) } else { none }
            }
            _ => none,
        };
    };
    let bare_end = if word.ends_with(b".") { stop - 1 } else { stop };
    if eq_any(word, &UNITS) {
        let next = run(b, stop, 3, |c| matches!(c, b' ' | b'#' | b'.' | b':'));
        let number = run(b, next, 6, |c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'/'));
        let short = number - next <= 2 && next > stop;
        let numbered = cut(b, next, number).iter().any(u8::is_ascii_digit);
        return if numbered || short && number > next && at(b, next).is_ascii_uppercase() {
            (number, Code::None)
        } else {
            none
        };
    }
    // `9th Floor`
    let floor = cut(b, stop + 1, word_end(b, stop + 1));
    if c.is_ascii_digit()
        && at(b, stop) == b' '
        && eq_any(
            word.get(word.len().saturating_sub(2)..).unwrap_or(word),
            &["st", "nd", "rd", "th"],
        )
        && eq_any(floor, &["floor", "fl", "fl."])
    {
        return (stop + 1 + floor.len(), Code::None);
    }
    // `3º B`, `2ª dcha`: a floor and a door.
    if c.is_ascii_digit() && matches!(cut(b, i + 1, i + 3), b"\xC2\xBA" | b"\xC2\xAA") {
        let door = at(b, i + 3) == b' ' && at(b, i + 4).is_ascii_alphanumeric();
        return (if door { run(b, i + 4, 5, is_word) } else { i + 3 }, Code::None);
    }
    if eq_any(word, &COMPASS) && c.is_ascii_uppercase() && !comma {
        return (bare_end, Code::None);
    }
    let (code_end, code) = postal_code(b, i);
    if code_end > i {
        return (code_end, code);
    }
    if c.is_ascii_digit() || !is_capital(word) {
        return none;
    }
    // Region code before digits: `WA 81703`.
    if word.len() <= 3 && word.len() > 1 && word.iter().all(u8::is_ascii_uppercase) {
        let (end, code) = postal_code(b, stop + 1);
        let coded = at(b, stop) == b' ' && end > stop + 1;
        return if coded { (end, code) } else { (bare_end, Code::None) };
    }
    if comma && contains_word(word, &CLAUSE) && eq_any(word, &CLAUSE) {
        return none;
    }
    let town = name_end(b, i, bare_end, word.ends_with(b"."));
    let next = run(b, town, 2, |c| matches!(c, b' ' | b','));
    let (end, code) = postal_code(b, next);
    if next > town && end > next {
        return (end, code);
    }
    // `Praha 1`, `Dublin 8`.
    let district = run(b, town + 1, 2, |c| c.is_ascii_digit());
    if comma && at(b, town) == b' ' && district > town + 1 && !is_word(at(b, district)) {
        return (district, Code::None);
    }
    // Without a comma a town counts only when a code or a region follows it.
    let region = cut(b, next, word_end(b, next));
    let regional = next > town
        && (2..=3).contains(&region.len())
        && region.iter().all(u8::is_ascii_uppercase)
        && postal_code(b, next + region.len() + 1).0 > next + region.len() + 1;
    if comma || regional { (town, Code::None) } else { none }
}

/// A town of up to four words; stops before a region or postal code.
fn name_end(b: &[u8], i: usize, first_end: usize, stopped: bool) -> usize {
    let slash = at(b, first_end) == b'/' && is_capital(cut(b, first_end + 1, first_end + 3));
    let first_end = if slash { word_end(b, first_end + 1) } else { first_end };
    let mut end = first_end;
    if stopped && first_end - i > 3 {
        return end;
    }
    let mut pos = if stopped { first_end + 1 } else { first_end };
    for _ in 0..3 {
        if at(b, pos) != b' ' {
            break;
        }
        let stop = word_end(b, pos + 1);
        let word = cut(b, pos + 1, stop);
        if word.is_empty() {
            break;
        }
        let region = (2..=3).contains(&word.len()) && word.iter().all(u8::is_ascii_uppercase);
        if region || postal_code(b, pos + 1).0 > pos + 1 {
            break;
        }
        if is_capital(word) {
            end = if word.ends_with(b".") { stop - 1 } else { stop };
            if word.ends_with(b".") && word.len() > 3 {
                break;
            }
        } else if !eq_any(word, &TOWN_PARTICLES) {
            break;
        }
        pos = stop;
    }
    end
}

/// The postal code at `i`: five or six digits, ZIP+4, `1012 AB`, `111 23`, `00-514`, `150-0002`,
/// `01304-001`, `SW1A 9ZZ`, `K1A 0B1`, `CH-8001`; or four digits, which prove little.
fn postal_code(b: &[u8], i: usize) -> (usize, Code) {
    let letters = run(b, i, 5, |c| c.is_ascii_uppercase() || c.is_ascii_digit());
    if at(b, i).is_ascii_uppercase() {
        let head = cut(b, i, letters);
        if head.len() <= 2 && head.iter().all(u8::is_ascii_uppercase) && at(b, letters) == b'-' {
            let (end, _) = postal_code(b, letters + 1);
            let numbered = end > letters + 1 && at(b, letters + 1).is_ascii_digit();
            return if numbered { (end, Code::Sure) } else { (i, Code::None) };
        }
        let end = british(b, letters, head);
        return (end.unwrap_or(i), if end.is_some() { Code::Sure } else { Code::None });
    }
    let first = run(b, i, 7, |c| c.is_ascii_digit());
    let rest = |from: usize| run(b, from, 5, |c| c.is_ascii_digit()) - from;
    let tail = rest(first + 1);
    let upper = |from: usize| at(b, from).is_ascii_uppercase();
    let found = match (first - i, at(b, first)) {
        (4, b' ') if upper(first + 1) && upper(first + 2) && !is_word(at(b, first + 3)) => {
            (first + 3, Code::Sure)
        }
        (2 | 4 | 5, b'-') if tail == 3 => (first + 4, Code::Sure),
        (3 | 5, b'-') if tail == 4 => (first + 5, Code::Sure),
        (3, b' ') if tail == 2 || tail == 3 => (first + 1 + tail, Code::Sure),
        (5 | 6, _) => (first, Code::Sure),
        (4, _) => (first, Code::Short),
        _ => (i, Code::None),
    };
    let joined = is_word(at(b, found.0))
        || matches!(at(b, found.0), b'.' | b'-' | b':' | b',')
            && at(b, found.0 + 1).is_ascii_digit();
    if joined { (i, Code::None) } else { found }
}

/// The inward half of a British or Canadian code after its outward half.
fn british(b: &[u8], outward: usize, head: &[u8]) -> Option<usize> {
    let shaped = (2..=4).contains(&head.len()) && head.iter().any(u8::is_ascii_digit);
    if !shaped || at(b, outward) != b' ' {
        return None;
    }
    let inward = outward + 1;
    let (digit, second, third) = (at(b, inward), at(b, inward + 1), at(b, inward + 2));
    let ok = digit.is_ascii_digit()
        && second.is_ascii_uppercase()
        && (third.is_ascii_uppercase() || third.is_ascii_digit());
    (ok && !is_word(at(b, inward + 3))).then_some(inward + 3)
}
