//! Government identifiers by the words before them.

use super::super::Hit;
use super::super::bytes::{after_escape, at, before, cut, is_word, run};
use super::words::FILLERS;
use crate::class::Class;

/// The identifier after the announcing word at `start..end`.
pub(crate) fn labelled(b: &[u8], start: usize, end: usize, out: &mut Vec<Hit>) {
    // `ssn`, `user_ssn`, `ssn_number`, but not `business`, `session`, `pancake`.
    let word_before = before(b, start).is_ascii_alphabetic()
        && !(at(b, start).is_ascii_uppercase() && before(b, start).is_ascii_lowercase());
    let escaped = after_escape(b, start);
    if word_before && !escaped
        || at(b, end).is_ascii_lowercase() && at(b, end) != b's' && !camel(b, end)
    {
        return;
    }
    let short = end - start <= 4;
    let mut i = end;
    let mut words = 0;
    let limit = end + 48;
    loop {
        i = run(b, i, 12, |c| {
            matches!(
                c,
                b' ' | b'\t'
                    | b':'
                    | b'#'
                    | b'='
                    | b'"'
                    | b'\''
                    | b'\\'
                    | b'('
                    | b')'
                    | b'.'
                    | b'_'
                    | b'-'
                    | b','
                    | b'>'
                    | b'*'
                    | b'`'
                    | b'['
                    | b'|'
            )
        });
        // A newline between label and value.
        if at(b, i) == b'\n'
            && words < 2
            && matches!(before(b, i), b':' | b' ' | b'r' | b'N' | b'D')
        {
            i = run(b, i, 4, |c| matches!(c, b'\n' | b'\r' | b' '));
        }
        if i >= limit {
            return;
        }
        if i > end && identifier(b, i, short && words > 1, out) {
            return;
        }
        let next = run(b, i, 24, |c| c.is_ascii_alphabetic() || c >= 0x80);
        if next == i {
            return;
        }
        let filler = cut(b, i, next);
        // `NIF (Portugal): X`
        let aside = before(b, i) == b'(' && at(b, next) == b')';
        let fits = aside || FILLERS.iter().any(|w| filler.eq_ignore_ascii_case(w.as_bytes()));
        words += 1;
        if !fits || words > 4 {
            return;
        }
        i = next;
    }
}

fn camel(b: &[u8], end: usize) -> bool {
    cut(b, end, end + 6).eq_ignore_ascii_case(b"number")
        || cut(b, end, end + 2).eq_ignore_ascii_case(b"no")
        || cut(b, end, end + 2).eq_ignore_ascii_case(b"id")
}

/// Letters and digits in groups, with enough digits to identify somebody.
fn identifier(b: &[u8], i: usize, strict: bool, out: &mut Vec<Hit>) -> bool {
    if !at(b, i).is_ascii_alphanumeric() {
        return false;
    }
    let mut end = i;
    let (mut digits, mut letters, mut pos) = (0, 0, i);
    let mut group_no = 0;
    while pos < i + 40 {
        let stop = run(b, pos, 24, |c| c.is_ascii_alphanumeric());
        let group = cut(b, pos, stop);
        let n = group.iter().filter(|c| c.is_ascii_digit()).count();
        let word = n == 0 && (group.len() > 3 || group.iter().any(u8::is_ascii_lowercase));
        if stop == pos
            || word
            || (group_no > 0 && n == 0 && group.len() > 1 && at(b, pos - 1) == b' ')
        {
            break;
        }
        digits += n;
        letters += group.len() - n;
        end = stop;
        group_no += 1;
        let sep = at(b, stop);
        let two = sep == b' ' && matches!(at(b, stop + 1), b'/' | b'-') && at(b, stop + 2) == b' ';
        if two {
            pos = stop + 3;
        } else if matches!(sep, b' ' | b'-' | b'.' | b'/' | b'+') {
            pos = stop + 1;
        } else {
            break;
        }
        if digits >= 16 {
            break;
        }
    }
    if at(b, end) == b'(' && at(b, end + 1).is_ascii_alphanumeric() && at(b, end + 2) == b')' {
        end += 3;
    }
    let total = digits + letters;
    // A year or a date alone is no identifier.
    let needed = if strict { 7 } else { 5 };
    // Nine letters and digits in one piece, as passports of machine-readable kind have them.
    let passport = group_no == 1
        && total == 9
        && digits >= 3
        && cut(b, i, end).iter().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
    if digits >= needed && (6..=24).contains(&total)
        || digits >= 4 && letters >= 4 && (10..=20).contains(&total)
        || passport
    {
        if is_word(at(b, end)) || is_iso_date(b, i, end) {
            return false;
        }
        out.push(Hit::new(i, end, Class::GovId, "gov_id_labelled"));
        return true;
    }
    false
}

fn is_iso_date(b: &[u8], i: usize, end: usize) -> bool {
    let text = cut(b, i, end);
    text.len() >= 10
        && at(text, 4) == b'-'
        && at(text, 7) == b'-'
        && matches!(at(text, 0), b'1' | b'2')
}
