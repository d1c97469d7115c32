//! Values that are secret because of the name before them: assignments, headers, prose.

mod adjacent;
mod foreign;
mod join;
mod password;

use super::Hit;
use super::bytes::{at, before, contains_ci, cut, is_word, run, run_back};
use super::keys::{self, KeyKind};
use super::value::{Mix, is_keyed_secret, is_path, is_placeholder, is_random, is_sample, is_uuid};
use crate::class::Class;
pub(crate) use adjacent::adjacent;
pub(crate) use foreign::{KEYS as FOREIGN_KEYS, foreign_key};
use join::{Join, value_after, whole_value};
pub(crate) use password::{FOREIGN, foreign};
use password::{password, prose_only};

const NAME_BYTES: usize = 80;

fn is_name(c: u8) -> bool {
    is_word(c) || c == b'-' || c == b'.'
}

/// Looks at the name around the keyword at `start..end`. Returns where the name ends, so that
/// several keywords in one name are looked at once, and pushes what it finds.
pub(crate) fn scan(b: &[u8], start: usize, end: usize, out: &mut Vec<Hit>) -> usize {
    let mut name_start = run_back(b, start, NAME_BYTES, is_name);
    if at(b, name_start) == b'n' && before(b, name_start) == b'\\' && name_start < start {
        name_start += 1;
    }
    // Some words are looked for with what follows the name: `pw=`, `auth:`.
    let end = if is_name(before(b, end)) { end } else { end - 1 };
    let name_end = run(b, end, NAME_BYTES, is_name);
    let trimmed = cut(b, name_start, name_end);
    let Some(kind) = keys::classify(trimmed) else {
        let known = out.len();
        prose_only(b, start, name_end, out);
        if out.len() == known && !keys::is_harmless(trimmed) {
            adjacent(b, start, end, out);
        }
        return name_end;
    };
    // `my api key is X`: the word before makes the name certain.
    let alone = kind.strong;
    let kind = if alone { kind } else { with_word_before(b, name_start, name_end, kind) };
    if kind.class == Class::Cookie {
        return name_end; // the cookie scanner masks values, not names and attributes
    }
    let known = out.len();
    let value = value_after(b, name_start, name_end).filter(|&((from, to), _, quoted)| {
        // "pass `filter` on" is a verb and its object.
        let verb = trimmed.eq_ignore_ascii_case(b"pass") && quoted;
        let joined = cut(b, name_end, from).iter().any(|c| matches!(c, b':' | b'='));
        !verb || joined || cut(b, from, to).iter().any(u8::is_ascii_digit)
    });
    if let Some((value, join, quoted)) = value {
        // "the API key X": in prose only what looks like a key is one.
        let judged =
            KeyKind { strong: kind.strong && (alone || join != Join::Prose), ..kind.clone() };
        judge(b, name_start, &judged, value, join, quoted, out);
    }
    if kind.class == Class::Password && out.len() == known {
        prose_only(b, start, name_end, out);
    } else if out.len() == known {
        said(b, name_end, &kind, out);
        if out.len() == known {
            adjacent(b, start, end, out);
        }
    }
    // Names in what was found need no look of their own.
    out.get(known..).into_iter().flatten().map(|hit| hit.end).fold(name_end, usize::max)
}

/// The kind of a name of two words, where that is more certain than the last word alone.
fn with_word_before(b: &[u8], name_start: usize, name_end: usize, kind: KeyKind) -> KeyKind {
    if before(b, name_start) != b' ' {
        return kind;
    }
    let first = run_back(b, name_start - 1, 16, |c| c.is_ascii_alphabetic());
    keys::classify(cut(b, first, name_end))
        .filter(|both| first + 1 < name_start && both.strong && both.class == kind.class)
        .unwrap_or(kind)
}

/// `the token for staging is X`, `El token de acceso es X`: a verb on the same line and a random
/// value behind it.
fn said(b: &[u8], name_end: usize, kind: &KeyKind, out: &mut Vec<Hit>) {
    const VERBS: [&str; 15] = [
        " is ",
        " is: ",
        " ist ",
        " lautet ",
        " es ",
        " est ",
        " é ",
        " è ",
        " was ",
        " contains ",
        " holds ",
        " reads ",
        " has ",
        ": ",
        " = ",
    ];
    let line = cut(b, name_end, name_end + 64);
    let line = line.split(|&c| c == b'\n').next().unwrap_or(line);
    if !line.iter().any(u8::is_ascii_digit) {
        return;
    }
    let verb = VERBS.iter().filter_map(|verb| {
        let n = line.windows(verb.len()).position(|w| w == verb.as_bytes())?;
        Some((n, n + verb.len(), verb.len() > 3))
    });
    let Some((n, past, verb)) = verb.min() else { return };
    let gap = cut(line, 0, n);
    if gap.iter().any(|c| matches!(c, b'.' | b'?' | b'!' | b'{' | b'(' | b'"' | b',' | b';')) {
        return;
    }
    let from = run(b, name_end + past, 3, |c| matches!(c, b'"' | b'\'' | b'`' | b'\\'));
    let stop = run(b, from, 512, |c| {
        c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'.' | b'+' | b'/' | b'=' | b'~')
    });
    let stop = if at(b, stop.saturating_sub(1)) == b'.' { stop - 1 } else { stop };
    let text = cut(b, from, stop);
    // Bare hexadecimal may be a digest; a verb says that it is what the name names.
    let named = verb && kind.strong && text.len() >= 24 && weak(text);
    if (is_random(text) || named) && !matches!(at(b, stop), b'(' | b':' | b'[') {
        out.push(Hit::new(from, stop, kind.class.clone(), "keyed_secret"));
    }
}

