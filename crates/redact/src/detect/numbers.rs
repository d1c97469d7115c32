//! Everything that is made of digits: the groups around a digit are read once and judged as
//! address of a host, card, account, government id, telephone number or house number.

use super::bytes::{at, before, contains_word, cut, joined_before, run};
use super::{Hit, address, card, gov, ip, phone};

/// Digits in groups with single separators between them, `+1 (206) 555-0137`.
#[derive(Debug)]
pub(crate) struct Groups {
    /// Start and end of each group.
    pub(crate) spans: [(usize, usize); Self::MOST],
    /// The separator after each group; 0 after the last. `)` stands for `) ` too.
    pub(crate) seps: [u8; Self::MOST],
    pub(crate) len: usize,
    /// All digits, as values.
    pub(crate) digits: [u8; 32],
    pub(crate) count: usize,
}

impl Groups {
    pub(crate) const MOST: usize = 12;

    /// Reads groups from the digit at `i`.
    fn read(b: &[u8], i: usize) -> Self {
        let mut groups = Self {
            spans: [(0, 0); Self::MOST],
            seps: [0; Self::MOST],
            len: 0,
            digits: [0; 32],
            count: 0,
        };
        let mut pos = i;
        loop {
            let end = run(b, pos, 40, |c| c.is_ascii_digit());
            if end == pos || groups.len == Self::MOST || groups.count + (end - pos) > 32 {
                break;
            }
            if let Some(slot) = groups.spans.get_mut(groups.len) {
                *slot = (pos, end);
            }
            for &c in cut(b, pos, end) {
                if let Some(slot) = groups.digits.get_mut(groups.count) {
                    *slot = c - b'0';
                }
                groups.count += 1;
            }
            groups.len += 1;
            let (next, sep) = separator(b, end);
            if next == end || !at(b, next).is_ascii_digit() {
                break;
            }
            if let Some(slot) = groups.seps.get_mut(groups.len - 1) {
                *slot = sep;
            }
            pos = next;
        }
        groups
    }

    pub(crate) fn end(&self) -> usize {
        self.group(self.len.saturating_sub(1)).1
    }

    pub(crate) fn start(&self) -> usize {
        self.group(0).0
    }

    pub(crate) fn group(&self, n: usize) -> (usize, usize) {
        self.spans.get(n).copied().unwrap_or((0, 0))
    }

    pub(crate) fn size(&self, n: usize) -> usize {
        let (start, end) = self.group(n);
        end - start
    }

    pub(crate) fn sep(&self, n: usize) -> u8 {
        self.seps.get(n).copied().unwrap_or(0)
    }

    pub(crate) fn digits(&self) -> &[u8] {
        self.digits.get(..self.count.min(32)).unwrap_or(&[])
    }

    /// Whether the groups have these sizes.
    pub(crate) fn shaped(&self, sizes: &[usize]) -> bool {
        self.len == sizes.len() && sizes.iter().enumerate().all(|(i, &n)| self.size(i) == n)
    }

    /// Whether every separator is `sep`.
    pub(crate) fn joined_by(&self, sep: u8) -> bool {
        (0..self.len.saturating_sub(1)).all(|i| self.sep(i) == sep)
    }

    /// Whether every separator is a blank, a dash, or absent.
    pub(crate) fn plain_joins(&self) -> bool {
        (0..self.len.saturating_sub(1)).all(|i| matches!(self.sep(i), b' ' | b'-'))
    }

    /// The same groups up to `n` of them.
    pub(crate) fn first(&self, n: usize) -> Self {
        let count = (0..n).map(|i| self.size(i)).sum();
        Self { spans: self.spans, seps: self.seps, len: n, digits: self.digits, count }
    }
}

/// The end and kind of a separator at `i`: blank, dash, dot, slash, a bracket with a blank, a
/// no-break space, or a non-breaking hyphen.
fn separator(b: &[u8], i: usize) -> (usize, u8) {
    match at(b, i) {
        b')' => {
            let next = i + 1;
            (next + usize::from(matches!(at(b, next), b' ' | b'-' | b'.')), b')')
        }
        c @ (b' ' | b'-' | b'.' | b'/') => {
            let bracket = c == b' ' && at(b, i + 1) == b'(';
            let dashed = c == b' ' && at(b, i + 1) == b'-' && at(b, i + 2) == b' ';
            let slashed = c == b' ' && at(b, i + 1) == b'/' && at(b, i + 2) == b' ';
            if dashed || slashed {
                (i + 3, if dashed { b'-' } else { b'/' })
            } else {
                (i + 1 + usize::from(bracket), if bracket { b'(' } else { c })
            }
        }
        b'(' => (i + 1, b'('),
        0xC2 if at(b, i + 1) == 0xA0 => (i + 2, b' '),
        0xE2 if at(b, i + 1) == 0x80 && matches!(at(b, i + 2), 0x90..=0x93 | 0xAF | 0x89) => {
            (i + 3, if matches!(at(b, i + 2), 0x90..=0x93) { b'-' } else { b' ' })
        }
        _ => (i, 0),
    }
}

