//! Check digits of cards, accounts and national identifiers.

use super::bytes::at;

/// Luhn (ISO/IEC 7812-1 annex B).
pub(crate) fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(i, &d)| {
            let d = u32::from(d);
            match (i % 2 == 1, d) {
                (true, d) if d > 4 => d * 2 - 9,
                (true, d) => d * 2,
                (false, d) => d,
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// ISO 7064 mod 97-10 over an IBAN without spaces, letters upper or lower case.
pub(crate) fn iban(chars: &[u8]) -> bool {
    if chars.len() < 15 || chars.len() > 34 {
        return false;
    }
    let (head, tail) = chars.split_at(4);
    let mut rest: u32 = 0;
    for &c in tail.iter().chain(head) {
        let (value, width) = match c {
            b'0'..=b'9' => (u32::from(c - b'0'), 10),
            b'A'..=b'Z' => (u32::from(c - b'A') + 10, 100),
            b'a'..=b'z' => (u32::from(c - b'a') + 10, 100),
            _ => return false,
        };
        rest = (rest * width + value) % 97;
    }
    rest == 1
}

/// Length of an IBAN in the country, if the country issues any.
pub(crate) fn iban_len(country: [u8; 2]) -> Option<usize> {
    const LENGTHS: &str = "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27\
        DK18DO28EE20EG29ES24FI18FK18FO18FR27GB22GE22GI23GL18GR27GT28HR21HU28IE22IL23IQ23IS26IT27\
        JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19MN20MR27MT31MU30NI28NL18NO15OM23\
        PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24TR26UA29\
        VA22VG24XK20";
    let wanted = [country[0].to_ascii_uppercase(), country[1].to_ascii_uppercase()];
    let entry = LENGTHS.as_bytes().chunks_exact(4).find(|entry| entry.starts_with(&wanted))?;
    Some(usize::from(at(entry, 2) - b'0') * 10 + usize::from(at(entry, 3) - b'0'))
}

/// Verhoeff's dihedral check (Aadhaar).
pub(crate) fn verhoeff(digits: &[u8]) -> bool {
    const D: [[u8; 10]; 10] = [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        [1, 2, 3, 4, 0, 6, 7, 8, 9, 5],
        [2, 3, 4, 0, 1, 7, 8, 9, 5, 6],
        [3, 4, 0, 1, 2, 8, 9, 5, 6, 7],
        [4, 0, 1, 2, 3, 9, 5, 6, 7, 8],
        [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
        [6, 5, 9, 8, 7, 1, 0, 4, 3, 2],
        [7, 6, 5, 9, 8, 2, 1, 0, 4, 3],
        [8, 7, 6, 5, 9, 3, 2, 1, 0, 4],
        [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
    ];
    const P: [[u8; 10]; 8] = [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        [1, 5, 7, 6, 2, 8, 3, 0, 9, 4],
        [5, 8, 0, 3, 7, 9, 6, 1, 4, 2],
        [8, 9, 1, 6, 0, 4, 3, 5, 2, 7],
        [9, 4, 5, 3, 1, 2, 6, 8, 7, 0],
        [4, 2, 8, 6, 5, 7, 3, 9, 0, 1],
        [2, 7, 9, 3, 8, 0, 6, 4, 1, 5],
        [7, 0, 4, 6, 9, 1, 3, 2, 5, 8],
    ];
    let cell = |table: &[[u8; 10]], row: usize, col: usize| {
        table.get(row).and_then(|r| r.get(col)).copied().unwrap_or(0)
    };
    let mut c = 0u8;
    for (i, &d) in digits.iter().rev().enumerate() {
        c = cell(&D, usize::from(c), usize::from(cell(&P, i % 8, usize::from(d))));
    }
    c == 0
}

/// Sum of digit times weight, pairwise.
pub(crate) fn weighted(digits: &[u8], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(&d, &w)| u32::from(d) * w).sum()
}

/// The digits as a number modulo `m`.
pub(crate) fn modulo(digits: &[u8], m: u64) -> u64 {
    digits.iter().fold(0, |acc, &d| (acc * 10 + u64::from(d)) % m)
}

/// CPF: two mod-11 check digits.
pub(crate) fn cpf(d: &[u8]) -> bool {
    let check = |n: usize| {
        let sum: u32 = d
            .iter()
            .take(n)
            .enumerate()
            .map(|(i, &x)| u32::from(x) * (n as u32 + 1 - i as u32))
            .sum();
        u32::from(at(d, n)) == (sum * 10 % 11) % 10
    };
    d.len() == 11 && d.iter().any(|x| x != &at(d, 0)) && check(9) && check(10)
}

/// CNPJ: two mod-11 check digits with weights from 2 to 9.
pub(crate) fn cnpj(d: &[u8]) -> bool {
    let check = |n: usize| {
        let sum: u32 = d
            .iter()
            .take(n)
            .enumerate()
            .map(|(i, &x)| u32::from(x) * ((n - 1 - i) as u32 % 8 + 2))
            .sum();
        let rest = sum % 11;
        u32::from(at(d, n)) == if rest < 2 { 0 } else { 11 - rest }
    };
    d.len() == 14 && check(12) && check(13)
}

/// NHS number: mod 11 with weights 10 to 2.
pub(crate) fn nhs(d: &[u8]) -> bool {
    let rest = 11 - weighted(d, &[10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11;
    d.len() == 10 && u32::from(at(d, 9)) == rest % 11
}

/// The control letter of a Spanish DNI or NIE number.
pub(crate) fn dni_letter(number: u64) -> u8 {
    at(b"TRWAGMYFPDXBNJZSQVHLCKE", (number % 23) as usize)
}

/// Chinese resident identity: mod 11-2 over 17 digits and a final digit or X.
pub(crate) fn china(d: &[u8], last: u8) -> bool {
    let sum = weighted(d, &[7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]);
    at(b"10X98765432", (sum % 11) as usize) == last.to_ascii_uppercase()
}

/// A plausible month and day.
pub(crate) fn month_day(month: &[u8], day: &[u8]) -> bool {
    (1..=12).contains(&modulo(month, 1000)) && (1..=31).contains(&modulo(day, 1000))
}

/// The letters of an Italian codice fiscale: mod 26 over odd and even positions.
pub(crate) fn codice_fiscale(code: &[u8]) -> bool {
    const ODD: [u32; 26] = [
        1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24,
        23,
    ];
    if code.len() != 16 {
        return false;
    }
    let mut sum = 0;
    for (i, &c) in code.iter().take(15).enumerate() {
        let c = c.to_ascii_uppercase();
        let n = if c.is_ascii_digit() { c - b'0' } else { c.wrapping_sub(b'A') };
        sum +=
            if i % 2 == 0 { ODD.get(usize::from(n)).copied().unwrap_or(0) } else { u32::from(n) };
    }
    u32::from(at(code, 15).to_ascii_uppercase()) == u32::from(b'A') + sum % 26
}

/// Singapore NRIC and FIN.
pub(crate) fn nric(series: u8, d: &[u8], letter: u8) -> bool {
    let offset = match series {
        b'T' | b'G' => 4,
        b'M' => 3,
        _ => 0,
    };
    let rest = ((weighted(d, &[2, 7, 6, 5, 4, 3, 2]) + offset) % 11) as usize;
    let table: &[u8] = match series {
        b'S' | b'T' => b"JZIHGFEDCBA",
        b'F' | b'G' => b"XWUTRQPNMLK",
        _ => b"KLJNPQRTUWX",
    };
    let expected = if series == b'M' { at(table, 10 - rest) } else { at(table, rest) };
    expected == letter
}
