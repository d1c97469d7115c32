//! Headers of HTTP: authorization schemes and cookies.

use super::Hit;
use super::bytes::{at, before, contains_ci, cut, is_word, run, skip_blank};
use super::value::{Mix, is_placeholder};
use crate::class::Class;

/// `Bearer X` and `Basic X` wherever they stand; `end` is after the scheme and its blank.
pub(crate) fn authorization(b: &[u8], start: usize, end: usize, out: &mut Vec<Hit>) {
    let from = skip_blank(b, end, 8);
    if from == end {
        return;
    }
    // `Bearer "X"`, `"Bearer " + "X"`
    let from = run(b, from, 8, |c| matches!(c, b'"' | b'\'' | b'`' | b'\\' | b' ' | b'+'));
    let stop = run(b, from, 8192, |c| {
        c.is_ascii_alphanumeric()
            || matches!(c, b'-' | b'.' | b'_' | b'~' | b'+' | b'/' | b'=' | b'!' | b':' | b'|')
    });
    let text = cut(b, from, stop);
    if is_placeholder(text) {
        return;
    }
    let scheme = cut(b, start, end);
    if scheme.eq_ignore_ascii_case(b"basic") {
        if text.len() >= 8 && decodes_to_pair(text) {
            out.push(Hit::new(from, stop, Class::Password, "basic_auth"));
        }
        return;
    }
    let mix = Mix::of(text);
    let header = contains_ci(cut(b, start.saturating_sub(24), start), "authorization");
    if (text.len() >= 16 && (mix.is_mixed() || mix.digit >= 16))
        || (header && text.len() >= 8 && mix.is_mixed())
    {
        // The dot of a sentence is masked along: it may belong to the token.
        out.push(Hit::new(from, stop, Class::Token, "bearer"));
    }
}

fn decodes_to_pair(text: &[u8]) -> bool {
    let clean: Vec<u8> = text.iter().copied().filter(|&c| c != b'=').collect();
    data_encoding::BASE64_NOPAD
        .decode(&clean)
        .or_else(|_| data_encoding::BASE64URL_NOPAD.decode(&clean))
        .or_else(|_| {
            let whole = clean.len() - clean.len() % 4;
            data_encoding::BASE64_NOPAD.decode(clean.get(..whole).unwrap_or(&[]))
        })
        .is_ok_and(|plain| plain.contains(&b':'))
}

/// The values of a `Cookie` or `Set-Cookie` header that are secret: long, random, or of a name
/// that carries a session.
pub(crate) fn cookies(b: &[u8], end: usize, out: &mut Vec<Hit>) {
    let end = end + usize::from(at(b, end) | 0x20 == b's');
    let i = run(b, end, 8, |c| matches!(c, b'"' | b'\'' | b'\\' | b' ' | b']' | b')'));
    let option = i > end && cut(b, end.saturating_sub(9), end).windows(2).any(|w| w == b"--");
    if option {
        cookie_pairs(b, i, out);
        return;
    }
    // `setHeader("Set-Cookie", "name=X")`, `add_header Set-Cookie "name=X"`
    let mark = |c| matches!(c, b'"' | b'\'' | b'\\');
    let next = run(b, i, 4, |c| matches!(c, b',' | b' ') || mark(c));
    let argument = at(b, i) == b',' && mark(before(b, next));
    let bare = i > end + 1 && at(b, end) == b' ' && mark(before(b, i));
    if argument || bare {
        cookie_pairs(b, next, out);
        return;
    }
    if !matches!(at(b, i), b':' | b'=') {
        // `cookies.set('session', 'X')`, `set_cookie("session", "X")`
        let calls: [&[u8]; 4] = [b".set(", b".put(", b".add(", b"("];
        let call = calls.iter().find(|c| cut(b, end, end + c.len()) == **c);
        if let Some(call) = call {
            cookie_call(b, end + call.len(), out);
        }
        return;
    }
    let i = run(b, i + 1, 8, |c| matches!(c, b'"' | b'\'' | b'\\' | b' ' | b'['));
    if at(b, i) == b'{' {
        cookie_members(b, i + 1, out);
    } else {
        cookie_pairs(b, i, out);
    }
}

/// Names of cookies that carry sessions, whatever stands around them.
pub(crate) const SESSIONS: [&str; 5] =
    ["phpsessid", "jsessionid", "connect.sid", "asp.net_sessionid", "laravel_session"];

