//! Street addresses, found from their house number.

use super::Hit;
use super::bytes::{at, before, contains_word, cut, is_word, run, run_back};
use crate::class::Class;

/// Words that end an English-style street name.
const SUFFIXES: [&str; 62] = [
    "street",
    "st",
    "avenue",
    "ave",
    "av",
    "road",
    "rd",
    "boulevard",
    "blvd",
    "lane",
    "ln",
    "drive",
    "dr",
    "court",
    "ct",
    "circle",
    "cir",
    "way",
    "place",
    "pl",
    "square",
    "sq",
    "terrace",
    "ter",
    "terr",
    "trail",
    "trl",
    "parkway",
    "pkwy",
    "highway",
    "hwy",
    "close",
    "crescent",
    "cres",
    "gardens",
    "grove",
    "mews",
    "row",
    "walk",
    "alley",
    "plaza",
    "loop",
    "run",
    "path",
    "pike",
    "bend",
    "crossing",
    "quay",
    "wharf",
    "heights",
    "hill",
    "park",
    "view",
    "green",
    "str",
    "gate",
    "ridge",
    "point",
    "route",
    "esplanade",
    "parade",
    "broadway",
];

/// Words that begin a street name where the number follows it or stands before it.
const PREFIXES: [&str; 42] = [
    "rue",
    "avenue",
    "av",
    "av.",
    "boulevard",
    "bd",
    "chemin",
    "impasse",
    "allée",
    "quai",
    "via",
    "viale",
    "piazza",
    "corso",
    "largo",
    "vicolo",
    "strada",
    "calle",
    "c/",
    "avenida",
    "avda",
    "avda.",
    "paseo",
    "plaza",
    "carrer",
    "camino",
    "rua",
    "rúa",
    "travessa",
    "praça",
    "alameda",
    "rodovia",
    "ul.",
    "ulica",
    "al.",
    "plac",
    "place",
    "route",
    "jalan",
    "jl.",
    "cours",
    "ronda",
];

/// Endings of one-word street names that the number follows.
const COMPOUND: [&str; 47] = [
    "straße", "strasse", "str.", "weg", "allee", "platz", "gasse", "ring", "ufer", "damm",
    "chaussee", "steig", "straat", "laan", "plein", "gracht", "kade", "dijk", "baan", "singel",
    "hof", "gade", "vej", "gata", "gatan", "vägen", "veien", "vegen", "veg", "vei", "katu", "tie",
    "stien", "stræde", "allé", "torv", "plads", "gränd", "backen", "stigen", "utca", "krogen",
    "haven", "pfad", "markt", "berg", "graben",
];

/// What is numbered in texts and buildings.
const PARTS: [&str; 19] = [
    "chapter", "section", "page", "table", "figure", "step", "line", "part", "version", "item",
    "level", "grade", "top", "highway", "room", "exit", "question", "floor", "lines",
];

/// House number from `start` to `end`: tries number-first and number-last forms.
pub(crate) fn scan(b: &[u8], start: usize, end: usize, out: &mut Vec<Hit>) -> Option<usize> {
    if end - start > 5 || is_word(before(b, start)) && !escaped(b, start) {
        return None;
    }
    let (from, to) = number_first(b, start, end).or_else(|| number_last(b, start, end))?;
    // "Chapter 12 The Way": a number of the text's own parts is no house number.
    let prev = run_back(b, start.saturating_sub(1), 10, |c| c.is_ascii_alphabetic());
    if eq_any(cut(b, prev, start.saturating_sub(1)), &PARTS) {
        return None;
    }
    let street = cut(b, from, to);
    if is_year(b, start, end) && !street.contains(&b',') && !street.contains(&b'\n') {
        return None;
    }
    out.push(Hit::new(from, to, Class::Address, "address"));
    Some(to)
}

fn escaped(b: &[u8], i: usize) -> bool {
    super::bytes::after_escape(b, i)
}

/// "took place on 8 March", "via Netflix": some prefixes are ordinary words when not capitalised.
fn is_prefix(word: &[u8]) -> bool {
    let ordinary = ["via", "place", "route", "plaza", "strada", "largo", "cours", "al."];
    eq_any(word, &PREFIXES)
        && (word.first().is_some_and(u8::is_ascii_uppercase) || !eq_any(word, &ordinary))
}

