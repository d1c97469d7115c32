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
    under: Under,
    /// Values that stand before their name.
    early: Vec<Early>,
}

/// What the name over a container says about all in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Under {
    Plain,
    Cookies,
    NeverStore,
    /// The object around has not told the name yet.
    Untold,
}

/// A value that stands before its name: `{"value": "X", "name": "db_password"}`.
#[derive(Clone, Copy)]
struct Early {
    start: usize,
    end: usize,
    /// Whether it is a string.
    quoted: bool,
}

/// How a walk ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Whole,
    /// Inside a string that is a value; it was looked at as one.
    InString,
    /// In a value that is never stored; it was taken to the end of the text.
    Never,
    Broken,
}

impl Frame {
    /// Whether the current value's name may follow it.
    fn is_early(&self) -> bool {
        let open = match &self.announced {
            Field::Plain => true,
            Field::Jar(name) => name.is_empty(),
            _ => false,
        };
        if self.object {
            matches!(self.field, Field::Value) && open
        } else {
            self.under == Under::Untold
        }
    }

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
    /// Start of the last token.
    token: usize,
    /// Where a document that is cut or broken is read on as text: at the name of the value that is
    /// no value.
    pub(super) resume: usize,
    pub(super) out: Vec<Span>,
}

impl<'a> Walker<'a> {
    pub(super) fn new(search: &'a Search<'a>, text: &'a str, depth: u32) -> Self {
        Self { search, text, depth, pos: 0, token: 0, resume: 0, out: Vec::new() }
    }

    fn blank(&mut self) -> u8 {
        let b = self.text.as_bytes();
        self.pos = run(b, self.pos, usize::MAX, |c| matches!(c, b' ' | b'\n' | b'\r' | b'\t'));
        self.token = self.pos;
        at(b, self.pos)
    }

    /// Walks one or more documents, as far as the text is JSON.
    pub(super) fn walk(&mut self) -> End {
        let mut stack: Vec<Frame> = Vec::new();
        let end = self.documents(&mut stack);
        if end == End::Whole {
            self.resume = self.text.len();
            return end;
        }
        let named = stack.iter().rev().find(|frame| frame.object);
        self.resume = named.map_or(self.token, |frame| frame.key_start);
        if end == End::Broken && stack.last().is_some_and(|f| matches!(f.field, Field::Never)) {
            self.out.push(Span::new(self.token, self.text.len(), never(), "never_store"));
            return End::Never;
        }
        end
    }

    fn documents(&mut self, stack: &mut Vec<Frame>) -> End {
        loop {
            let c = self.blank();
            if self.pos >= self.text.len() {
                return if stack.is_empty() { End::Whole } else { End::Broken };
            }
            if let Some(frame) = stack.last_mut()
                && frame.object
                && c != b'}'
            {
                let frame_key = self.member(c, frame.under == Under::Cookies);
                let Some((start, field)) = frame_key else { return End::Broken };
                frame.key_start = start;
                frame.field = match field {
                    _ if frame.under == Under::NeverStore => Field::Never,
                    (Field::Plain, name) if frame.under == Under::Cookies => Field::Jar(name),
                    (field, _) => field,
                };
            }
            match self.blank() {
                c @ (b'{' | b'[') => {
                    stack.push(self.open(c == b'{', stack.last()));
                    self.pos += 1;
                    // An empty container is closed below, like one after its last value.
                    let close = if c == b'{' { b'}' } else { b']' };
                    if self.blank() != close {
                        continue;
                    }
                }
                b'"' => {
                    let start = self.pos + 1;
                    let Some((start, end, escapes)) = self.string() else {
                        let Some(frame) = stack.last_mut() else { return End::Broken };
                        let end = self.text.len();
                        self.pos = end;
                        self.value_string(Some(frame), start, end, true);
                        return End::InString;
                    };
                    self.value_string(stack.last_mut(), start, end, escapes);
                }
                _ => {
                    if !self.literal(stack.last_mut()) {
                        return End::Broken;
                    }
                }
            }
            if !self.close(stack) {
                return End::Broken;
            }
        }
    }

    /// A container that begins at `pos`, under the current member of the one around.
    fn open(&self, object: bool, around: Option<&Frame>) -> Frame {
        let inherited = around.map_or(Field::Plain, |f| match (&f.field, f.object) {
            // `"cookies": ["a", "b"]` and OTLP's {"key":…,"value":{"stringValue":…}}.
            (Field::Value, _) => f.announced.clone(),
            (field @ Field::Never, _) => field.clone(),
            (field, _) if !object => field.clone(),
            _ => Field::Plain,
        });
        let under = match &inherited {
            Field::Never => Under::NeverStore,
            _ if object && around.is_some_and(Frame::holds_cookies) => Under::Cookies,
            _ if around.is_some_and(Frame::is_early) => Under::Untold,
            _ => Under::Plain,
        };
        Frame {
            object,
            key_start: self.pos,
            field: if object { Field::Plain } else { inherited.clone() },
            announced: match inherited {
                Field::Plain if under == Under::Cookies => Field::Jar(String::new()),
                inherited if object => inherited,
                _ => Field::Plain,
            },
            under,
            early: Vec::new(),
        }
    }