/// `PHPSESSID=X`, `"connect.sid": "X"`, `;jsessionid=X`: the name is at `start..end`.
pub(crate) fn session(b: &[u8], start: usize, end: usize, out: &mut Vec<Hit>) {
    let mark = run(b, end, 4, |c| matches!(c, b'"' | b'\'' | b'\\' | b' '));
    if is_word(before(b, start)) || !matches!(at(b, mark), b'=' | b':') {
        return;
    }
    let from = run(b, mark + 1, 4, |c| matches!(c, b'"' | b'\'' | b'\\' | b' '));
    let stop = run(b, from, 8192, |c| {
        c.is_ascii_alphanumeric()
            || matches!(c, b'-' | b'_' | b'.' | b'%' | b'+' | b'/' | b'~' | b'!')
    });
    if cookie_value(cut(b, start, end), cut(b, from, stop)) {
        out.push(Hit::new(from, stop, Class::Cookie, "cookie"));
    }
}

/// `{'session': 'X', 'theme': 'dark'}`: cookies as a map of a program; `i` is after the brace.
fn cookie_members(b: &[u8], mut i: usize, out: &mut Vec<Hit>) {
    for _ in 0..32 {
        let name_start = run(b, i, 12, |c| c.is_ascii_whitespace() || matches!(c, b'"' | b'\''));
        let name_end = run(b, name_start, 128, |c| is_word(c) || matches!(c, b'-' | b'.'));
        let colon = run(b, name_end, 3, |c| matches!(c, b'"' | b'\'' | b' '));
        if name_end == name_start || at(b, colon) != b':' {
            return;
        }
        let quote = skip_blank(b, colon + 1, 4);
        let mark = at(b, quote);
        if !matches!(mark, b'"' | b'\'') {
            return;
        }
        let stop = run(b, quote + 1, 4096, |c| c != mark && c != b'\n');
        if cookie_value(cut(b, name_start, name_end), cut(b, quote + 1, stop)) {
            out.push(Hit::new(quote + 1, stop, Class::Cookie, "cookie"));
        }
        if at(b, stop + 1) != b',' {
            return;
        }
        i = stop + 2;
    }
}

/// A cookie's name and value as two arguments.
fn cookie_call(b: &[u8], i: usize, out: &mut Vec<Hit>) {
    let quoted = |i: usize| {
        let mark = at(b, i);
        let stop = run(b, i + 1, 4096, |c| c != mark && c != b'\n');
        (matches!(mark, b'"' | b'\'') && at(b, stop) == mark).then_some((i + 1, stop))
    };
    let Some((from, to)) = quoted(i) else { return };
    if at(b, to + 1) != b',' {
        return;
    }
    let Some((start, stop)) = quoted(skip_blank(b, to + 2, 4)) else { return };
    let value = cut(b, start, stop);
    if cookie_value(cut(b, from, to), value) {
        out.push(Hit::new(start, stop, Class::Cookie, "cookie"));
    }
}

/// `name=value; name=value` from `i`.
pub(crate) fn cookie_pairs(b: &[u8], mut i: usize, out: &mut Vec<Hit>) {
    for _ in 0..64 {
        let name_start = skip_blank(b, i, 8);
        let name_end = run(b, name_start, 128, |c| {
            is_word(c) || matches!(c, b'-' | b'.') || matches!(c, b'%' | b'$' | b'!' | b'*')
        });
        if at(b, name_end) != b'=' || name_end == name_start {
            // Attributes without a value: `HttpOnly; Secure`.
            let next = skip_blank(b, name_end, 4);
            if at(b, next) != b';' {
                return;
            }
            i = next + 1;
            continue;
        }
        let stop = run(b, name_end + 1, 8192, |c| {
            !c.is_ascii_whitespace()
                && !matches!(c, b';' | b'"' | b'\'' | b'\\' | b',' | b'<' | b'>')
        });
        let (name, value) = (cut(b, name_start, name_end), cut(b, name_end + 1, stop));
        if cookie_value(name, value) {
            out.push(Hit::new(name_end + 1, stop, Class::Cookie, "cookie"));
        }
        i = skip_blank(b, stop, 4);
        if !matches!(at(b, i), b';') {
            return;
        }
        i += 1;
    }
}

/// Whether the value of a cookie of that name is secret.
pub(crate) fn cookie_value(name: &[u8], value: &[u8]) -> bool {
    const ATTRIBUTES: [&str; 8] =
        ["path", "domain", "expires", "max-age", "samesite", "priority", "version", "comment"];
    if ATTRIBUTES.iter().any(|a| name.eq_ignore_ascii_case(a.as_bytes())) || is_placeholder(value) {
        return false;
    }
    let session = [
        "sess", "sid", "auth", "token", "jwt", "csrf", "xsrf", "login", "remember", "secret",
        "user", "uid", "ticket", "identity", "id",
    ]
    .iter()
    .any(|w| contains_ci(name, w));
    let mix = Mix::of(value);
    (session && value.len() >= 6 && (mix.digit > 0 || value.len() >= 16))
        || (value.len() >= 16 && mix.is_mixed())
}
