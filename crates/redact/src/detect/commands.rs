//! Credentials as arguments: options of command lines, positional arguments of client libraries.

use super::Hit;
use super::bytes::{at, before, contains_ci, cut, is_word, run, run_back};
use super::headers;
use super::value::{Mix, is_placeholder, is_random, is_uuid};
use crate::class::Class;

/// Programs that take a password on the command line.
pub(crate) const PROGRAMS: [&str; 18] = [
    "mysql",
    "mariadb",
    "sshpass",
    "redis-cli",
    "sqlcmd",
    "mongosh",
    "mongodump",
    "ldapsearch",
    "ldapmodify",
    "unzip",
    "ipmitool",
    "mosquitto_",
    "twine",
    "psexec",
    "openssl",
    "cqlsh",
    "xfreerdp",
    "7z a",
];

/// How a program is told: the option, and whether the value may be glued to it or stand apart.
const OPTIONS: [(&str, &str, bool, bool); 21] = [
    ("mysql", "-p", true, false),
    ("mariadb", "-p", true, false),
    ("sshpass", "-p", true, true),
    ("redis-cli", "-a", false, true),
    ("redis-cli", "--pass", false, true),
    ("sqlcmd", "-P", true, true),
    ("mongosh", "-p", false, true),
    ("mongodump", "-p", false, true),
    ("ldapsearch", "-w", false, true),
    ("ldapmodify", "-w", false, true),
    ("unzip", "-P", false, true),
    ("ipmitool", "-P", false, true),
    ("mosquitto_", "-P", false, true),
    ("twine", "-p", false, true),
    ("psexec", "-p", false, true),
    ("openssl", "-passin pass:", true, false),
    ("openssl", "-passout pass:", true, false),
    ("openssl", "-k", false, true),
    ("cqlsh", "-p", false, true),
    ("xfreerdp", "/p:", true, false),
    ("7z a", "-p", true, false),
];

/// `mysql -u app -pX`, `sshpass -p X`, `redis-cli -a X`; the program's name is at `start..end`.
pub(crate) fn program(b: &[u8], start: usize, end: usize, out: &mut Vec<Hit>) {
    if is_word(before(b, start)) {
        return;
    }
    let name = cut(b, start, end);
    let stop = run(b, end, 240, |c| c != b'\n');
    let line = cut(b, end, stop);
    for (_, option, glued, apart) in
        OPTIONS.iter().filter(|o| name.eq_ignore_ascii_case(o.0.as_bytes()))
    {
        let n = option.len();
        let found = line.windows(n + 1).position(|w| {
            w.first().is_some_and(u8::is_ascii_whitespace) && w.get(1..) == Some(option.as_bytes())
        });
        let Some(mut from) = found.map(|at_option| end + at_option + 1 + n) else { continue };
        let blank = run(b, from, 2, |c| matches!(c, b' ' | b'='));
        if blank > from && !apart || blank == from && !glued {
            continue;
        }
        from = run(b, blank, 2, |c| matches!(c, b'"' | b'\'' | b'\\'));
        let to = run(b, from, 128, |c| {
            !c.is_ascii_whitespace() && !matches!(c, b'"' | b'\'' | b'\\' | b'`')
        });
        let text = cut(b, from, to);
        let mix = Mix::of(text);
        if text.len() >= 4
            && (mix.digit > 0 || mix.upper > 0 || mix.other > 0 && from > blank)
            && mix.digit < text.len().max(7)
            && !is_placeholder(text)
            && !matches!(at(text, 0), b'$' | b'%' | b'<' | b'-' | b'{' | b'/')
        {
            out.push(Hit::new(from, to, Class::Password, "command_option"));
        }
    }
}

