//! Government identifiers made of digits, by their grouping and check digits.

use super::super::Hit;
use super::super::bytes::{at, before, cut, is_word, joined_after};
use super::super::checks;
use super::super::numbers::{Groups, near};
use crate::class::Class;

/// Identifiers made of digits only, recognised by their grouping and check digits.
pub(crate) fn shaped(b: &[u8], groups: &Groups, out: &mut Vec<Hit>) -> Option<usize> {
    let start = groups.start();
    if matches!(before(b, start), b'-' | b'.' | b'+')
        && (is_word(at(b, start.saturating_sub(2))) || before(b, start) == b'+')
    {
        return None;
    }
    let most = groups.len.min(7);
    (1..=most).rev().map(|n| groups.first(n)).find_map(|g| {
        let mut end = g.end();
        let tail = at(b, end);
        if g.sep(g.len - 1) != 0 && g.sep(g.len - 1) != b' ' {
            return None;
        }
        let name = one(b, &g)?;
        // Three groups of four and a fourth are a card, whatever the first three add up to.
        if name == "in_aadhaar" && groups.size(g.len) == 4 {
            return None;
        }
        if name == "dni"
            || name == "china" && tail.is_ascii_alphabetic()
            || name == "rut" && tail == b'-'
            || name == "hetu"
        {
            end += match name {
                "hetu" => 5,
                "rut" => 2,
                "dni" if tail == b'-' || tail == b' ' => 2,
                _ => 1,
            };
        }
        if joined_after(b, end)
            || matches!(at(b, end), b'-' | b'/') && is_word(at(b, end + 1))
            || (at(b, end) == b'.' && at(b, end + 1).is_ascii_digit())
        {
            return None;
        }
        out.push(Hit::new(start, end, Class::GovId, name));
        Some(end)
    })
}

