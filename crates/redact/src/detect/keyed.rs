//! Values that are secret because of the name before them: assignments, headers, prose.

use super::Hit;
use super::bytes::{at, before, contains_ci, cut, is_word, run, run_back, skip_blank};
use super::keys::{self, KeyKind};
use super::value::{Mix, is_keyed_secret, is_path, is_placeholder, is_random, is_uuid};
use crate::class::Class;

const NAME_BYTES: usize = 80;

fn is_name(c: u8) -> bool {
    is_word(c) || c == b'-' || c == b'.'
}

/// How name and value are joined, from certain to vague.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Join {
    /// `name=value`, no blanks.
    Tight,
    /// `name = value`, `name: value`, `name => value`.
    Assign,
    /// `name is value`, `name value`.
    Prose,
}

/// Looks at the name around the keyword at `start..end`. Returns where the name ends, so that
/// several keywords in one name are looked at once, and pushes what it finds.
pub(crate) fn scan(b: &[u8], start: usize, end: usize, out: &mut Vec<Hit>) -> usize {
    let mut name_start = run_back(b, start, NAME_BYTES, is_name);
    if at(b, name_start) == b'n' && before(b, name_start) == b'\\' && name_start < start {
        name_start += 1;
    }
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
    if kind.class == Class::Cookie {
        return name_end; // the cookie scanner masks values, not names and attributes
    }
    let known = out.len();
    if let Some((value, join, quoted)) = value_after(b, name_start, name_end) {
        judge(b, name_start, &kind, value, join, quoted, out);
    }
    if kind.class == Class::Password && out.len() == known {
        prose_only(b, start, name_end, out);
    } else if out.len() == known {
        adjacent(b, start, end, out);
    }
    name_end
}

/// `service KEY value`, `service-token-value`, `serviceSECRET key value`: an opaque value right
/// behind words that announce one, with hardly anything between. `start..end` is the first word.
pub(crate) fn adjacent(b: &[u8], start: usize, end: usize, out: &mut Vec<Hit>) {
    const MARKS: [&str; 6] = ["key", "token", "secret", "access", "private", "unseal"];
    const MORE: [&str; 5] = ["code", "id", "api", "tok", "x"];
    let first = cut(b, start, end);
    let marked = |word: &[u8], list: &[&str]| {
        list.iter().any(|mark| word.eq_ignore_ascii_case(mark.as_bytes()))
    };
    let first = first.strip_suffix(b"-").unwrap_or(first);
    if !marked(first, &MARKS) {
        return;
    }
    // "cache key 9f2c…": what these words name is no secret.
    let before_word = run_back(b, start.saturating_sub(1), 12, |c| c.is_ascii_alphabetic());
    let owner = cut(b, before_word, start.saturating_sub(1));
    let plain = [
        "cache",
        "partition",
        "primary",
        "foreign",
        "public",
        "sort",
        "hash",
        "row",
        "idempotency",
        "dedup",
        "object",
        "lookup",
        "routing",
        "page",
        "next",
        "max",
    ];
    if plain.iter().any(|word| owner.eq_ignore_ascii_case(word.as_bytes())) {
        return;
    }
    let mut pos = run(b, start + first.len(), 16, |c| c.is_ascii_alphabetic());
    for _ in 0..4 {
        let from =
            run(b, pos, 3, |c| matches!(c, b' ' | b'-' | b'_' | b'.' | b':' | b'=' | b'\'' | b'"'));
        if from == pos {
            return;
        }
        let word = run(b, from, 24, |c| c.is_ascii_alphabetic());
        let text = cut(b, from, word);
        if marked(text, &MARKS) || marked(text, &MORE) {
            pos = word;
            continue;
        }
        let stop = run(b, from, 512, |c| {
            c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'.' | b'+' | b'/' | b'=')
        });
        let stop = if at(b, stop - 1) == b'.' { stop - 1 } else { stop };
        let value = cut(b, from, stop);
        let shouted = first.iter().all(u8::is_ascii_uppercase) || at(b, from - 1) == b'-';
        if opaque(value, shouted) && !matches!(at(b, stop), b'(' | b':') {
            out.push(Hit::new(from, stop, Class::Token, "adjacent_secret"));
        }
        return;
    }
}

/// A value no word or name looks like: long hexadecimal, long runs of letters and digits.
fn opaque(value: &[u8], shouted: bool) -> bool {
    if value.len() < 16 || is_placeholder(value) || is_path(value) {
        return false;
    }
    if is_uuid(value) {
        return shouted;
    }
    value.split(|c| !c.is_ascii_alphanumeric()).any(|part| {
        let mix = Mix::of(part);
        let length = if shouted { 16 } else { 20 };
        let digits = mix.digit >= 3 && (mix.letters() >= 3 || shouted && part.len() >= 24);
        let letters =
            shouted && part.len() >= 24 && mix.upper > 4 && (mix.turns >= 2 || mix.lower == 0);
        part.len() >= length && (digits || letters)
    })
}

