//! Telephone numbers.

use super::Hit;
use super::bytes::{at, before, cut, is_word, joined_after, joined_before, run};
use super::checks;
use super::numbers::{Groups, near};
use crate::class::Class;

const PHONE_WORDS: [&str; 94] = [
    "phone",
    "tel",
    "mobile",
    "cell",
    "fax",
    "whatsapp",
    "sms",
    "call ",
    "call me",
    "calling",
    "dial",
    "text me",
    "reach me",
    "reach us",
    "contact",
    "handy",
    "rufnummer",
    "telefon",
    "móvil",
    "movil",
    "portable",
    "celular",
    "telefone",
    "teléfono",
    "mob",
    "ring me",
    "ring us",
    "number is",
    "number:",
    "hotline",
    "landline",
    "desk:",
    "ph:",
    "ph.",
    "msisdn",
    "voicemail",
    "signal",
    "viber",
    "caller",
    "callback",
    "reach",
    "pager",
    "office:",
    "my number",
    "appele",
    "joign",
    "anruf",
    "erreich",
    "kontakt",
    "contatt",
    "llám",
    "llam",
    "chiama",
    "ligue",
    "liga-me",
    "bel me",
    "gsm",
    "natel",
    "cep ",
    "tlf",
    "puh",
    "simu",
    "тел",
    "Тел",
    "моб",
    "звон",
    "电话",
    "電話",
    "手机",
    "手機",
    "連絡",
    "전화",
    "휴대",
    "هاتف",
    "tfno",
    "tfn.",
    "fono",
    "wa.me",
    "โทร",
    "เบอร์",
    "điện thoại",
    "sđt",
    "फोन",
    "फ़ोन",
    "मोबाइल",
    "טלפון",
    "נייד",
    "جوال",
    "موبايل",
    "تلفون",
    "τηλ",
    "Τηλ",
    "nomor",
    "携帯",
];

const OTHER_WORDS: [&str; 22] = [
    "order",
    "invoice",
    "ticket",
    "tracking",
    "account",
    "ref",
    "reference",
    "part",
    "sku",
    "serial",
    "id",
    "timestamp",
    "isbn",
    "version",
    "code",
    "batch",
    "case",
    "transaction",
    "lot",
    "seed",
    "epoch",
    "model",
];

/// A telephone number that begins with the first group; a `+` or `(` before it belongs to it.
pub(crate) fn scan(b: &[u8], groups: &Groups, out: &mut Vec<Hit>) -> Option<usize> {
    let mut start = groups.start();
    let mut bracket = false;
    if before(b, start) == b'(' {
        start -= 1;
        bracket = true;
    }
    let plus = before(b, start) == b'+';
    if plus {
        start -= 1;
    }
    if joined_before(b, start) {
        return None;
    }
    if matches!(before(b, start), b'-' | b'.' | b'=')
        && start >= 2
        && before(b, start) != b'='
        && is_word(at(b, start - 2))
    {
        return None;
    }
    let context = near(b, start, 40, &PHONE_WORDS);
    // `+44 …`, `0049 …`: as many groups as fit in 15 digits.
    for n in (1..=groups.len).rev() {
        let g = groups.first(n);
        // `+39 347 555 9045 / 6445…`: what stands behind a slash between blanks is another value.
        let apart = |n: usize| g.sep(n) == b'/' && g.group(n + 1).0 > g.group(n).1 + 1;
        if plus && (0..n.saturating_sub(1)).any(apart) || !ends_well(b, &g, context) {
            continue;
        }
        let context = context || kind_after(b, g.end());
        let fits = if plus { international(&g) } else { national(b, &g, bracket, context) };
        if fits {
            let end = extension(b, g.end());
            out.push(Hit::new(start, end, Class::Phone, "phone"));
            return Some(end);
        }
    }
    None
}

/// A number ends before a blank, a quote or punctuation, not inside a token.
fn ends_well(b: &[u8], g: &Groups, context: bool) -> bool {
    let end = g.end();
    let next = at(b, end);
    let ext = next == b'x' && at(b, end + 1).is_ascii_digit();
    if joined_after(b, end) && !ext
        || next == b'%'
        || next == b':' && at(b, end + 1).is_ascii_digit()
    {
        return false;
    }
    if g.sep(g.len.saturating_sub(1)) != 0 {
        // Cut inside the groups: only at a blank.
        return g.sep(g.len - 1) == b' ';
    }
    !(matches!(next, b'-' | b'.' | b'/' | b'_') && is_word(at(b, end + 1)))
        || kind_after(b, end)
        || (next == b'-' && context && at(b, end + 1).is_ascii_uppercase())
}

