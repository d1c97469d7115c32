//! JSON text to spans in the same text: strings are decoded, looked at one by one with the name
//! they stand under, and what is found is mapped back. Nothing is re-serialised, so order,
//! numbers and white space stay as they were. Strings that hold JSON are walked in turn.

mod decoded;
mod field;
mod walk;

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::clean::{Clean, Look};
use crate::detect::bytes::before;
use crate::detect::{Scope, Span, detect_raw, merge};
use decoded::Decoded;
pub(crate) use field::never;
use walk::{End, Walker};

/// JSON inside a string inside JSON …: deeper text is looked at as plain text.
const MAX_DEPTH: u32 = 8;

/// What is looked for, and where.
pub(crate) struct Search<'a> {
    pub(crate) scope: Scope,
    pub(crate) never_store: &'a BTreeSet<String>,
    pub(crate) custom: &'a [crate::policy::Compiled],
    pub(crate) clean: &'a Clean,
}

impl Search<'_> {
    /// Spans of a whole text that may be JSON.
    pub(crate) fn whole(&self, text: &str) -> Vec<Span> {
        if self.clean.knows(Look::Json, self.scope, text) {
            return Vec::new();
        }
        let spans = self.any(text, 0);
        if spans.is_empty() {
            self.clean.add(Look::Json, self.scope, text);
        }
        spans
    }

    /// Spans of a text that may be JSON.
    pub(crate) fn any(&self, text: &str, depth: u32) -> Vec<Span> {
        let first = text.bytes().find(|c| !c.is_ascii_whitespace());
        if depth < MAX_DEPTH && matches!(first, Some(b'{' | b'[' | b'"')) {
            let mut walker = Walker::new(self, text, depth);
            let end = walker.walk();
            if end != End::Broken || walker.pos * 4 > text.len() * 3 {
                let mut spans = walker.out;
                // Cut or broken: the rest is plain text, read from the name of its first value. A
                // string that was cut has been looked at as a value.
                let from = walker.resume;
                let rest = text.get(from..).unwrap_or("");
                let found = match end {
                    End::Whole => Vec::new(),
                    End::InString => self.raw(rest),
                    End::Never | End::Broken => self.plain(rest, depth),
                };
                spans.extend(found.into_iter().map(|s| shift(s, from)));
                return merge(text, spans);
            }
        }
        self.plain(text, depth)
    }

    /// Spans of a text that is not JSON, but may hold JSON's escapes.
    pub(crate) fn plain(&self, text: &str, depth: u32) -> Vec<Span> {
        let mut spans = self.raw(text);
        let escaped = depth < MAX_DEPTH && is_escaped(text.as_bytes());
        if escaped {
            let decoded = Decoded::new(text);
            spans.extend(self.any(&decoded.text, depth + 1).into_iter().map(|s| decoded.map(s)));
            spans = merge(text, spans);
        }
        spans
    }

    fn raw(&self, text: &str) -> Vec<Span> {
        if self.clean.knows(Look::Raw, self.scope, text) {
            return Vec::new();
        }
        let mut spans = detect_raw(text, self.scope);
        if !self.custom.is_empty() {
            for detector in self.custom {
                for found in detector.pattern.captures_iter(text) {
                    let Some(hit) = found.name("value").or_else(|| found.get(0)) else { continue };
                    let mut span = Span::new(hit.start(), hit.end(), detector.class.clone(), "");
                    span.detector = Cow::Owned(detector.name.clone());
                    spans.push(span);
                }
            }
            spans = merge(text, spans);
        }
        if spans.is_empty() {
            self.clean.add(Look::Raw, self.scope, text);
        }
        spans
    }
}

/// Whether the text holds escapes that hide marks: `\"`, `\u00`, `\x22`, `:\/`, `1\/2`.
fn is_escaped(b: &[u8]) -> bool {
    memchr::memchr_iter(b'\\', b).any(|n| match b.get(n + 1..) {
        Some([b'"', ..] | [b'u', b'0', b'0', ..] | [b'x', b'2'..=b'7', ..]) => true,
        Some([b'/', next, ..]) => {
            let last = before(b, n);
            last == b':' || last.is_ascii_digit() && next.is_ascii_digit()
        }
        _ => false,
    })
}

fn shift(mut span: Span, by: usize) -> Span {
    span.start += by;
    span.end += by;
    span
}
