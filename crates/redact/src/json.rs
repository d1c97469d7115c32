//! JSON text to spans in the same text: strings are decoded, looked at one by one with the name
//! they stand under, and what is found is mapped back. Nothing is re-serialised, so order,
//! numbers and white space stay as they were. Strings that hold JSON are walked in turn.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::class::Class;
use crate::detect::bytes::{at, cut, run};
use crate::detect::keys::{self, KeyKind};
use crate::detect::value::{Mix, is_placeholder, is_random};
use crate::detect::{Quoting, Scope, Span, detect_raw, is_plain_word, merge};

/// JSON inside a string inside JSON …: deeper text is looked at as plain text.
const MAX_DEPTH: u32 = 8;

/// What is looked for, and where.
pub(crate) struct Search<'a> {
    pub(crate) scope: Scope,
    pub(crate) never_store: &'a BTreeSet<String>,
    pub(crate) custom: &'a [crate::policy::Compiled],
}

impl Search<'_> {
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
        let escaped = depth < MAX_DEPTH && (text.contains("\\\"") || text.contains("\\u00"));
        if escaped {
            let decoded = Decoded::new(text);
            spans.extend(self.any(&decoded.text, depth + 1).into_iter().map(|s| decoded.map(s)));
            spans = merge(text, spans);
        }
        spans
    }

    fn raw(&self, text: &str) -> Vec<Span> {
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
        spans
    }
}

fn shift(mut span: Span, by: usize) -> Span {
    span.start += by;
    span.end += by;
    span
}

/// A string without its escapes, and where each piece of it came from.
struct Decoded {
    text: String,
    /// Pairs (offset decoded, offset raw) at which the distance between both changes.
    turns: Vec<(usize, usize)>,
}