fn judge(
    b: &[u8],
    name_start: usize,
    kind: &KeyKind,
    value: (usize, usize),
    join: Join,
    quoted: bool,
    out: &mut Vec<Hit>,
) {
    let (mut start, mut end) = value;
    if kind.class == Class::Password {
        password(b, name_start, start, end, join, quoted, out);
        return;
    }
    if !quoted {
        while end > start && matches!(at(b, end - 1), b'.' | b':' | b'!' | b'?') {
            end -= 1;
        }
    }
    // `Authorization: Bearer X`, `token X`: the scheme is no part of the secret.
    let text = cut(b, start, end);
    for scheme in ["bearer ", "basic ", "token ", "apikey ", "key ", "digest ", "ssws "] {
        if text.get(..scheme.len()).is_some_and(|h| h.eq_ignore_ascii_case(scheme.as_bytes())) {
            start += scheme.len();
        }
    }
    if !quoted && end - start <= 20 && is_scheme(b, name_start, start, end) {
        let from = end + 1;
        let to = run(b, from, 512, |c| {
            c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'.' | b'+' | b'/' | b'=' | b'~')
        });
        let text = cut(b, from, to);
        let mix = Mix::of(text);
        if text.len() >= 16 && mix.digit >= 2 && mix.letters() >= 2 && !is_placeholder(text) {
            out.push(Hit::new(from, to, kind.class.clone(), "keyed_secret"));
            return;
        }
        // No scheme after all: the word itself may be the token.
    }
    let text = cut(b, start, end);
    if text.iter().any(u8::is_ascii_whitespace) && !text.starts_with(b"-----") {
        return;
    }
    if !kind.strong && pair(b, name_start, start, end, out) {
        return;
    }
    // An expression of a program: a call, a path, a macro, a type with parameters.
    let called = !quoted
        && (matches!(at(b, end), b'(' | b'[')
            || at(b, end) == b'<' && at(b, end + 1) != b'/'
            || cut(b, end, end + 2) == b"::"
            || text.contains(&b'(')
            || text.starts_with(b":")
            || text.windows(2).any(|w| w == b"::" || w == b"!["));
    if called || is_path(text) || is_placeholder(text) || is_sample(text) {
        return;
    }
    let certain = match join {
        Join::Prose => {
            is_random(text)
                || kind.strong && is_keyed_secret(text) && text.len() >= 10
                || kind.class == Class::ApiKey && said_before(b, start) && weak(text)
        }
        _ if kind.strong => is_keyed_secret(text),
        Join::Tight if is_uuid(text) => is_parameter(b, name_start),
        _ => weak(text),
    };
    if certain {
        let end = if quoted { end } else { whole_value(b, name_start, (start, end), join) };
        out.push(Hit::new(start, end, kind.class.clone(), "keyed_secret"));
    }
}

/// Whether a verb stands right before the value at `start`: bare hexadecimal behind it is no digest.
fn said_before(b: &[u8], start: usize) -> bool {
    let to = run_back(b, start, 3, |c| matches!(c, b'"' | b'\'' | b'`'));
    let line = cut(b, to.saturating_sub(5), to);
    [&b" is "[..], b" is: ", b" was "].iter().any(|verb| line.ends_with(verb))
}

/// `credentials: name:X`: the password behind the colon.
fn pair(b: &[u8], name_start: usize, start: usize, end: usize, out: &mut Vec<Hit>) -> bool {
    let text = cut(b, start, end);
    let Some(colon) = text.iter().position(|&c| c == b':') else { return false };
    let (user, secret) = (cut(text, 0, colon), cut(text, colon + 1, text.len()));
    let mix = Mix::of(secret);
    let fits = contains_ci(cut(b, name_start, start), "cred")
        && user.len() >= 2
        && user.iter().all(|&c| is_word(c) || matches!(c, b'.' | b'-' | b'@'))
        && secret.len() >= 6
        && mix.letters() > 0
        && mix.digit > 0
        && !secret.iter().any(|c| matches!(c, b':' | b'/' | b'('))
        && !is_placeholder(secret);
    if fits {
        out.push(Hit::new(start + colon + 1, end, Class::Password, "keyed_pair"));
    }
    fits
}

/// `Authorization: GenieKey X`: one word of letters between the header's colon and a value.
fn is_scheme(b: &[u8], name_start: usize, start: usize, end: usize) -> bool {
    let scheme = cut(b, start, end);
    at(b, end) == b' '
        && scheme.len() >= 3
        && scheme.first().is_some_and(u8::is_ascii_uppercase)
        && scheme.iter().all(|&c| c.is_ascii_alphabetic() || c == b'-')
        && contains_ci(cut(b, name_start, start), "authorization")
}

/// `?key=X`, `&token=X`: the name begins right behind what parts the parameters of a URL, so that
/// nothing before it says that it names a row, a cache entry, a document.
fn is_parameter(b: &[u8], name_start: usize) -> bool {
    matches!(before(b, name_start), b'?' | b'&') && !matches!(at(b, name_start), b'_' | b'-' | b'.')
}

/// A value after `key=`, `token:`, `auth=`: random, or bare hexadecimal of a key's length.
fn weak(text: &[u8]) -> bool {
    let mix = Mix::of(text);
    is_random(text)
        || (text.len() >= 24
            && text.iter().all(u8::is_ascii_hexdigit)
            && mix.digit > 3
            && mix.letters() > 1)
        || (text.len() >= 20 && mix.other == 0 && mix.digit >= 2 && mix.letters() >= 3)
}