    /// Commas and closings after a value; false where something else stands.
    fn close(&mut self, stack: &mut Vec<Frame>) -> bool {
        loop {
            let c = self.blank();
            match (c, stack.last().map(|f| f.object)) {
                (b',', Some(_)) => {
                    self.pos += 1;
                    return !matches!(self.blank(), b'}' | b']' | b',');
                }
                (b'}', Some(true)) | (b']', Some(false)) => {
                    self.pos += 1;
                    let Some(mut closed) = stack.pop() else { return false };
                    if let Some(around) = stack.last_mut().filter(|_| closed.under == Under::Untold)
                    {
                        // The shorter list goes into the longer, however deep the values lie.
                        if closed.early.len() > around.early.len() {
                            std::mem::swap(&mut closed.early, &mut around.early);
                        }
                        around.early.append(&mut closed.early);
                    }
                }
                (_, None) => return true,
                _ => return false,
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
        if let Some(frame) = frame {
            if matches!(field, Field::Name) {
                frame.announced = match field::of(self.search, value) {
                    Field::Plain if frame.under == Under::Cookies => Field::Jar(value.to_owned()),
                    field => field,
                };
                field = Field::Plain;
                for early in std::mem::take(&mut frame.early) {
                    self.judge(&frame.announced, early);
                }
            } else if frame.is_early() {
                frame.early.push(Early { start, end, quoted: true });
            }
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

    /// A value whose name came after it.
    fn judge(&mut self, field: &Field, early: Early) {
        let Early { start, end, quoted } = early;
        let raw = self.text.get(start..end).unwrap_or("");
        if !quoted {
            self.out.extend(self.bare(field, start, end));
            return;
        }
        let decoded = raw.contains('\\').then(|| Decoded::new(raw));
        let value = decoded.as_ref().map_or(raw, |d| d.text.as_str());
        let span = whole(field, value);
        self.push(span.into_iter().collect(), start, decoded.as_ref());
    }

    /// Numbers, true, false, null.
    fn literal(&mut self, frame: Option<&mut Frame>) -> bool {
        let b = self.text.as_bytes();
        let start = self.pos;
        let end =
            run(b, start, 1024, |c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'+' | b'.'));
        let literal = self.text.get(start..end).unwrap_or("");
        let number = literal.bytes().next().is_some_and(|c| c == b'-' || c.is_ascii_digit());
        if number {
            let digits =
                |c: u8| c.is_ascii_digit() || matches!(c, b'-' | b'+' | b'.' | b'e' | b'E');
            if !literal.bytes().all(digits) || literal.matches('.').count() > 1 {
                return false;
            }
        } else if !matches!(literal, "true" | "false" | "null") {
            return false;
        }
        self.pos = end;
        let Some(frame) = frame else { return true };
        if frame.is_early() {
            frame.early.push(Early { start, end, quoted: false });
        }
        let field = match &frame.field {
            Field::Value => &frame.announced,
            field => field,
        };
        let digits = literal.bytes().filter(u8::is_ascii_digit).count();
        let mut hit = self.bare(field, start, end);
        if hit.is_none() && digits >= 7 && self.search.scope == Scope::All && !literal.contains('.')
        {
            let from = frame.key_start.max(start.saturating_sub(80));
            let window = self.text.get(from..end).unwrap_or("");
            let found = self.search.raw(window).into_iter();
            hit = found.map(|s| shift(s, from)).find(|s| s.start == start && s.end == end);
        }
        self.out.extend(hit.map(|mut span| {
            span.quoting = Quoting::Depth(self.depth);
            span
        }));
        true
    }

    /// What the name alone says about the literal at `start..end`.
    fn bare(&self, field: &Field, start: usize, end: usize) -> Option<Span> {
        let literal = self.text.get(start..end).unwrap_or("");
        let digits = literal.bytes().filter(u8::is_ascii_digit).count();
        let (class, detector) = match field {
            Field::Never if literal != "null" => (never(), "never_store"),
            Field::Secret(kind) if kind.strong && kind.class == Class::Password && digits >= 4 => {
                (Class::Password, "json_field")
            }
            Field::Secret(kind) if kind.strong && digits >= 8 => (kind.class.clone(), "json_field"),
            Field::Personal(class) if digits >= 7 => (class.clone(), "json_field"),
            _ => return None,
        };
        let mut span = Span::new(start, end, class, detector);
        span.quoting = Quoting::Depth(self.depth);
        Some(span)
    }
}
