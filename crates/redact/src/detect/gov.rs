//! Government identifiers: by shape and check digit, or by the words before them.

use super::Hit;
use super::bytes::{after_escape, at, before, cut, is_word, run, run_back};
use super::checks;
use super::numbers::{Groups, near};
use crate::class::Class;

/// Words that announce an identifier, for the keyword scan. The value that follows is taken
/// whatever its check digit says: a typo in somebody's number is still theirs.
pub(crate) const WORDS: [&str; 96] = [
    "ssn",
    "social security",
    "social insurance",
    "itin",
    "ein",
    "fein",
    "employer identification",
    "taxpayer id",
    "tax id",
    "tax-id",
    "tin",
    "national insurance",
    "nino",
    "ni number",
    "ni no",
    "nhs",
    "utr",
    "dni",
    "nie",
    "nif",
    "cif",
    "pasaporte",
    "passport",
    "passeport",
    "reisepass",
    "cpf",
    "cnpj",
    "rg:",
    "aadhaar",
    "aadhar",
    "uidai",
    "pan",
    "pan card",
    "voter id",
    "epic no",
    "sin",
    "bsn",
    "burgerservicenummer",
    "sofinummer",
    "pesel",
    "nip",
    "regon",
    "personnummer",
    "fødselsnummer",
    "fodselsnummer",
    "cpr",
    "henkilötunnus",
    "henkilotunnus",
    "hetu",
    "steuer-id",
    "steuerid",
    "steuer-idnr",
    "steueridentifikationsnummer",
    "identifikationsnummer",
    "steuernummer",
    "personalausweis",
    "ausweisnummer",
    "sozialversicherungsnummer",
    "svnr",
    "rentenversicherungsnummer",
    "ahv",
    "avs",
    "nir",
    "sécurité sociale",
    "securite sociale",
    "insee",
    "codice fiscale",
    "partita iva",
    "tessera sanitaria",
    "tfn",
    "tax file number",
    "medicare",
    "abn",
    "acn",
    "ird",
    "my number",
    "マイナンバー",
    "rrn",
    "resident registration",
    "national id",
    "identity card",
    "identity number",
    "id number",
    "id card",
    "citizen id",
    "nric",
    "fin number",
    "hkid",
    "curp",
    "rfc",
    "driver license",
    "driver's license",
    "drivers license",
    "driving licence",
    "driver's licence",
    "licence number",
];

/// More words, kept apart for length.
pub(crate) const MORE_WORDS: [&str; 34] = [
    "license number",
    "license no",
    "licence no",
    "dl number",
    "dl no",
    "dl#",
    "cuit",
    "cuil",
    "rut",
    "cédula",
    "cedula",
    "tc kimlik",
    "kimlik no",
    "tckn",
    "снилс",
    "инн",
    "паспорт",
    "teudat zehut",
    "amka",
    "afm",
    "pps number",
    "ppsn",
    "niss",
    "rijksregisternummer",
    "egn",
    "cnp",
    "oib",
    "jmbg",
    "rodné číslo",
    "rodne cislo",
    "cartão de cidadão",
    "nino:",
    "green card",
    "alien registration",
];

/// Words that may stand between the announcing word and the identifier.
const FILLERS: [&str; 48] = [
    "is",
    "no",
    "nr",
    "num",
    "number",
    "numbers",
    "nummer",
    "numero",
    "número",
    "numéro",
    "id",
    "card",
    "code",
    "value",
    "my",
    "the",
    "of",
    "for",
    "was",
    "ist",
    "es",
    "est",
    "is:",
    "on",
    "file",
    "s",
    "n",
    "fiscale",
    "idnr",
    "der",
    "de",
    "du",
    "lautet",
    "identification",
    "identity",
    "book",
    "it",
    "he",
    "her",
    "his",
    "holder",
    "field",
    "as",
    "and",
    "license",
    "licence",
    "copy",
    "says",
];

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
        let fits = FILLERS.iter().any(|w| filler.eq_ignore_ascii_case(w.as_bytes()));
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
    if digits >= needed && (6..=24).contains(&total)
        || digits >= 4 && letters >= 4 && (10..=20).contains(&total)
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

/// Identifiers made of digits only, recognised by their grouping and check digits.
pub(crate) fn shaped(b: &[u8], groups: &Groups, out: &mut Vec<Hit>) -> Option<usize> {
    let start = groups.start();
    if matches!(before(b, start), b'-' | b'.' | b'+')
        && (is_word(at(b, start.saturating_sub(2))) || before(b, start) == b'+')
    {
        return None;
    }
    let most = groups.len.min(6);
    (1..=most).rev().map(|n| groups.first(n)).find_map(|g| {
        let mut end = g.end();
        let tail = at(b, end);
        if g.sep(g.len - 1) != 0 && g.sep(g.len - 1) != b' ' {
            return None;
        }
        let name = one(b, &g)?;
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
        if is_word(at(b, end))
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
