//! JSON strings without their escapes, and the way back.

use crate::detect::Span;
use crate::detect::bytes::{at, cut};

/// A string without its escapes, and where each piece of it came from.
pub(super) struct Decoded {
    pub(super) text: String,
    /// Pairs (offset decoded, offset raw) at which the distance between both changes.
    turns: Vec<(usize, usize)>,
}

impl Decoded {
    pub(super) fn new(raw: &str) -> Self {
        let b = raw.as_bytes();
        let mut text = String::with_capacity(raw.len());
        let mut turns = vec![(0, 0)];
        let mut i = 0;
        while let Some(n) = memchr::memchr(b'\\', cut(b, i, b.len())) {
            text.push_str(raw.get(i..i + n).unwrap_or(""));
            i += n;
            let (c, len) = unescape(b, i);
            turns.push((text.len(), i));
            text.push(c);
            i += len;
            while !raw.is_char_boundary(i) {
                i += 1;
            }
            turns.push((text.len(), i));
        }
        text.push_str(raw.get(i..).unwrap_or(""));
        Self { text, turns }
    }

    fn raw_offset(&self, offset: usize) -> usize {
        let after = self.turns.partition_point(|&(decoded, _)| decoded <= offset);
        let (decoded, raw) = self.turns.get(after.saturating_sub(1)).copied().unwrap_or((0, 0));
        raw + (offset - decoded)
    }

    pub(super) fn map(&self, span: Span) -> Span {
        let value = self.text.get(span.start..span.end).map(Box::from);
        let (start, end) = (self.raw_offset(span.start), self.raw_offset(span.end));
        let decoded = if end - start == span.end - span.start {
            span.decoded
        } else {
            span.decoded.or(value)
        };
        Span { start, end, decoded, ..span }
    }
}

/// The character of the escape at `i` and the escape's length; what is no escape stands for itself.
fn unescape(b: &[u8], i: usize) -> (char, usize) {
    let simple = |c| (c, 2);
    match at(b, i + 1) {
        b'n' => simple('\n'),
        b't' => simple('\t'),
        b'r' => simple('\r'),
        b'b' => simple('\u{8}'),
        b'f' => simple('\u{c}'),
        c @ (b'"' | b'\\' | b'/') => simple(char::from(c)),
        // Not JSON's, but of logs and programs: `\x22` for a quote.
        b'x' => {
            let hex = std::str::from_utf8(cut(b, i + 2, i + 4)).ok();
            let code = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
            code.filter(|c| matches!(c, 0x20..=0x7E)).map_or(('\\', 1), |c| (char::from(c), 4))
        }
        b'u' => {
            let unit = |i: usize| {
                let hex = cut(b, i, i + 4);
                let text = std::str::from_utf8(hex).ok()?;
                (hex.len() == 4).then(|| u32::from_str_radix(text, 16).ok()).flatten()
            };
            match unit(i + 2) {
                Some(high @ 0xD800..=0xDBFF) if at(b, i + 6) == b'\\' && at(b, i + 7) == b'u' => {
                    match unit(i + 8) {
                        Some(low @ 0xDC00..=0xDFFF) => {
                            let code = 0x1_0000 + ((high - 0xD800) << 10) + (low - 0xDC00);
                            (char::from_u32(code).unwrap_or('\u{FFFD}'), 12)
                        }
                        _ => ('\u{FFFD}', 6),
                    }
                }
                Some(code) => (char::from_u32(code).unwrap_or('\u{FFFD}'), 6),
                None => ('\\', 1),
            }
        }
        _ => ('\\', 1),
    }
}