fn one(b: &[u8], g: &Groups) -> Option<&'static str> {
    let d = g.digits();
    let part = |from: usize, to: usize| d.get(from..to).unwrap_or(&[]);
    let num = |from: usize, to: usize| checks::modulo(part(from, to), u64::MAX / 16);
    let dashes = g.joined_by(b'-');
    let tail = at(b, g.end());
    if g.shaped(&[3, 2, 4]) && (dashes || g.joined_by(b' ')) {
        let area = num(0, 3);
        let valid = area != 0 && area != 666 && area < 900 && num(3, 5) != 0 && num(5, 9) != 0;
        let itin = area >= 900
            && matches!(num(3, 5), 50..=65 | 70..=88 | 90..=92 | 94..=99)
            && near(b, g.start(), 32, &["itin", "tax", "ssn", "tin", "social"]);
        return ((valid && dashes)
            || itin
            || (valid && near(b, g.start(), 32, &["ssn", "social"])))
        .then_some("us_ssn");
    }
    if g.shaped(&[3, 3, 3, 2]) && g.sep(0) == b'.' && g.sep(1) == b'.' && matches!(g.sep(2), b'-') {
        return (checks::cpf(d) || near(b, g.start(), 24, &["cpf"])).then_some("br_cpf");
    }
    if g.shaped(&[2, 3, 3, 4, 2]) && g.sep(0) == b'.' && g.sep(2) == b'/' {
        return (checks::cnpj(d) || near(b, g.start(), 24, &["cnpj"])).then_some("br_cnpj");
    }
    if g.shaped(&[4, 4, 4]) && (dashes || g.joined_by(b' ')) {
        return (at(d, 0) >= 2 && checks::verhoeff(d)).then_some("in_aadhaar");
    }
    if g.shaped(&[3, 3, 4]) && g.joined_by(b' ') && at(d, 3) < 2 {
        return (checks::nhs(d)).then_some("uk_nhs");
    }
    if g.shaped(&[3, 4, 4, 2]) && g.joined_by(b'.') && num(0, 3) == 756 {
        return Some("ch_ahv");
    }
    if g.shaped(&[2, 2, 2, 3, 2]) && g.sep(0) == b'.' {
        let rest = 97 - num(0, 9) % 97;
        let later = 97 - (2_000_000_000 + num(0, 9)) % 97;
        return (num(9, 11) == rest || num(9, 11) == later).then_some("be_national");
    }
    if g.shaped(&[1, 2, 2, 2, 3, 3, 2])
        || g.shaped(&[1, 2, 2, 2, 3, 3])
        || g.len == 1 && g.count == 15
    {
        let sex = matches!(at(d, 0), 1 | 2) && (1..=12).contains(&num(3, 5));
        return (sex && d.len() == 15 && num(13, 15) == 97 - num(0, 13) % 97).then_some("fr_nir");
    }
    if g.shaped(&[6, 7]) && dashes {
        return (checks::month_day(part(2, 4), part(4, 6)) && (1..=8).contains(&at(d, 6)))
            .then_some("kr_rrn");
    }
    if g.shaped(&[6, 4]) && dashes && checks::month_day(part(2, 4), part(4, 6)) && checks::luhn(d) {
        return Some("se_personnummer");
    }
    if g.shaped(&[8, 4])
        && dashes
        && matches!(num(0, 2), 18..=20)
        && checks::month_day(part(4, 6), part(6, 8))
        && checks::luhn(part(2, 12))
    {
        return Some("se_personnummer");
    }
    if g.shaped(&[6])
        && matches!(tail, b'-' | b'+' | b'A')
        && checks::month_day(part(2, 4), part(0, 2))
    {
        let rest = cut(b, g.end() + 1, g.end() + 4);
        let check = at(b, g.end() + 4);
        if rest.len() == 3 && rest.iter().all(u8::is_ascii_digit) {
            let n = rest.iter().fold(num(0, 6), |acc, &c| acc * 10 + u64::from(c - b'0'));
            return (at(b"0123456789ABCDEFHJKLMNPRSTUVWXY", (n % 31) as usize) == check
                && check.is_ascii_alphabetic())
            .then_some("hetu");
        }
    }
    if (g.shaped(&[8]) || g.shaped(&[2, 3, 3]) && g.joined_by(b'.'))
        && (tail.is_ascii_uppercase() || tail == b'-' && at(b, g.end() + 1).is_ascii_uppercase())
    {
        let letter = if tail == b'-' { at(b, g.end() + 1) } else { tail };
        return (checks::dni_letter(num(0, 8)) == letter).then_some("dni");
    }
    if (g.shaped(&[2, 3, 3]) || g.shaped(&[1, 3, 3])) && g.joined_by(b'.') && tail == b'-' {
        return rut(d, at(b, g.end() + 1)).then_some("rut");
    }
    if (g.shaped(&[2, 3, 3, 1]) || g.shaped(&[1, 3, 3, 1]))
        && g.sep(0) == b'.'
        && g.sep(g.len - 2) == b'-'
    {
        let n = d.len() - 1;
        return rut(part(0, n), at(d, n) + b'0').then_some("cl_rut");
    }
    if g.shaped(&[17]) && matches!(tail, b'X' | b'x') || g.shaped(&[18]) {
        let last = if g.count == 18 { at(d, 17) + b'0' } else { tail };
        return (matches!(num(6, 8), 19 | 20)
            && checks::month_day(part(10, 12), part(12, 14))
            && checks::china(part(0, 17), last))
        .then_some("china");
    }
    if g.shaped(&[2, 8, 1]) && dashes {
        let rest = checks::weighted(d, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
        return ((11 - rest) % 11 == u32::from(at(d, 10))).then_some("ar_cuit");
    }
    None
}

fn rut(d: &[u8], check: u8) -> bool {
    let sum: u32 =
        d.iter().rev().enumerate().map(|(i, &x)| u32::from(x) * (i as u32 % 6 + 2)).sum();
    let expected = match 11 - sum % 11 {
        11 => b'0',
        10 => b'K',
        n => b'0' + n as u8,
    };
    check.to_ascii_uppercase() == expected
}
