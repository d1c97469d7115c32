//! Bounded access to bytes: no index of a scanner can panic, whatever the text.

/// The byte at `i`, or 0 past the end.
pub(crate) fn at(b: &[u8], i: usize) -> u8 {
    b.get(i).copied().unwrap_or(0)
}

/// The byte before `i`, or 0 at the start.
pub(crate) fn before(b: &[u8], i: usize) -> u8 {
    i.checked_sub(1).map_or(0, |j| at(b, j))
}

/// The bytes of `[start, end)` clamped to the text.
pub(crate) fn cut(b: &[u8], start: usize, end: usize) -> &[u8] {
    b.get(start..end.min(b.len())).unwrap_or(&[])
}

/// Letters, digits, the underscore and every byte of a non-ASCII character.
pub(crate) fn is_word(c: u8) -> bool {
    c.is_ascii_alphanumeric() || c == b'_' || c >= 0x80
}

/// Whether a byte is the first of a character that joins letters and digits to a word: letters of
/// scripts that part words by blanks; not punctuation, symbols, Chinese, Japanese or Korean.
fn joins(lead: u8) -> bool {
    is_word(lead) && !matches!(lead, 0xC2 | 0xE2..=0xEF | 0xF0)
}

/// Whether a token that starts at `i` is joined to what stands before it.
pub(crate) fn joined_before(b: &[u8], i: usize) -> bool {
    let Some(last) = i.checked_sub(1) else { return false };
    let lead = run_back(b, last + 1, 3, |c| c & 0xC0 == 0x80);
    let lead = if at(b, last) >= 0x80 { lead.saturating_sub(1) } else { last };
    joins(at(b, lead)) && !after_escape(b, i)
}

/// Whether a token that ends at `i` is joined to what stands there.
pub(crate) fn joined_after(b: &[u8], i: usize) -> bool {
    joins(at(b, i))
}

/// Whether a token may start at `i`: the text's start, after a byte or character that joins no words,
/// or after an escape that ends in a letter (`\n`, `\u003d`, `%3D`).
pub(crate) fn starts_token(b: &[u8], i: usize) -> bool {
    !joined_before(b, i)
}

/// Whether the bytes before `i` are the end of a JSON or URL escape.
pub(crate) fn after_escape(b: &[u8], i: usize) -> bool {
    let prev = before(b, i);
    if i >= 2 && at(b, i - 2) == b'\\' && matches!(prev, b'n' | b'r' | b't' | b'b' | b'f') {
        return true;
    }
    if i >= 3
        && at(b, i - 3) == b'%'
        && at(b, i - 2).is_ascii_hexdigit()
        && prev.is_ascii_hexdigit()
    {
        return true;
    }
    i >= 6
        && at(b, i - 6) == b'\\'
        && at(b, i - 5) == b'u'
        && cut(b, i - 4, i).iter().all(u8::is_ascii_hexdigit)
}

/// The end of the run of bytes from `i` that `keep` accepts, at most `limit` long.
pub(crate) fn run(b: &[u8], i: usize, limit: usize, keep: impl Fn(u8) -> bool) -> usize {
    let end = i.saturating_add(limit).min(b.len());
    let len = cut(b, i, end).iter().position(|&c| !keep(c));
    len.map_or(end.max(i), |n| i + n)
}

/// The start of the run of bytes before `i` that `keep` accepts, at most `limit` long.
pub(crate) fn run_back(b: &[u8], i: usize, limit: usize, keep: impl Fn(u8) -> bool) -> usize {
    let start = i.saturating_sub(limit);
    let tail = cut(b, start, i).iter().rev().position(|&c| !keep(c));
    tail.map_or(start, |n| i - n)
}

/// Whether `hay` contains `needle`, ignoring ASCII case; `needle` is lower case and short.
pub(crate) fn contains_ci(hay: &[u8], needle: &str) -> bool {
    let n = needle.len();
    hay.len() >= n && hay.windows(n).any(|w| w.eq_ignore_ascii_case(needle.as_bytes()))
}

/// Whether `hay` contains any of `needles`, ignoring ASCII case, starting at a word boundary.
pub(crate) fn contains_word(hay: &[u8], needles: &[&str]) -> bool {
    needles.iter().any(|needle| {
        let n = needle.len();
        hay.len() >= n
            && hay.windows(n).enumerate().any(|(i, w)| {
                w.eq_ignore_ascii_case(needle.as_bytes()) && !before(hay, i).is_ascii_alphabetic()
            })
    })
}

/// Skips spaces and tabs from `i`, at most `limit`.
pub(crate) fn skip_blank(b: &[u8], i: usize, limit: usize) -> usize {
    run(b, i, limit, |c| c == b' ' || c == b'\t')
}
