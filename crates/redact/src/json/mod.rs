//! JSON text to spans in the same text: strings are decoded, looked at one by one with the name
//! they stand under, and what is found is mapped back. Nothing is re-serialised, so order,
//! numbers and white space stay as they were. Strings that hold JSON are walked in turn.

mod decoded;
mod field;
mod walk;

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::clean::{Clean, Look};
use crate::detect::{Scope, Span, detect_raw, merge};
use decoded::Decoded;
pub(crate) use field::never;
use walk::Walker;

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
            let done = walker.walk();
            if done || walker.pos * 4 > text.len() * 3 {
                let mut spans = walker.out;
                if !done {
                    // Cut or broken: the rest is plain text.
                    let from = walker.token;
                    let rest = text.get(from..).unwrap_or("");
                    spans.retain(|span| span.end <= from);
                    spans.extend(self.plain(rest, depth).into_iter().map(|s| shift(s, from)));
                }
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

/// Whether the text holds `\"` or `\u00`.
fn is_escaped(b: &[u8]) -> bool {
    memchr::memchr_iter(b'\\', b)
        .any(|n| matches!(b.get(n + 1..), Some([b'"', ..] | [b'u', b'0', b'0', ..])))
}

fn shift(mut span: Span, by: usize) -> Span {
    span.start += by;
    span.end += by;
    span
}
