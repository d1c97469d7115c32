//! Payment cards and bank accounts.

use super::Hit;
use super::bytes::{at, before, cut, is_word, joined_after, joined_before, run};
use super::checks;
use super::numbers::{Groups, near};
use crate::class::Class;

const CARD_WORDS: [&str; 16] = [
    "card",
    "visa",
    "mastercard",
    "amex",
    "credit",
    "debit",
    "cc ",
    "cc#",
    "ccnum",
    "maestro",
    "discover",
    "diners",
    "jcb",
    "carte",
    "karte",
    "tarjeta",
];

/// A card number of 12 to 19 digits whose issuer, length and check digit fit.
pub(crate) fn scan(b: &[u8], groups: &Groups, out: &mut Vec<Hit>) -> Option<usize> {
    if !(1..=7).contains(&groups.len) {
        return None;
    }
    // `card 4000 0061 7479 0757 12/29`: the number may end before the groups do.
    (1..=groups.len).rev().map(|n| groups.first(n)).find_map(|g| one(b, &g, groups.len, out))
}

fn one(b: &[u8], g: &Groups, of: usize, out: &mut Vec<Hit>) -> Option<usize> {
    if !(12..=19).contains(&g.count) || !(g.plain_joins() || g.joined_by(b'.') && g.len == 4) {
        return None;
    }
    let (start, end) = (g.start(), g.end());
    if joined_after(b, end)
        || matches!(before(b, start), b'-' | b'.') && is_word(at(b, start.saturating_sub(2)))
    {
        return None;
    }
    let regular = g.len == 1
        || g.shaped(&[4, 4, 4, 4])
        || g.shaped(&[4, 6, 5])
        || g.shaped(&[4, 6, 4])
        || g.shaped(&[4, 4, 4, 4, 3])
        || g.shaped(&[4, 4, 4, 1])
        || g.shaped(&[4, 4, 5])
        || g.shaped(&[4, 4, 4, 3])
        || g.shaped(&[4, 4, 4, 2]);
    let context = near(b, start, 48, &CARD_WORDS);
    // A fifth group of an account number is no expiry date.
    let longer = of > g.len
        && g.sep(g.len - 1) == b' '
        && run(b, end + 1, 5, |c| c.is_ascii_digit()) - end > 4;
    let tail_of_token =
        before(b, start) == b' ' && start >= 5 && iban_head(cut(b, start - 5, start - 1));
    if !context && (longer || tail_of_token) {
        return None;
    }
    if !regular || !checks::luhn(g.digits()) {
        return None;
    }
    if g.digits().iter().all(|d| *d == at(g.digits(), 0)) {
        return None;
    }
    let issuer = issued(g.digits());
    let sure =
        if context { true } else { issuer && (g.len > 1 || g.count <= 16) && of <= g.len + 2 };
    sure.then(|| {
        out.push(Hit::new(start, end, Class::Card, "card"));
        end
    })
}

/// Country and check digits of an account number.
fn iban_head(b: &[u8]) -> bool {
    b.len() == 4
        && b.iter().take(2).all(u8::is_ascii_uppercase)
        && b.iter().skip(2).all(u8::is_ascii_digit)
}

/// Issuer prefixes with the lengths they come in.
fn issued(d: &[u8]) -> bool {
    let prefix = |n: usize| d.iter().take(n).fold(0u32, |acc, &x| acc * 10 + u32::from(x));
    let (one, two, three, four) = (prefix(1), prefix(2), prefix(3), prefix(4));
    match d.len() {
        13 => one == 4 && two != 49,
        14 => (300..=305).contains(&three) || matches!(two, 36 | 38 | 39),
        15 => matches!(two, 34 | 37) || matches!(four, 2131 | 1800),
        16 => {
            one == 4
                || (51..=55).contains(&two)
                || (2221..=2720).contains(&four)
                || four == 6011
                || (644..=649).contains(&three)
                || two == 65
                || (3528..=3589).contains(&four)
                || two == 62
                || matches!(four, 5018 | 5020 | 5038 | 6304 | 6759 | 6761 | 6763)
                || two == 60
        }
        17..=19 => one == 4 || two == 62 || four == 6011 || two == 67,
        _ => false,
    }
}

/// An IBAN whose two country letters stand at `start`; blanks or dashes may group it.
pub(crate) fn iban(b: &[u8], start: usize, out: &mut Vec<Hit>) {
    if joined_before(b, start) {
        return;
    }
    let Some(wanted) = checks::iban_len([at(b, start), at(b, start + 1)]) else { return };
    let mut chars = Vec::with_capacity(wanted);
    let mut i = start;
    while chars.len() < wanted && i < start + 60 {
        let c = at(b, i);
        if c.is_ascii_alphanumeric() {
            chars.push(c);
        } else if !(matches!(c, b' ' | b'-' | b'.')
            && at(b, i + 1).is_ascii_alphanumeric()
            && chars.len() >= 2)
        {
            break;
        }
        i += 1;
    }
    let solid = i - start == wanted;
    if chars.len() != wanted || joined_after(b, i) {
        return;
    }
    let named = near(b, start, 40, &["iban", "account", "konto", "compte", "cuenta"]);
    let digits = chars.iter().filter(|c| c.is_ascii_digit()).count();
    // Some countries' accounts are mostly letters; all of them are written large then.
    let lettered = digits * 3 >= wanted && !chars.iter().any(u8::is_ascii_lowercase);
    if checks::iban(&chars) && (digits * 2 >= wanted || named || lettered) {
        out.push(Hit::new(start, i, Class::Iban, "iban"));
    } else if solid
        && near(b, start, 12, &["iban"])
        && digits * 2 >= wanted
        && run(b, start, 2, |c| c.is_ascii_uppercase()) == start + 2
    {
        // Labelled as one: a typo in the check digits is still somebody's account.
        out.push(Hit::new(start, i, Class::Iban, "iban_labelled"));
    } else if near(b, start, 12, &["iban"])
        && digits * 2 >= wanted
        && !cut(b, start, i).contains(&b'.')
    {
        out.push(Hit::new(start, i, Class::Iban, "iban_labelled"));
    }
}