/// A number that reads as a year needs a place behind the street.
fn is_year(b: &[u8], start: usize, end: usize) -> bool {
    end - start == 4 && matches!(cut(b, start, start + 2), b"19" | b"20")
}

fn word_end(b: &[u8], i: usize) -> usize {
    run(b, i, 40, |c| is_word(c) && c != b'_' || matches!(c, b'\'' | b'-' | b'.'))
}

fn eq_any(word: &[u8], list: &[&str]) -> bool {
    let Some(first) = word.first().map(u8::to_ascii_lowercase) else { return false };
    let bare = word.strip_suffix(b".").unwrap_or(word);
    list.iter().any(|w| {
        let w = w.as_bytes();
        w.first().is_some_and(|c| c.to_ascii_lowercase() == first)
            && (bare.eq_ignore_ascii_case(w) || word.eq_ignore_ascii_case(w))
    })
}

/// `3022 Maple Rd, Riverton, WA 81703`, `12 rue de la Paix, 75002 Paris`, `12B Baker Street`.
fn number_first(b: &[u8], start: usize, end: usize) -> Option<(usize, usize)> {
    let mut i = end;
    if at(b, i).is_ascii_alphabetic() && !is_word(at(b, i + 1)) {
        i += 1; // 12B
    } else if at(b, i) == b'-' && at(b, i + 1).is_ascii_digit() {
        i = run(b, i + 1, 5, |c| c.is_ascii_digit());
    }
    if at(b, i) == b',' {
        i += 1;
    }
    if at(b, i) != b' ' {
        return None;
    }
    let first = i + 1;
    let mut pos = first;
    let mut words = 0;
    while words < 5 {
        let stop = word_end(b, pos);
        let word = cut(b, pos, stop);
        let Some(&c) = word.first() else { break };
        if words == 0 && is_prefix(word) && word.len() > 1 && at(b, stop) == b' ' {
            let tail = name_words(b, stop, 5);
            if tail > stop {
                return Some((start, locality(b, tail)));
            }
        }
        let suffix = eq_any(word, &SUFFIXES);
        if suffix
            && words > 0
            && (c.is_ascii_uppercase() || word.len() > 3 && street_case(b, first, pos))
        {
            let stop = if word.ends_with(b".") { stop - 1 } else { stop };
            return Some((start, locality(b, stop)));
        }
        if word.starts_with(b"\xE2\x80") {
            break; // a dash or a quote, not a name
        }
        let ordinal = c.is_ascii_digit()
            && word.len() >= 3
            && word.last().is_some_and(u8::is_ascii_alphabetic);
        if !(c.is_ascii_uppercase() || c >= 0x80 || ordinal)
            || word.ends_with(b".") && word.len() > 3
        {
            break;
        }
        if at(b, stop) != b' ' {
            break;
        }
        pos = stop + 1;
        words += 1;
    }
    None
}

/// Lower-case suffixes count only after a capitalised name.
fn street_case(b: &[u8], first: usize, suffix: usize) -> bool {
    at(b, first).is_ascii_uppercase() && suffix > first
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
        let Some(&c) = word.first() else { break };
        let particle = eq_any(
            word,
            &[
                "de", "du", "des", "la", "le", "les", "del", "della", "dei", "do", "da", "dos",
                "das", "di", "los", "las", "el", "y", "d", "l",
            ],
        ) || word.starts_with(b"d'")
            || word.starts_with(b"l'");
        if c.is_ascii_uppercase() || c >= 0x80 {
            end = if word.ends_with(b".") { stop - 1 } else { stop };
            if word.ends_with(b".") && word.len() > 3 {
                break;
            }
        } else if !particle {
            break;
        }
        pos = stop;
    }
    end
}

