//! Text without the escapes of URLs, forms and HTML. A parameter inside a parameter, a form in a
//! log line, a page's source spell `client_secret=X` as `client_secret%3DX`, a blank as `+`, a
//! quote as `&quot;`: names, marks and values are found in the text that was meant, and mapped back
//! to the text that was written. Only the words with an escape are looked at again.

use memchr::memchr3;

use super::Span;
use super::bytes::{at, before, cut, run, run_back};

/// A piece of a text whose escapes of ASCII are undone; all others stay as they are.
pub(super) struct Unescaped<'t> {
    raw: &'t str,
    /// Where the piece begins in the text.
    from: usize,
    pub(super) text: String,
    /// For each escape its offset in `text`, and by how many bytes it and all before it are longer
    /// as written.
    longer: Vec<(usize, usize)>,
}

/// The character of the escape at `i` and how long it is as written.
fn escape(b: &[u8], i: usize) -> Option<(u8, usize)> {
    let (c, len) = match at(b, i) {
        b'%' => (hex(cut(b, i + 1, i + 3)).filter(|_| i + 3 <= b.len())?, 3),
        b'&' => entity(b, i)?,
        b'+' if is_form_blank(b, i) => (u32::from(b' '), 1),
        _ => return None,
    };
    let c = if c == 0xA0 { u32::from(b' ') } else { c };
    u8::try_from(c)
        .ok()
        .filter(|c| matches!(c, b'\t' | b'\n' | b'\r' | 0x20..=0x7E))
        .map(|c| (c, len))
}

fn hex(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |n: u32, &c| Some(n * 16 + char::from(c).to_digit(16)?))
}

/// `&quot;`, `&#64;`, `&#x3d;`.
fn entity(b: &[u8], i: usize) -> Option<(u32, usize)> {
    const NAMED: [(&str, char); 13] = [
        ("amp", '&'),
        ("quot", '"'),
        ("lt", '<'),
        ("gt", '>'),
        ("apos", '\''),
        ("nbsp", ' '),
        ("commat", '@'),
        ("colon", ':'),
        ("equals", '='),
        ("sol", '/'),
        ("plus", '+'),
        ("period", '.'),
        ("lowbar", '_'),
    ];
    let end = run(b, i + 1, 8, |c| c.is_ascii_alphanumeric() || c == b'#');
    if at(b, end) != b';' {
        return None;
    }
    let c = match cut(b, i + 1, end) {
        [b'#', b'x' | b'X', digits @ ..] if !digits.is_empty() => hex(digits)?,
        [b'#', digits @ ..] if !digits.is_empty() => {
            std::str::from_utf8(digits).ok()?.parse().ok()?
        }
        name => u32::from(NAMED.iter().find(|(known, _)| known.as_bytes() == name)?.1),
    };
    Some((c, end + 1 - i))
}

/// Whether the `+` at `i` is a blank of a form: between words of the value of `name=`, which
/// begins a word or follows what parts the parameters of a query.
fn is_form_blank(b: &[u8], i: usize) -> bool {
    let joins = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'%' | b'(' | b')' | b',' | b'.');
    if !joins(before(b, i)) || !joins(at(b, i + 1)) {
        return false;
    }
    let value = run_back(b, i, 128, |c| joins(c) || matches!(c, b'+' | b'-' | b'_' | b':' | b'@'));
    let name = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-' | b'.' | b'[' | b']');
    let start = run_back(b, value.saturating_sub(1), 64, name);
    before(b, value) == b'='
        && start + 1 < value
        && matches!(before(b, start), 0 | b'?' | b'&' | b';' | b'"' | b'\'' | b' ' | b'\t' | b'\n')
}

/// The words of the text in which an escape is spelled, each with the words around it.
pub(super) fn pieces(raw: &str) -> impl Iterator<Item = Unescaped<'_>> {
    let mut done = 0;
    std::iter::from_fn(move || {
        let (from, to) = next_piece(raw.as_bytes(), done)?;
        let from = (from..to).find(|&i| raw.is_char_boundary(i))?;
        let to = (to..=raw.len()).find(|&i| raw.is_char_boundary(i))?;
        done = to;
        Some(Unescaped::new(raw.get(from..to)?, from))
    })
}

