//! Post boxes and military mail.

use super::super::Hit;
use super::super::bytes::{at, before, cut, is_word, run};
use super::place::{Code, locality};
use crate::class::Class;

/// Words for post boxes.
pub(crate) const BOXES: [&str; 16] = [
    "po box",
    "p.o. box",
    "p.o.box",
    "p o box",
    "postfach",
    "postbus",
    "postboks",
    "boîte postale",
    "apartado",
    "apdo",
    "casella postale",
    "caixa postal",
    "skrytka pocztowa",
    "skr. poczt",
    "postbox",
    "bp ",
];

/// Post boxes: `PO Box 123`, `Postfach 12 03 45, 60318 Frankfurt`; `end` is after the words.
pub(crate) fn post_box(b: &[u8], start: usize, end: usize, out: &mut Vec<Hit>) {
    if is_word(before(b, start)) {
        return;
    }
    let short = at(b, end - 1) == b' ';
    let mut from = run(b, end, 4, |c| matches!(c, b' ' | b'#' | b':' | b'.'));
    for filler in ["de correos ", "postal ", "nº ", "nr. ", "no. "] {
        if cut(b, from, from + filler.len()).eq_ignore_ascii_case(filler.as_bytes()) {
            from += filler.len();
        }
    }
    let mut digits = run(b, from, 7, |c| c.is_ascii_digit());
    if digits == from || from == end && !short {
        return;
    }
    // Groups of two: `12 03 45`.
    while at(b, digits) == b' '
        && run(b, digits + 1, 3, |c| c.is_ascii_digit()) == digits + 3
        && digits - from < 9
    {
        digits += 3;
    }
    let place = locality(b, digits);
    // "BP 120/80" is blood pressure and "BP 2019" a company's year.
    if short && place.code != Code::Sure {
        return;
    }
    out.push(Hit::new(start, place.end, Class::Address, "post_box"));
}

/// The last line of military and diplomatic mail: `APO AE 09301`.
pub(crate) const MILITARY: [&str; 9] = [
    "apo aa ", "apo ae ", "apo ap ", "fpo aa ", "fpo ae ", "fpo ap ", "dpo aa ", "dpo ae ",
    "dpo ap ",
];

/// `PSC 0413, Box 8144` or `USNS Comfort` on the line before, then `APO AA 42323`.
pub(crate) fn military(b: &[u8], start: usize, end: usize, out: &mut Vec<Hit>) {
    let code = run(b, end, 6, |c| c.is_ascii_digit());
    if code - end != 5 || is_word(before(b, start)) && !super::super::bytes::after_escape(b, start)
    {
        return;
    }
    let window = start.saturating_sub(48);
    let text = cut(b, window, start);
    let head = ["psc ", "unit ", "cmr ", "usns ", "usnv ", "uss ", "uscgc "]
        .iter()
        .filter_map(|word| {
            let n = word.len();
            text.windows(n).rposition(|w| w.eq_ignore_ascii_case(word.as_bytes()))
        })
        .max()
        .map(|n| window + n)
        .filter(|&n| !is_word(before(b, n)));
    out.push(Hit::new(head.unwrap_or(start), code, Class::Address, "military_mail"));
}