/// `…-Office`, `… (mobile)`: what kind of number it was.
fn kind_after(b: &[u8], end: usize) -> bool {
    let from = run(b, end, 2, |c| matches!(c, b'-' | b' ' | b'('));
    let word = cut(b, from, run(b, from, 8, |c| c.is_ascii_alphabetic()));
    from > end
        && ["office", "fax", "home", "mobile", "work", "cell", "desk", "tel", "phone"]
            .iter()
            .any(|kind| word.eq_ignore_ascii_case(kind.as_bytes()))
}

fn extension(b: &[u8], end: usize) -> usize {
    let gap = run(b, end, 2, |c| matches!(c, b' ' | b','));
    for word in ["extension ", "ext. ", "ext ", "ext.", "ext", "x"] {
        if cut(b, gap, gap + word.len()).eq_ignore_ascii_case(word.as_bytes()) {
            let from = gap + word.len();
            let stop = run(b, from, 6, |c| c.is_ascii_digit());
            if stop > from {
                return stop;
            }
        }
    }
    end
}

/// Country codes of one, two and three digits (ITU-T E.164).
fn international(g: &Groups) -> bool {
    let d = g.digits();
    if !(8..=15).contains(&d.len()) || at(d, 0) == 0 {
        return false;
    }
    match at(d, 0) {
        1 => d.len() == 11 && at(d, 1) > 1,
        7 => d.len() == 11,
        _ => true,
    }
}

fn is_date(g: &Groups) -> bool {
    let sizes = (g.size(0), g.size(1), g.size(2));
    if g.len < 3 || !matches!(g.sep(0), b'-' | b'.' | b'/') || g.sep(0) != g.sep(1) {
        return false;
    }
    let d = g.digits();
    match sizes {
        (4, 2, 2) => checks::month_day(d.get(4..6).unwrap_or(&[]), d.get(6..8).unwrap_or(&[])),
        (2, 2, 4) => {
            let (a, c) = (d.get(0..2).unwrap_or(&[]), d.get(2..4).unwrap_or(&[]));
            checks::month_day(a, c) || checks::month_day(c, a)
        }
        _ => false,
    }
}

fn national(b: &[u8], g: &Groups, bracket: bool, context: bool) -> bool {
    if is_date(g) || g.len == 2 && g.shaped(&[4, 4]) && !context {
        return false;
    }
    let d = g.digits();
    let start = g.start();
    // NANP with optional country code.
    let us = |from: usize, n: usize| {
        let (area, exchange) = (g.group(from).0, g.group(from + 1).0);
        g.len == n
            && g.size(from) == 3
            && g.size(from + 1) == 3
            && g.size(from + 2) == 4
            && matches!(at(b, area), b'2'..=b'9')
            && matches!(at(b, exchange), b'2'..=b'9')
            && g.sep(from + 1) != b'('
    };
    let seps_ok = (0..g.len.saturating_sub(1)).all(|n| g.sep(n) != b'/');
    let area_slash = context && us(0, 3) && g.sep(0) == b'/' && g.sep(1) != b'/';
    if area_slash || seps_ok && (us(0, 3) || g.size(0) == 1 && at(d, 0) == 1 && us(1, 4)) {
        let spaced = g.joined_by(b' ') && !bracket;
        return !spaced || context || !near(b, start, 16, &OTHER_WORDS);
    }
    if bracket && g.len >= 2 && (8..=12).contains(&g.count) && g.sep(0) == b')' {
        return context || at(d, 0) == 0 || g.count >= 9;
    }
    // International with 00.
    if d.starts_with(&[0, 0]) && (10..=16).contains(&g.count) && at(d, 2) != 0 {
        return context || g.len >= 3;
    }
    // National with trunk 0: at least two groups.
    if at(d, 0) == 0 && at(d, 1) != 0 && (9..=12).contains(&g.count) && g.len >= 2 && g.len <= 6 {
        let dots = g.joined_by(b'.');
        let even = (1..g.len).all(|n| g.size(n) >= 2);
        let zip = g.shaped(&[5, 4]) && g.sep(0) == b'-';
        let regular = even
            && (!zip || context)
            && g.size(0) >= 2
            && (!dots || (g.len >= 4 && g.shaped(&[2, 2, 2, 2, 2])) || context);
        if regular && (context || !near(b, start, 16, &OTHER_WORDS)) {
            return true;
        }
    }
    // The trunk prefix of Russia and Kazakhstan, `8 (495) 712-17-55`.
    if at(d, 0) == 8
        && g.count == 11
        && g.size(0) == 1
        && g.len >= 4
        && at(d, 1) >= 3
        && (context || g.sep(0) == b'(')
    {
        return true;
    }
    if !context || near(b, start, 10, &["order", "ticket", "invoice", "case", "ref", "id "]) {
        return false;
    }
    // Labelled: any grouping.
    let slash = (0..g.len.saturating_sub(1)).any(|n| g.sep(n) == b'/');
    (7..=15).contains(&g.count)
        && g.len <= 7
        && (!slash || at(d, 0) == 0)
        && !(g.len == 1 && g.count >= 13)
}