impl Decoded {
    fn new(raw: &str) -> Self {
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

    fn map(&self, span: Span) -> Span {
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

/// What the name of a member says about its value.
#[derive(Debug, Clone)]
enum Field {
    Plain,
    Secret(KeyKind),
    Personal(Class),
    Never,
    /// `"key"`, `"name"`: the value is itself a name, of the sibling `"value"`.
    Name,
    /// `"value"`, `"stringValue"`: takes what a sibling announced.
    Value,
}

struct Frame {
    object: bool,
    /// Where the current member's name starts, for context.
    key_start: usize,
    field: Field,
    announced: Field,
}

struct Walker<'a> {
    search: &'a Search<'a>,
    text: &'a str,
    depth: u32,
    pos: usize,
    /// Start of the last token, from which a broken document is read as text.
    token: usize,
    out: Vec<Span>,
}

impl<'a> Walker<'a> {
    fn new(search: &'a Search<'a>, text: &'a str, depth: u32) -> Self {
        Self { search, text, depth, pos: 0, token: 0, out: Vec::new() }
    }

    fn blank(&mut self) -> u8 {
        let b = self.text.as_bytes();
        self.pos = run(b, self.pos, usize::MAX, |c| matches!(c, b' ' | b'\n' | b'\r' | b'\t'));
        self.token = self.pos;
        at(b, self.pos)
    }

    /// Walks one or more documents; false where the text stops being JSON.
    fn walk(&mut self) -> bool {
        let mut stack: Vec<Frame> = Vec::new();
        loop {
            let c = self.blank();
            if self.pos >= self.text.len() {
                return stack.is_empty();
            }
            if let Some(frame) = stack.last_mut()
                && frame.object
                && c != b'}'
            {
                let frame_key = self.member(c);
                let Some((start, field)) = frame_key else { return false };
                frame.key_start = start;
                frame.field = field;
            }
            let c = self.blank();
            match c {
                b'{' | b'[' => {
                    let inherited =
                        stack.last().map_or(Field::Plain, |f| match (&f.field, f.object, c) {
                            // `"cookies": ["a", "b"]` and OTLP's {"key":…,"value":{"stringValue":…}}.
                            (Field::Value, ..) => f.announced.clone(),
                            (field @ Field::Never, ..) | (field, _, b'[') => field.clone(),
                            _ => Field::Plain,
                        });
                    let object = c == b'{';
                    stack.push(Frame {
                        object,
                        key_start: self.pos,
                        field: if object { Field::Plain } else { inherited.clone() },
                        announced: if object { inherited } else { Field::Plain },
                    });
                    self.pos += 1;
                    // An empty container is closed below, like one after its last value.
                    let close = if object { b'}' } else { b']' };
                    if self.blank() != close {
                        continue;
                    }
                }
                b'"' => {
                    let Some((start, end, escapes)) = self.string() else { return false };
                    self.value_string(stack.last_mut(), start, end, escapes);
                }
                _ => {
                    if !self.literal(stack.last()) {
                        return false;
                    }
                }
            }
            // After a value: commas and closings.
            loop {
                let c = self.blank();
                match (c, stack.last().map(|f| f.object)) {
                    (b',', Some(_)) => {
                        self.pos += 1;
                        if matches!(self.blank(), b'}' | b']' | b',') {
                            return false;
                        }
                        break;
                    }
                    (b'}', Some(true)) | (b']', Some(false)) => {
                        self.pos += 1;
                        stack.pop();
                    }
                    (_, None) => break,
                    _ => return false,
                }
            }
        }
    }

    /// A member's name and its colon.
    fn member(&mut self, c: u8) -> Option<(usize, Field)> {
        if c != b'"' {
            return None;
        }
        let (start, end, escapes) = self.string()?;
        let raw = self.text.get(start..end)?;
        let decoded = escapes.then(|| Decoded::new(raw));
        let name = decoded.as_ref().map_or(raw, |d| d.text.as_str());
        if !is_plain_word(name.as_bytes()) {
            let spans = self.search.raw(name);
            self.push(spans, start, decoded.as_ref());
        }
        if self.blank() != b':' {
            return None;
        }
        self.pos += 1;
        Some((start - 1, self.field(name)))
    }

    fn field(&self, name: &str) -> Field {
        if self.search.never_store.contains(name) {
            return Field::Never;
        }
        match name {
            "key" | "name" | "Name" | "Key" | "header" => return Field::Name,
            "value" | "Value" | "stringValue" | "string_value" | "values" | "arrayValue" => {
                return Field::Value;
            }
            "role" | "content" | "type" | "text" | "id" | "parts" | "messages" => {
                return Field::Plain;
            }
            _ => {}
        }
        if let Some(kind) = keys::classify(name.as_bytes()) {
            return Field::Secret(kind);
        }
        if self.search.scope == Scope::All
            && let Some(class) = keys::personal(name)
        {
            return Field::Personal(class);
        }
        Field::Plain
    }

    /// Content range of the string at `pos`, and whether it has escapes.
    fn string(&mut self) -> Option<(usize, usize, bool)> {
        let b = self.text.as_bytes();
        let start = self.pos + 1;
        let mut i = start;
        let mut escapes = false;
        loop {
            let n = memchr::memchr2(b'"', b'\\', cut(b, i, b.len()))?;
            i += n;
            if at(b, i) == b'"' {
                self.pos = i + 1;
                return Some((start, i, escapes));
            }
            escapes = true;
            i += 2;
        }
    }

    fn push(&mut self, spans: Vec<Span>, base: usize, decoded: Option<&Decoded>) {
        for span in spans {
            let span = decoded.map_or_else(|| span.clone(), |d| d.map(span.clone()));
            self.out.push(shift(span, base));
        }
    }

    fn value_string(&mut self, frame: Option<&mut Frame>, start: usize, end: usize, escapes: bool) {
        let raw = self.text.get(start..end).unwrap_or("");
        let key_start = frame.as_ref().map_or(start, |f| f.key_start);
        let decoded = escapes.then(|| Decoded::new(raw));
        let value = decoded.as_ref().map_or(raw, |d| d.text.as_str());
        let mut field = frame.as_ref().map_or(Field::Plain, |f| match &f.field {
            Field::Value => f.announced.clone(),
            field => field.clone(),
        });
        if let (Field::Name, Some(frame)) = (&field, frame) {
            frame.announced = self.field(value);
            field = Field::Plain;
        }
        if let Some(span) = whole(&field, value) {
            let spans = vec![span];
            self.push(spans, start, decoded.as_ref());
            // What else the value shows is united with it.
            return;
        }
        if is_plain_word(value.as_bytes()) {
            return;
        }
        // Short values are looked at with their name, which says what digits mean.
        let short = value.len() <= 80 && key_start + 1 < start && start - key_start <= 80;
        let spans =
            if short && decoded.is_none() && !matches!(value.as_bytes().first(), Some(b'{' | b'['))
            {
                let from = key_start;
                let window = self.text.get(from..end + 1).unwrap_or(value);
                let inner = self.search.raw(window).into_iter().filter(|s| s.start + from >= start);
                let spans: Vec<Span> = inner.map(|s| shift(s, from)).collect();
                self.out.extend(spans.into_iter().map(|mut s| {
                    s.end = s.end.min(end);
                    s
                }));
                return;
            } else {
                self.search.any(value, self.depth + 1)
            };
        self.push(spans, start, decoded.as_ref());
    }

    /// Numbers, true, false, null.
    fn literal(&mut self, frame: Option<&Frame>) -> bool {
        let b = self.text.as_bytes();
        let start = self.pos;
        let end =
            run(b, start, 1024, |c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'+' | b'.'));
        let literal = self.text.get(start..end).unwrap_or("");
        let number = literal.bytes().next().is_some_and(|c| c == b'-' || c.is_ascii_digit());
        if !number {
            self.pos = end;
            return matches!(literal, "true" | "false" | "null");
        }
        if !literal
            .bytes()
            .all(|c| c.is_ascii_digit() || matches!(c, b'-' | b'+' | b'.' | b'e' | b'E'))
        {
            return false;
        }
        self.pos = end;
        let Some(frame) = frame else { return true };
        let field = match &frame.field {
            Field::Value => &frame.announced,
            field => field,
        };
        let digits = literal.bytes().filter(u8::is_ascii_digit).count();
        let hit = match field {
            Field::Never => Some(Span::new(start, end, never(), "never_store")),
            Field::Secret(kind) if kind.strong && kind.class == Class::Password && digits >= 4 => {
                Some(Span::new(start, end, Class::Password, "json_field"))
            }
            Field::Secret(kind) if kind.strong && digits >= 8 => {
                Some(Span::new(start, end, kind.class.clone(), "json_field"))
            }
            Field::Personal(class) if digits >= 7 => {
                Some(Span::new(start, end, class.clone(), "json_field"))
            }
            _ if digits >= 7 && self.search.scope == Scope::All && !literal.contains('.') => {
                let from = frame.key_start.max(start.saturating_sub(80));
                let window = self.text.get(from..end).unwrap_or("");
                self.search
                    .raw(window)
                    .into_iter()
                    .find(|s| s.start + from == start && s.end + from == end)
                    .map(|s| shift(s, from))
            }
            _ => None,
        };
        if let Some(mut span) = hit {
            span.quoting = Quoting::Depth(self.depth);
            self.out.push(span);
        }
        true
    }
}

/// The class of values that a policy never stores; they are dropped.
pub(crate) fn never() -> Class {
    Class::Custom("never_store".into())
}

/// The whole value, where the name alone decides.
fn whole(field: &Field, value: &str) -> Option<Span> {
    let b = value.as_bytes();
    let span = |start, class: &Class| Some(Span::new(start, b.len(), class.clone(), "json_field"));
    match field {
        Field::Never if !b.is_empty() => Some(Span::new(0, b.len(), never(), "never_store")),
        Field::Secret(kind) => {
            let mut from = 0;
            for scheme in ["bearer ", "basic ", "token ", "apikey ", "digest ", "ssws ", "key "] {
                if b.get(..scheme.len()).is_some_and(|h| h.eq_ignore_ascii_case(scheme.as_bytes()))
                {
                    from = scheme.len();
                }
            }
            let secret = cut(b, from, b.len());
            if is_placeholder(secret)
                || b.windows(9).any(|w| w == b"-----BEGIN") && kind.class != Class::PrivateKey
            {
                return None;
            }
            let words = secret.split(|c| *c == b' ').filter(|w| w.len() > 1).count();
            let prose = words > 3 && kind.class != Class::Cookie;
            let fits = if kind.strong {
                let mix = Mix::of(secret);
                !prose
                    && (kind.class == Class::Password
                        || kind.class == Class::Cookie
                        || mix.digit > 0 && secret.len() >= 4
                        || secret.len() >= 12 && words == 1)
            } else {
                is_random(secret)
            };
            if !fits {
                return None;
            }
            let known = detect_raw(value, Scope::Secrets);
            let class = known
                .iter()
                .find(|s| s.start <= from && s.end + 1 >= b.len())
                .map_or(&kind.class, |s| &s.class);
            span(from, class)
        }
        Field::Personal(class) => {
            let mix = Mix::of(b);
            let least = match class {
                Class::Address => 1,
                Class::GovId => 5,
                _ => 7,
            };
            (mix.digit >= least && b.len() <= 200 && b.len() >= 6 && !is_placeholder(b))
                .then(|| span(0, class))
                .flatten()
        }
        _ => None,
    }
}
