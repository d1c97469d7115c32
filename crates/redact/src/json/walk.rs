//! One pass over the tokens of a JSON text.

use super::decoded::Decoded;
use super::field::{self, Field, never, whole};
use super::{Search, shift};
use crate::class::Class;
use crate::detect::bytes::{at, cut, run};
use crate::detect::{Quoting, Scope, Span, is_plain_word};

struct Frame {
    object: bool,
    /// Where the current member's name starts, for context.
    key_start: usize,
    field: Field,
    announced: Field,
    /// Whether the object stands under a name of cookies.
    jar: bool,
}

impl Frame {
    fn holds_cookies(&self) -> bool {
        let field = if matches!(self.field, Field::Value) { &self.announced } else { &self.field };
        matches!(field, Field::Secret(kind) if kind.class == Class::Cookie)
    }
}

pub(super) struct Walker<'a> {
    search: &'a Search<'a>,
    text: &'a str,
    depth: u32,
    pub(super) pos: usize,
    /// Start of the last token, from which a broken document is read as text.
    pub(super) token: usize,
    pub(super) out: Vec<Span>,
}

impl<'a> Walker<'a> {
    pub(super) fn new(search: &'a Search<'a>, text: &'a str, depth: u32) -> Self {
        Self { search, text, depth, pos: 0, token: 0, out: Vec::new() }
    }

    fn blank(&mut self) -> u8 {
        let b = self.text.as_bytes();
        self.pos = run(b, self.pos, usize::MAX, |c| matches!(c, b' ' | b'\n' | b'\r' | b'\t'));
        self.token = self.pos;
        at(b, self.pos)
    }

    /// Walks one or more documents; false where the text stops being JSON.
    pub(super) fn walk(&mut self) -> bool {
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
                let frame_key = self.member(c, frame.jar);
                let Some((start, field)) = frame_key else { return false };
                frame.key_start = start;
                frame.field = match field {
                    (Field::Plain, name) if frame.jar => Field::Jar(name),
                    (field, _) => field,
                };
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
                    let jar = object && stack.last().is_some_and(Frame::holds_cookies);
                    stack.push(Frame {
                        object,
                        key_start: self.pos,
                        field: if object { Field::Plain } else { inherited.clone() },
                        announced: match inherited {
                            Field::Plain if jar => Field::Jar(String::new()),
                            inherited if object => inherited,
                            _ => Field::Plain,
                        },
                        jar,
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
    fn member(&mut self, c: u8, jar: bool) -> Option<(usize, (Field, String))> {
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
        let kept = if jar { name.to_owned() } else { String::new() };
        Some((start - 1, (field::of(self.search, name), kept)))
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
            frame.announced = match field::of(self.search, value) {
                Field::Plain if frame.jar => Field::Jar(value.to_owned()),
                field => field,
            };
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
            || literal.matches('.').count() > 1
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