/// The range of the next piece behind `done`.
fn next_piece(b: &[u8], done: usize) -> Option<(usize, usize)> {
    /// How much of the text before and behind a word says what it is.
    const AROUND: usize = 64;
    let word = |c: u8| !c.is_ascii_whitespace();
    let mut from = done;
    while let Some(n) = memchr3(b'%', b'&', b'+', cut(b, from, b.len())) {
        let mark = from + n;
        if escape(b, mark).is_some() {
            let start = run_back(b, mark, mark - done, word);
            let around = start.saturating_sub(AROUND).max(done);
            let around = if around > done { run(b, around, AROUND, word) } else { around };
            let end = run(b, mark, usize::MAX, word);
            let next = run(b, end, 4, |c| c == b' ');
            return Some((around.min(start), run(b, next, AROUND, word)));
        }
        from = mark + 1;
    }
    None
}

impl<'t> Unescaped<'t> {
    fn new(raw: &'t str, from: usize) -> Self {
        let b = raw.as_bytes();
        let mut text = String::with_capacity(raw.len());
        let mut longer: Vec<(usize, usize)> = Vec::new();
        let mut done = 0;
        let mut next = 0;
        while let Some(n) = memchr3(b'%', b'&', b'+', cut(b, next, b.len())) {
            let i = next + n;
            next = i + 1;
            if let Some((c, len)) = escape(b, i) {
                text.push_str(raw.get(done..i).unwrap_or(""));
                longer.push((text.len(), longer.last().map_or(0, |l| l.1) + len - 1));
                text.push(char::from(c));
                done = i + len;
                next = done;
            }
        }
        text.push_str(raw.get(done..).unwrap_or(""));
        Self { raw, from, text, longer }
    }

    /// The span as written in the whole text; its value is the one that was meant.
    pub(super) fn map(&self, span: Span) -> Span {
        let written = |offset: usize| {
            let before = self.longer.partition_point(|&(at, _)| at < offset);
            offset + before.checked_sub(1).and_then(|n| self.longer.get(n)).map_or(0, |l| l.1)
        };
        let (start, end) = (written(span.start), written(span.end));
        let meant = self.text.get(span.start..span.end);
        let decoded = if self.raw.get(start..end) == meant {
            span.decoded
        } else {
            span.decoded.or_else(|| meant.map(Box::from))
        };
        Span { start: start + self.from, end: end + self.from, decoded, ..span }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::class::Class;

    fn texts(raw: &str) -> Vec<String> {
        pieces(raw).map(|piece| piece.text).collect()
    }

    #[test]
    fn spans_cover_the_escapes_they_hold_and_no_others() {
        let raw = "see é%3Dab%2Fc%26d&quot;e%C3%A9 100%";
        let unescaped = pieces(raw).next().unwrap();
        assert_eq!(unescaped.text, "see é=ab/c&d\"e%C3%A9 100%");
        let mapped = |from: &str| {
            let start = unescaped.text.find(from).unwrap();
            let span = Span::new(start, start + from.len(), Class::Token, "test");
            let span = unescaped.map(span);
            (raw.get(span.start..span.end).unwrap(), span.decoded)
        };
        assert_eq!(mapped("ab/c"), ("ab%2Fc", Some("ab/c".into())));
        assert_eq!(mapped("d\"e"), ("d&quot;e", Some("d\"e".into())));
        assert_eq!(mapped("see"), ("see", None));
        assert_eq!(mapped("100%"), ("100%", None));
    }

    #[test]
    fn only_words_with_escapes_are_looked_at_again() {
        assert_eq!(texts("up 5 %3 of 100% & more + AT&T; C++ 1+1"), [""; 0]);
        assert_eq!(texts("q=a+b&c=1+%2B+2"), ["q=a b&c=1 + 2"]);
        assert_eq!(texts("x&#64;y.org &#x3d; &#xe9;"), ["x@y.org =", " &#xe9;"][..1]);
        let far = "word ".repeat(40);
        let many = texts(&format!("{far}a%20b {far}c%3Dd {far}"));
        assert_eq!(many.len(), 2);
        assert!(many.iter().all(|text| text.len() < 140), "{many:?}");
        assert!(many[0].ends_with("a b word") && many[1].ends_with("c=d word"), "{many:?}");
    }
}
