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

/// Whether the character whose first byte stands at `i` joins letters and digits to a word: letters of
/// scripts that part words by blanks and write them with letters like these; not punctuation, symbols,
/// Hebrew, Arabic, the scripts of India, Thai, Chinese, Japanese, Korean, nor the `Ġ` and `Ċ` that
/// stand for blanks in the vocabularies of models.
fn joins(b: &[u8], i: usize) -> bool {
    match (at(b, i), at(b, i + 1)) {
        (0xC4, 0x8A | 0xA0) | (0xC2 | 0xD6..=0xE0 | 0xE2..=0xFF, _) => false,
        (0xE1, second) => second >= 0xB8,
        (lead, _) => is_word(lead),
    }
}

/// Whether a token that starts at `i` is joined to what stands before it.
pub(crate) fn joined_before(b: &[u8], i: usize) -> bool {
    let Some(last) = i.checked_sub(1) else { return false };
    let prev = at(b, last);
    if !is_word(prev) {
        return false;
    }
    let lead =
        if prev >= 0x80 { run_back(b, i, 3, |c| c & 0xC0 == 0x80).saturating_sub(1) } else { last };
    joins(b, lead) && !after_escape(b, i) && !after_colour(b, i) && !after_emphasis(b, i)
}

/// Whether a token that ends at `i` is joined to what stands there.
pub(crate) fn joined_after(b: &[u8], i: usize) -> bool {
    // What ends an emphasis joins nothing.
    let marks = run(b, i, 2, |c| c == b'_');
    joins(b, i) && (marks == i || is_word(at(b, marks)))
}

/// Whether the bytes before `i` are the end of a terminal's escape sequence, `[1;31m`.
fn after_colour(b: &[u8], i: usize) -> bool {
    before(b, i) == b'm'
        && before(b, run_back(b, i - 1, 12, |c| c.is_ascii_digit() || c == b';')) == b'['
}

/// Whether the bytes before `i` are the marks that begin an emphasis, `_` or `__`.
fn after_emphasis(b: &[u8], i: usize) -> bool {
    before(b, i) == b'_' && !is_word(before(b, run_back(b, i, 2, |c| c == b'_')))
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