/// `echo X | sudo -S …`, `echo 'name:X' | chpasswd`, `echo X | docker login --password-stdin`: the
/// word before the pipe; the program or its option is at `start`.
pub(crate) fn piped(b: &[u8], start: usize, out: &mut Vec<Hit>) {
    let from = start.saturating_sub(240);
    let line = cut(b, from, start);
    let line_start = line.iter().rposition(|&c| c == b'\n').map_or(0, |n| n + 1);
    let Some(pipe) = line.iter().rposition(|&c| c == b'|').filter(|&n| n > line_start) else {
        return;
    };
    let Some(echo) = cut(line, line_start, pipe).windows(5).rposition(|w| w == b"echo ") else {
        return;
    };
    let (mut echo, pipe) = (from + line_start + echo + 5, from + pipe);
    if cut(b, echo, echo + 3) == b"-n " {
        echo += 3;
    }
    let mut first = run(b, echo, 4, |c| matches!(c, b'"' | b'\'' | b'\\' | b' '));
    let last = run_back(b, pipe, 4, |c| matches!(c, b'"' | b'\'' | b'\\' | b' '));
    if at(b, start) | 0x20 == b'c'
        && let Some(colon) = cut(b, first, last).iter().position(|&c| c == b':')
    {
        first += colon + 1;
    }
    let text = cut(b, first, last);
    if text.len() >= 4 && !is_placeholder(text) && !text.starts_with(b"$") {
        out.push(Hit::new(first, last, Class::Password, "piped"));
    }
}

/// `IDENTIFIED BY 'X'`, `ConvertTo-SecureString "X"`: the string behind the phrase that ends at
/// `end`.
pub(crate) fn phrase(b: &[u8], end: usize, out: &mut Vec<Hit>) {
    let mut from = run(b, end, 3, |c| c == b' ');
    for option in ["-string ", "password "] {
        if cut(b, from, from + option.len()).eq_ignore_ascii_case(option.as_bytes()) {
            from += option.len();
        }
    }
    let slashes = run(b, from, 4, |c| c == b'\\');
    let quote = at(b, slashes);
    if !matches!(quote, b'"' | b'\'') {
        return;
    }
    let stop = run(b, slashes + 1, 256, |c| !matches!(c, b'\n' | b'\\') && c != quote);
    let text = cut(b, slashes + 1, stop);
    if text.len() >= 4 && !is_placeholder(text) && !matches!(at(text, 0), b'$' | b'%' | b'{') {
        out.push(Hit::new(slashes + 1, stop, Class::Password, "phrase"));
    }
}

/// `wandb login X`, `snyk auth X`, `ngrok config add-authtoken X`: what a program is told to log in
/// with, where a command may stand. The blank before the word is at `start`.
pub(crate) fn log_in(b: &[u8], start: usize, end: usize, out: &mut Vec<Hit>) {
    let program = run_back(b, start, 20, |c| c.is_ascii_lowercase() || matches!(c, b'-' | b'.'));
    let head = cut(b, program.saturating_sub(2), program);
    let commanded = program < start
        && (program == 0
            || matches!(before(b, program), b'\n' | b'`' | b'"' | b'\'' | b'!')
            || matches!(head, b"$ " | b"; " | b"& " | b"> " | b"# " | b"\\n"));
    let stop = run(b, end, 200, |c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_'));
    let text = cut(b, end, stop);
    let hex = text.len() >= 32 && text.iter().all(u8::is_ascii_hexdigit);
    if commanded && (is_uuid(text) || hex || is_random(text)) && !matches!(at(b, stop), b'.' | b'@')
    {
        out.push(Hit::new(end, stop, Class::Token, "log_in"));
    }
}

/// `?code=X` of functions' addresses and of authorizations that are still to be redeemed.
pub(crate) fn code(b: &[u8], end: usize, out: &mut Vec<Hit>) {
    let stop = run(b, end, 512, |c| {
        c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'.' | b'/' | b'+' | b'=' | b'%')
    });
    let text = cut(b, end, stop);
    if text.len() >= 20 && is_random(text) {
        out.push(Hit::new(end, stop, Class::Token, "url_code"));
    }
}

/// `curl -b 'session=X'`; `end` is after the opening quote.
pub(crate) fn cookie_option(b: &[u8], start: usize, end: usize, out: &mut Vec<Hit>) {
    let line = cut(b, start.saturating_sub(400), start);
    if before(b, start).is_ascii_whitespace() && contains_ci(line, "curl") {
        headers::cookie_pairs(b, end, out);
    }
}