/// Finds the value that belongs to the name: its range, how it is joined, whether it is quoted.
fn value_after(
    b: &[u8],
    name_start: usize,
    name_end: usize,
) -> Option<((usize, usize), Join, bool)> {
    let option = before(b, name_start) == b'-' || at(b, name_start) == b'-';
    let mut i = name_end;
    // `"name"`, `\"name\"`, `['name']`, `name)`.
    let closed = run(b, i, 6, |c| matches!(c, b'"' | b'\'' | b'`' | b'\\' | b']' | b')' | b'*'));
    let quoted_name = closed > i;
    i = skip_blank(b, closed, 40);
    let gap = i - closed;
    // `Key 2: value`
    if gap == 1 && at(b, i).is_ascii_digit() && at(b, i + 1) == b':' {
        i += 1;
    }
    // `variable "name" { default = "value" }`
    if quoted_name && at(b, i) == b'{' {
        let block = cut(b, i, i + 120);
        let n = block.windows(7).position(|w| w == b"default")?;
        i = skip_blank(b, i + n + 7, 20);
    }
    // `name: String = value`, `"name", value="x"`.
    let (sep_end, join) = separator(b, i, gap, quoted_name, option)?;
    i = skip_blank(b, sep_end, 40);
    if i > sep_end || gap > 0 || join != Join::Tight {
        // A YAML or wrapped value on the next line.
        if matches!(at(b, i), b'\n' | b'\r') && join == Join::Assign {
            let next = run(b, i, 24, |c| c.is_ascii_whitespace());
            if matches!(at(b, next), b'"' | b'\'') {
                i = next;
            }
        }
    }
    let join = if join == Join::Tight && (gap > 0 || i > sep_end) { Join::Assign } else { join };
    let slashes = run(b, i, 8, |c| c == b'\\');
    let mut quote = at(b, slashes);
    let mut value_start = slashes + 1;
    if matches!(quote, b'b' | b'r' | b'f' | b'u' | b'@' | b'L')
        && matches!(at(b, i + 1), b'"' | b'\'')
        && slashes == i
    {
        quote = at(b, i + 1);
        value_start = i + 2;
    }
    if matches!(quote, b'"' | b'\'' | b'`') {
        // Doubled quotes of shells and generators: `'"value"'`.
        if matches!(at(b, value_start), b'"' | b'\'' | b'`') && at(b, value_start) != quote {
            quote = at(b, value_start);
            value_start += 1;
        }
        let escapes = slashes - i;
        let stop = quoted_end(b, value_start, quote, escapes);
        return Some(((value_start, stop), join, true));
    }
    let in_query = matches!(before(b, name_start), b'?' | b'&' | b';');
    let stop = run(b, i, 4096, |c| {
        !c.is_ascii_whitespace()
            && !matches!(c, b'"' | b'\'' | b'`' | b'<' | b'>' | b'\\' | b'|')
            && !(matches!(c, b'&') && (in_query || join == Join::Tight))
            && !(matches!(c, b',' | b';' | b')' | b'}' | b']'))
    });
    // `<PASSWORD>`, `${X}`: take the reference whole, so that it is seen as one.
    let stop = if stop == i { run(b, i, 80, |c| !c.is_ascii_whitespace()) } else { stop };
    Some(((i, stop), join, false))
}

fn separator(
    b: &[u8],
    i: usize,
    gap: usize,
    quoted_name: bool,
    option: bool,
) -> Option<(usize, Join)> {
    let rest = cut(b, i, i + 48);
    for sep in [&b":="[..], b"=>", b"->", b"===", b"==", b"!==", b"!=", b"?=", b"||="] {
        if rest.starts_with(sep) {
            return Some((i + sep.len(), Join::Assign));
        }
    }
    match at(b, i) {
        b'=' => return Some((i + 1, Join::Tight)),
        b':' => {
            // `name: Type = value`
            let line = rest.split(|&c| c == b'\n').next().unwrap_or(rest);
            if let Some(n) = line.iter().position(|&c| c == b'=')
                && n > 2
                && line.get(1..n).is_some_and(|t| {
                    t.iter().all(|c| {
                        c.is_ascii_alphabetic()
                            || matches!(c, b' ' | b'&' | b'?' | b'<' | b'>' | b'|')
                    }) && t.iter().any(u8::is_ascii_alphabetic)
                })
            {
                return Some((i + n + 1, Join::Assign));
            }
            return Some((i + 1, Join::Assign));
        }
        b',' if quoted_name => {
            let next = skip_blank(b, i + 1, 20);
            let named = cut(b, next, next + 10);
            if let Some(at_value) = named.windows(5).position(|w| w.eq_ignore_ascii_case(b"value"))
            {
                let after =
                    run(b, next + at_value + 5, 6, |c| matches!(c, b'"' | b'\'' | b'\\' | b' '));
                if matches!(at(b, after), b':' | b'=') {
                    return Some((after + 1, Join::Assign));
                }
            }
            return matches!(at(b, next), b'"' | b'\'' | b'\\').then_some((i + 1, Join::Prose));
        }
        _ => {}
    }
    if gap == 0 {
        return None;
    }
    if quoted_name
        && rest.len() > 7
        && rest.get(..6).is_some_and(|r| r.eq_ignore_ascii_case(b"value="))
    {
        return Some((i + 6, Join::Assign));
    }
    if option || matches!(at(b, i), b'"' | b'\'') {
        return Some((i, Join::Assign));
    }
    for word in ["is ", "was ", "of ", "are "] {
        if rest.get(..word.len()).is_some_and(|r| r.eq_ignore_ascii_case(word.as_bytes())) {
            let mut next = i + word.len();
            if matches!(at(b, next), b':') {
                next += 1;
            }
            return Some((next, Join::Prose));
        }
    }
    Some((i, Join::Prose))
}