/// `Musterstraße 59, 32889 Berlin`, `Calle Mayor 10, 28013 Madrid`, `ul. Miła 53`.
fn number_last(b: &[u8], start: usize, end: usize) -> Option<(usize, usize)> {
    let mut gap = start;
    if before(b, gap) == b' ' {
        gap -= 1;
    } else {
        return None;
    }
    if before(b, gap) == b',' {
        gap -= 1;
    }
    let mut number_end = end;
    if at(b, end).is_ascii_alphabetic() && !is_word(at(b, end + 1)) {
        number_end += 1;
    }
    if is_word(at(b, number_end)) {
        return None;
    }
    let word_start =
        run_back(b, gap, 40, |c| is_word(c) && c != b'_' || matches!(c, b'.' | b'-' | b'\''));
    let word = cut(b, word_start, gap);
    let first = *word.first()?;
    if first.is_ascii_digit() {
        return None;
    }
    if word.len() >= 5 && (first.is_ascii_uppercase() || first >= 0x80) {
        let lower = word.to_ascii_lowercase();
        let hit =
            COMPOUND.iter().any(|s| lower.ends_with(s.as_bytes()) && lower.len() > s.len() + 1);
        if hit
            && !eq_any(
                word,
                &[
                    "Spring",
                    "String",
                    "During",
                    "Bring",
                    "Ring",
                    "Hamburg",
                    "Heidelberg",
                    "Nuremberg",
                ],
            )
        {
            let to = locality(b, number_end);
            // "Engineering 101", "Katie 5": endings of ordinary words need a place behind.
            let plain = [
                "ring", "hof", "tie", "berg", "markt", "haven", "veg", "vei", "vej", "hofer",
                "gata", "dijk", "baan", "damm",
            ];
            let vague = plain.iter().any(|s| lower.ends_with(s.as_bytes()));
            return (!vague || to > number_end).then_some((word_start, to));
        }
        if hit
            || eq_any(
                word,
                &[
                    "Straße", "Strasse", "Str.", "Weg", "Allee", "Platz", "Gasse", "utca", "katu",
                    "Ufer",
                ],
            )
        {
            let prev = run_back(b, word_start.saturating_sub(1), 40, is_word);
            return (at(b, prev).is_ascii_uppercase()).then(|| (prev, locality(b, number_end)));
        }
    }
    // A prefix within five words before.
    let mut pos = word_start;
    for _ in 0..5 {
        if before(b, pos) != b' ' {
            break;
        }
        let from = run_back(b, pos - 1, 40, |c| {
            is_word(c) && c != b'_' || matches!(c, b'.' | b'/' | b'\'' | b'-')
        });
        let word = cut(b, from, pos - 1);
        if word.is_empty() {
            break;
        }
        if is_prefix(word) && (at(b, word_start).is_ascii_uppercase() || at(b, word_start) >= 0x80)
        {
            return Some((from, locality(b, number_end)));
        }
        pos = from;
    }
    None
}

/// What follows the street: unit, town, region and postal code.
fn locality(b: &[u8], street_end: usize) -> usize {
    let mut end = street_end;
    let mut pos = street_end;
    let mut code_first = false;
    for n in 0..6 {
        // A separator: `, `, a blank, a line end.
        let sep = run(b, pos, 4, |c| matches!(c, b',' | b' ' | b'\n' | b'\r'));
        let sep = if cut(b, sep, sep + 2) == b"\\n" { sep + 2 } else { sep };
        if sep == pos {
            break;
        }
        let comma = cut(b, pos, sep).iter().any(|&c| c == b',' || c == b'\n');
        let part = part_end(b, sep, comma || code_first);
        if part == sep {
            break;
        }
        code_first = n == 0 && at(b, sep).is_ascii_digit();
        end = part;
        pos = part;
    }
    // A lone capital at the end of a prose sentence is no town: keep only with a code or comma.
    end
}