/// Looks at the digits that start at `i`; returns where scanning goes on.
pub(crate) fn scan(b: &[u8], i: usize, out: &mut Vec<Hit>) -> usize {
    let first_end = run(b, i, 64, |c| c.is_ascii_digit());
    let prev = before(b, i);
    let (c, prev2) = (at(b, first_end), if i >= 2 { at(b, i - 2) } else { 0 });
    // Letters and digits in one token: hex ids, base64, IBANs, ids with letters, IPv6.
    if joined_before(b, i) {
        if prev.is_ascii_alphabetic() {
            gov::after_letters(b, i, first_end, out);
            if prev2.is_ascii_alphabetic() {
                card::iban(b, i - 2, out);
            }
            if prev.is_ascii_hexdigit() {
                ip::six(b, i, out);
            }
        }
        return run(b, first_end, 4096, |c| c.is_ascii_alphanumeric()).max(first_end);
    }
    if prev >= 0x80
        && let Some(end) = address::ideographic(b, i, out)
    {
        return end;
    }
    if c == b':' || c.is_ascii_hexdigit() || prev == b':' {
        ip::six(b, i, out);
    }
    // A number with decimals: embeddings, coordinates, scores.
    if c == b'.' && at(b, first_end + 1).is_ascii_digit() {
        let tail = run(b, first_end + 1, 64, |c| c.is_ascii_digit());
        let after = at(b, tail);
        if after != b'.' && after != b'-' || !at(b, tail + 1).is_ascii_digit() {
            return tail;
        }
    }
    if prev == b'.' && prev2.is_ascii_digit() {
        return first_end;
    }
    if first_end - i == 1
        && !matches!(c, b' ' | b'-' | b'.' | b'(' | b')' | b'/' | b',')
        && !c.is_ascii_alphabetic()
    {
        return first_end;
    }
    judge(b, i, out).max(first_end)
}

fn judge(b: &[u8], i: usize, out: &mut Vec<Hit>) -> usize {
    let groups = Groups::read(b, i);
    if groups.len == 0 {
        return run(b, i, usize::MAX, |c| c.is_ascii_digit()); // longer than any number of a person
    }
    let first_end = groups.group(0).1;
    if let Some(end) = ip::four(b, &groups, out) {
        return end;
    }
    if groups.count >= 6 {
        let found = gov::shaped(b, &groups, out)
            .or_else(|| card::scan(b, &groups, out))
            .or_else(|| phone::scan(b, &groups, out));
        if let Some(end) = found {
            return end;
        }
    }
    if let Some(end) = address::scan(b, i, first_end, out) {
        return end;
    }
    // Groups that form one token are skipped together; groups apart by blanks one by one, so that
    // a number after a house number or a date is seen.
    let mut n = 0;
    while n + 1 < groups.len && matches!(groups.sep(n), b'-' | b'.' | b'/') {
        n += 1;
    }
    groups.group(n).1
}

/// The text before `i` on the same line, as far as context words reach.
pub(crate) fn context(b: &[u8], i: usize, reach: usize) -> &[u8] {
    let start = i.saturating_sub(reach);
    let window = cut(b, start, i);
    let line = window.iter().rposition(|&c| c == b'\n');
    // A label on the line above belongs to the number: `Phone:\n60-56-85-91`.
    match line {
        Some(n) if window.get(n + 1..).is_some_and(|t| t.trim_ascii().len() > 2) => {
            window.get(n + 1..).unwrap_or(window)
        }
        _ => window,
    }
}

/// Whether any of the words stands in the context before `i`.
pub(crate) fn near(b: &[u8], i: usize, reach: usize, words: &[&str]) -> bool {
    contains_word(context(b, i, reach), words)
}