/// The end of a quoted value: the same quote after as many backslashes as opened it, on one line
/// unless the value spans lines like a key does.
fn quoted_end(b: &[u8], start: usize, quote: u8, escapes: usize) -> usize {
    let mut i = start;
    let limit = (start + 8192).min(b.len());
    while i < limit {
        let c = at(b, i);
        if c == quote {
            let slashes = i - run_back(b, i, 16, |c| c == b'\\');
            if slashes <= escapes || (escapes == 0 && slashes.is_multiple_of(2)) {
                return i - slashes.min(escapes);
            }
        }
        if c == b'\n' {
            break;
        }
        i += 1;
    }
    // Unterminated: up to the first blank.
    run(b, start, 4096, |c| !c.is_ascii_whitespace() && c != quote)
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
    let text = cut(b, start, end);
    if text.iter().any(u8::is_ascii_whitespace) && !text.starts_with(b"-----") {
        return;
    }
    let called = !quoted && (at(b, end) == b'(' || text.contains(&b'('));
    if called || is_path(text) || is_placeholder(text) {
        return;
    }
    let certain = match join {
        Join::Prose => {
            is_random(text) || (kind.strong && is_keyed_secret(text) && text.len() >= 10)
        }
        _ if kind.strong => is_keyed_secret(text),
        _ => weak(text),
    };
    if certain {
        out.push(Hit::new(start, end, kind.class.clone(), "keyed_secret"));
    }
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

fn password(
    b: &[u8],
    name_start: usize,
    start: usize,
    end: usize,
    join: Join,
    quoted: bool,
    out: &mut Vec<Hit>,
) {
    let mut end = end;
    if quoted {
        let text = cut(b, start, end);
        let prose = text.split(|&c| c == b' ').count() > 4;
        let named = contains_ci(text, "password")
            && Mix::of(text).digit == 0
            && text.iter().any(|c| !c.is_ascii_alphanumeric());
        if text.len() >= 4
            && !named
            && !matches!(at(text, 0), b'+' | b'.' | b',' | b')' | b';')
            && !text.starts_with(b"arn:")
            && !is_placeholder(text)
            && !prose
            && !(text.len() > 120 && text.contains(&b' '))
            && !text.starts_with(b"#{")
            && !text.starts_with(b"/")
        {
            out.push(Hit::new(start, end, Class::Password, "password"));
        }
        return;
    }
    while end > start && matches!(at(b, end - 1), b'.' | b',' | b';' | b':' | b')') {
        end -= 1;
    }
    let text = cut(b, start, end);
    // `Pwd=secret;` in a connection string is a password even if it reads like an example.
    if before(b, start) == b'='
        && at(b, end) == b';'
        && text.len() >= 4
        && text
            .iter()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-' | b'!' | b'@' | b'.'))
        && !text.eq_ignore_ascii_case(b"true")
        && !text.eq_ignore_ascii_case(b"false")
        && !text.eq_ignore_ascii_case(b"null")
        && !text.iter().all(|c| matches!(c, b'x' | b'X' | b'*'))
    {
        out.push(Hit::new(start, end, Class::Password, "password"));
        return;
    }
    if is_placeholder(text) || text.len() < 4 || (is_path(text) && join != Join::Tight) {
        return;
    }
    let mix = Mix::of(text);
    let symbol = text.iter().any(|c| {
        matches!(c, b'!' | b'@' | b'#' | b'$' | b'%' | b'^' | b'&' | b'*' | b'?' | b'+' | b'~')
    });
    let code = text.contains(&b'(')
        || text.contains(&b'[')
        || text.starts_with(b"$")
        || text.starts_with(b"%")
        || text.starts_with(b"{")
        || text.starts_with(b"<")
        || contains_ci(text, "password")
        || contains_ci(text, "passwd");
    let sure = match join {
        // `PASS=word` of environment files and connection strings; `x=y` of code has blanks.
        Join::Tight => {
            let word = text.len() >= 8 && text.iter().all(u8::is_ascii_alphanumeric);
            !code
                || word
                || (mix.digit > 0
                    && (symbol || mix.upper > 0)
                    && !text.contains(&b'(')
                    && !text.starts_with(b"$")
                    && !text.starts_with(b"%"))
        }
        Join::Assign => {
            !code
                && ((mix.digit > 0 && mix.letters() > 0)
                    || (symbol && mix.lower > 0 && mix.upper > 0)
                    || (mix.letters() == 0 && mix.digit >= 4)
                    || yaml_word(b, name_start, end))
        }
        Join::Prose => {
            !code && text.len() >= 5 && mix.digit > 0 && (mix.letters() > 0 || text.len() >= 6)
                || (!code
                    && symbol
                    && text.len() >= 7
                    && mix.letters() > 0
                    && !text.ends_with(b"!")
                    && !text.ends_with(b"?"))
        }
    };
    if sure {
        out.push(Hit::new(start, end, Class::Password, "password"));
    }
}

/// `password: word` alone on its line, as configuration has it.
fn yaml_word(b: &[u8], name_start: usize, end: usize) -> bool {
    let line = run_back(b, name_start, 40, |c| matches!(c, b' ' | b'\t' | b'-'));
    let starts_line = line == 0 || before(b, line) == b'\n';
    let snake =
        cut(b, name_start, name_start + 40).iter().take_while(|&&c| c != b':').any(|&c| c == b'_');
    let lower = at(b, name_start).is_ascii_lowercase();
    starts_line && lower && snake && matches!(at(b, end), 0 | b'\n' | b'\r')
}

/// `the password for the admin user is "x"`, `Passwort lautet x`: a verb within the same line.
fn prose_only(b: &[u8], start: usize, name_end: usize, out: &mut Vec<Hit>) {
    let word = cut(b, start, name_end);
    let names =
        ["password", "passwords", "passphrase", "passcode", "passwort", "pass", "passwd", "pwd"];
    if !names.iter().any(|name| word.eq_ignore_ascii_case(name.as_bytes())) {
        return;
    }
    let line = cut(b, name_end, name_end + 80);
    let line = line.split(|&c| c == b'\n').next().unwrap_or(line);
    for verb in [" is ", " was ", " ist ", " lautet ", " est ", " es ", ": ", " = "] {
        let Some(n) =
            line.windows(verb.len()).position(|w| w.eq_ignore_ascii_case(verb.as_bytes()))
        else {
            continue;
        };
        if line
            .get(..n)
            .is_some_and(|gap| gap.iter().any(|c| matches!(c, b'.' | b'?' | b'!' | b'{' | b'(')))
        {
            continue;
        }
        let mut from = name_end + n + verb.len();
        for filler in ["now ", "still ", "set to ", "currently ", "to ", "changed to "] {
            if cut(b, from, from + filler.len()).eq_ignore_ascii_case(filler.as_bytes()) {
                from += filler.len();
            }
        }
        let slashes = run(b, from, 4, |c| c == b'\\');
        let quote = at(b, slashes);
        if matches!(quote, b'"' | b'\'' | b'`') {
            let stop = quoted_end(b, slashes + 1, quote, slashes - from);
            password(b, start, slashes + 1, stop, Join::Prose, true, out);
        } else {
            let stop = run(b, from, 128, |c| {
                !c.is_ascii_whitespace() && !matches!(c, b'"' | b',' | b'\\' | b'<')
            });
            password(b, start, from, stop, Join::Prose, false, out);
        }
        return;
    }
}

/// `Bearer X` and `Basic X` wherever they stand; `end` is after the scheme and its blank.
pub(crate) fn authorization(b: &[u8], start: usize, end: usize, out: &mut Vec<Hit>) {
    let from = skip_blank(b, end, 8);
    if from == end {
        return;
    }
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
    let mut i = run(b, end, 8, |c| matches!(c, b'"' | b'\'' | b'\\' | b' '));
    if !matches!(at(b, i), b':' | b'=') {
        return;
    }
    i = run(b, i + 1, 8, |c| matches!(c, b'"' | b'\'' | b'\\' | b' ' | b'['));
    for _ in 0..64 {
        let name_start = skip_blank(b, i, 8);
        let name_end =
            run(b, name_start, 128, |c| is_name(c) || matches!(c, b'%' | b'$' | b'!' | b'*'));
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

fn cookie_value(name: &[u8], value: &[u8]) -> bool {
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
