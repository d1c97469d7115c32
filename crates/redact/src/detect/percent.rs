//! Text without the escapes of URLs. A parameter inside a parameter, a form in a log line, a
//! callback's address spell `client_secret=X` as `client_secret%3DX`: names, marks and values are
//! found in the text that was meant, and mapped back to the text that was written.

use memchr::memchr;

use super::Span;
use super::bytes::{at, cut};

/// A text whose escapes of printable ASCII are undone; all others stay as they are.
pub(super) struct Unescaped {
    pub(super) text: String,
    /// Offsets in `text` of what was an escape, in order. Each is two bytes longer as written.
    escapes: Vec<usize>,
}

/// The character of the escape at `i`.
fn escape(b: &[u8], i: usize) -> Option<u8> {
    let digit = |c: u8| char::from(c).to_digit(16);
    let code = digit(at(b, i + 1))? << 4 | digit(at(b, i + 2))?;
    u8::try_from(code).ok().filter(|c| matches!(c, 0x20..=0x7E))
}

/// Whether an escape of a mark that joins names and values begins at one of the text's `%`.
fn is_marked(b: &[u8]) -> bool {
    let mut from = 0;
    while let Some(n) = memchr(b'%', cut(b, from, b.len())) {
        if matches!(escape(b, from + n), Some(b'=' | b':' | b'"' | b'%' | b'/' | b'&')) {
            return true;
        }
        from += n + 1;
    }
    false
}

impl Unescaped {
    /// The text as it was meant, if it spells marks as escapes.
    pub(super) fn new(raw: &str) -> Option<Self> {
        let b = raw.as_bytes();
        if !is_marked(b) {
            return None;
        }
        let mut text = String::with_capacity(raw.len());
        let mut escapes = Vec::new();
        let mut done = 0;
        let mut from = 0;
        while let Some(n) = memchr(b'%', cut(b, from, b.len())) {
            let i = from + n;
            from = i + 1;
            if let Some(c) = escape(b, i) {
                text.push_str(raw.get(done..i).unwrap_or(""));
                escapes.push(text.len());
                text.push(char::from(c));
                done = i + 3;
                from = done;
            }
        }
        text.push_str(raw.get(done..).unwrap_or(""));
        Some(Self { text, escapes })
    }

    /// The span as written; its value is the one that was meant.
    pub(super) fn map(&self, span: Span) -> Span {
        let written = |offset: usize| offset + 2 * self.escapes.partition_point(|&e| e < offset);
        let (start, end) = (written(span.start), written(span.end));
        let decoded = if end - start == span.end - span.start {
            span.decoded
        } else {
            span.decoded.or_else(|| self.text.get(span.start..span.end).map(Box::from))
        };
        Span { start, end, decoded, ..span }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::class::Class;

    #[test]
    fn spans_cover_the_escapes_they_hold_and_no_others() {
        let raw = "é%3Dab%2Fc%26d %C3%A9 100%";
        let unescaped = Unescaped::new(raw).unwrap();
        assert_eq!(unescaped.text, "é=ab/c&d %C3%A9 100%");
        let span = Span::new(3, 7, Class::Token, "test");
        let mapped = unescaped.map(span);
        assert_eq!(raw.get(mapped.start..mapped.end), Some("ab%2Fc"));
        assert_eq!(mapped.decoded.as_deref(), Some("ab/c"));
        assert!(Unescaped::new("up 5 %3 of 100%20s").is_none());
    }
}