/// One part: `Apt 21`, `Riverton`, `WA 81703`, `London N1 9ZZ`, `48051 Köln`.
fn part_end(b: &[u8], i: usize, comma: bool) -> usize {
    let stop = word_end(b, i);
    let word = cut(b, i, stop);
    let Some(&c) = word.first() else {
        return if at(b, i) == b'#' { run(b, i + 1, 6, |c| c.is_ascii_alphanumeric()) } else { i };
    };
    let bare_end = if word.ends_with(b".") { stop - 1 } else { stop };
    if eq_any(
        word,
        &[
            "apt",
            "apartment",
            "suite",
            "ste",
            "unit",
            "floor",
            "fl",
            "flat",
            "room",
            "rm",
            "building",
            "bldg",
            "level",
        ],
    ) {
        let next = run(b, stop, 2, |c| matches!(c, b' ' | b'#'));
        let number = run(b, next, 6, |c| c.is_ascii_alphanumeric() || c == b'-');
        return if number > next { number } else { i };
    }
    if eq_any(word, &["north", "south", "east", "west", "n", "s", "e", "w", "ne", "nw", "se", "sw"])
        && c.is_ascii_uppercase()
        && !comma
    {
        return bare_end;
    }
    if c.is_ascii_digit() {
        // A postal code: 5 digits, ZIP+4, 4 digits and letters, 3+2.
        let digits = run(b, i, 6, |c| c.is_ascii_digit());
        let n = digits - i;
        let mut code = digits;
        if (3..=6).contains(&n) && !at(b, digits).is_ascii_alphabetic() {
            if at(b, code) == b'-' && at(b, code + 1).is_ascii_digit() {
                code = run(b, code + 1, 4, |c| c.is_ascii_digit());
            } else if n == 4
                && at(b, code) == b' '
                && at(b, code + 1).is_ascii_uppercase()
                && at(b, code + 2).is_ascii_uppercase()
                && !is_word(at(b, code + 3))
            {
                code += 3;
            } else if n == 3 && at(b, code) == b' ' && at(b, code + 1).is_ascii_digit() {
                code = run(b, code + 1, 3, |c| c.is_ascii_digit());
            }
            return if is_word(at(b, code)) || n == 3 && code == digits { i } else { code };
        }
        return i;
    }
    let upper = c.is_ascii_uppercase() || c >= 0x80;
    if !upper {
        return i;
    }
    let code = postcode_after(b, i);
    if code > i {
        return code;
    }
    // Region code before digits: `WA 81703`.
    if word.len() == 2 && word.iter().all(u8::is_ascii_uppercase) {
        return bare_end;
    }
    if comma
        && !contains_word(
            word,
            &["please", "the", "i", "and", "it", "we", "my", "but", "he", "she", "they"],
        )
    {
        return name_end(b, i, bare_end, word.ends_with(b"."));
    }
    // Without a comma a town counts only when a code follows it.
    let town = name_end(b, i, bare_end, word.ends_with(b"."));
    let next = run(b, town, 2, |c| matches!(c, b' ' | b','));
    let after = at(b, next);
    if next > town && (after.is_ascii_digit() || postcode_after(b, next) > next) { town } else { i }
}

/// A town of up to four words; stops before a region or postal code.
fn name_end(b: &[u8], i: usize, first_end: usize, stopped: bool) -> usize {
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
        let Some(&c) = word.first() else { break };
        let upper = c.is_ascii_uppercase() || c >= 0x80;
        let region = word.len() == 2 && word.iter().all(u8::is_ascii_uppercase);
        if region || postcode_after(b, pos + 1) > pos + 1 {
            break;
        }
        if upper {
            end = if word.ends_with(b".") { stop - 1 } else { stop };
            if word.ends_with(b".") && word.len() > 3 {
                break;
            }
        } else if !eq_any(
            word,
            &["am", "an", "der", "de", "la", "le", "sur", "upon", "of", "del", "do", "im", "in"],
        ) {
            break;
        }
        pos = stop;
    }
    end
}

/// British, Canadian and Dutch codes: `SW1A 9ZZ`, `K1A 0B1`, `1012 AB`.
fn postcode_after(b: &[u8], i: usize) -> usize {
    let outward = run(b, i, 5, |c| c.is_ascii_uppercase() || c.is_ascii_digit());
    let head = cut(b, i, outward);
    let shaped = (2..=4).contains(&head.len())
        && head.iter().any(u8::is_ascii_digit)
        && head.first().is_some_and(u8::is_ascii_uppercase);
    if !shaped || at(b, outward) != b' ' {
        return i;
    }
    let inward = outward + 1;
    let (digit, second, third) = (at(b, inward), at(b, inward + 1), at(b, inward + 2));
    let ok = digit.is_ascii_digit()
        && second.is_ascii_uppercase()
        && (third.is_ascii_uppercase() || third.is_ascii_digit());
    if ok && !is_word(at(b, inward + 3)) { inward + 3 } else { i }
}

/// Post boxes: `PO Box 123`; `end` is after the word `box`.
pub(crate) fn post_box(b: &[u8], start: usize, end: usize, out: &mut Vec<Hit>) {
    if is_word(before(b, start)) {
        return;
    }
    let from = run(b, end, 3, |c| matches!(c, b' ' | b'#' | b':'));
    let digits = run(b, from, 7, |c| c.is_ascii_digit());
    if digits > from && from > end {
        out.push(Hit::new(start, locality(b, digits), Class::Address, "post_box"));
    }
}