/// `cohere.Client("X")`, `algoliasearch("id", "X")`: random strings in positional arguments;
/// `end` is after the bracket.
pub(crate) fn client_call(b: &[u8], end: usize, out: &mut Vec<Hit>) {
    let mut i = end;
    for _ in 0..4 {
        let quote = run(b, i, 12, |c| c.is_ascii_whitespace());
        let mark = at(b, quote);
        if !matches!(mark, b'"' | b'\'' | b'`') {
            return;
        }
        let stop = run(b, quote + 1, 200, |c| c != mark && c != b'\n');
        let text = cut(b, quote + 1, stop);
        let hex = text.len() >= 32 && text.iter().all(u8::is_ascii_hexdigit);
        if at(b, stop) == mark && (is_random(text) || hex && Mix::of(text).is_mixed()) {
            out.push(Hit::new(quote + 1, stop, Class::ApiKey, "client_call"));
        }
        if at(b, stop + 1) != b',' {
            return;
        }
        i = stop + 2;
    }
}

/// `-u user:password`, `--user user:password` of curl, `-a user:password` of http; `end` is after
/// the option.
pub(crate) fn user_option(b: &[u8], start: usize, end: usize, out: &mut Vec<Hit>) {
    if !before(b, start).is_ascii_whitespace() {
        return;
    }
    let from = run(b, end, 4, |c| matches!(c, b' ' | b'=' | b'"' | b'\'' | b'\\'));
    let stop = run(b, from, 256, |c| !c.is_ascii_whitespace() && !matches!(c, b'"' | b'\'' | b'<'));
    let text = cut(b, from, stop);
    let line = cut(b, start.saturating_sub(200), start);
    let http = matches!(cut(b, start.saturating_sub(5), start), b"http " | b"ttps ");
    if let Some(colon) = text.iter().position(|&c| c == b':') {
        let secret = text.get(colon + 1..).unwrap_or(&[]);
        if colon > 0
            && secret.len() >= 4
            && !is_placeholder(secret)
            && !secret.starts_with(b"$")
            && !secret.starts_with(b"//")
            && secret.iter().any(u8::is_ascii_alphanumeric)
            && (contains_ci(line, "curl") || cut(b, start, end).starts_with(b"--auth") || http)
        {
            out.push(Hit::new(from, stop, Class::Password, "user_option"));
        }
        return;
    }
    // `psexec \\host -u name -p word`, `docker login -u name -p word`.
    let next = run(b, stop, 4, |c| matches!(c, b' ' | b'"' | b'\''));
    if cut(b, next, next + 3) == b"-p " {
        let value = next + 3;
        let end =
            run(b, value, 128, |c| !c.is_ascii_whitespace() && !matches!(c, b'"' | b'\'' | b'\\'));
        let text = cut(b, value, end);
        if text.len() >= 4
            && !is_placeholder(text)
            && !text.starts_with(b"$")
            && !text.starts_with(b"%")
        {
            out.push(Hit::new(value, end, Class::Password, "user_option"));
        }
    }
}

/// `machine host login name password word` of netrc files.
pub(crate) fn netrc(b: &[u8], start: usize, end: usize, out: &mut Vec<Hit>) {
    if is_word(before(b, start)) {
        return;
    }
    let window = cut(b, end, end + 200);
    let Some(n) = window.windows(9).position(|w| w == b"password ") else { return };
    if !window.get(..n).is_some_and(|head| contains_ci(head, "login")) {
        return;
    }
    let from = end + n + 9;
    let stop = run(b, from, 256, |c| {
        !c.is_ascii_whitespace() && !matches!(c, b'"' | b'\'' | b'`' | b'\\')
    });
    if !is_placeholder(cut(b, from, stop)) {
        out.push(Hit::new(from, stop, Class::Password, "netrc"));
    }
}

/// `NetworkCredential("user", "password")`, `DirectoryEntry("path", "user", "password")`: the last
/// quoted argument.
pub(crate) fn credential_call(b: &[u8], end: usize, out: &mut Vec<Hit>) {
    if at(b, end) != b'(' {
        return;
    }
    let stop = run(b, end, 200, |c| c != b')' && c != b'\n');
    let args = cut(b, end + 1, stop);
    let mut strings = Vec::new();
    let mut open = None;
    for (i, &c) in args.iter().enumerate() {
        if matches!(c, b'"' | b'\'') {
            match open.take() {
                None => open = Some(i + 1),
                Some(from) => strings.push((from, i)),
            }
        }
    }
    if let [_, .., (from, to)] = strings.as_slice()
        && to - from >= 4
        && !is_placeholder(cut(args, *from, *to))
    {
        out.push(Hit::new(end + 1 + from, end + 1 + to, Class::Password, "credential_call"));
    }
}
