//! Passwords: short, pronounceable, often without digits, so judged by how they stand.

use super::super::Hit;
use super::super::bytes::{at, before, contains_ci, cut, run, run_back};
use super::super::value::{Mix, is_path, is_placeholder};
use super::join::{Join, quoted_end, whole_value};
use crate::class::Class;

pub(super) fn password(
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
            && !anonymous(b, start, text)
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
        let end = whole_value(b, name_start, (start, end), join);
        out.push(Hit::new(start, end, Class::Password, "password"));
    }
}

/// The made-up mail address of an anonymous log-in, `anonymous` / `guest@`.
fn anonymous(b: &[u8], start: usize, text: &[u8]) -> bool {
    text.contains(&b'@')
        && !text.iter().any(u8::is_ascii_digit)
        && contains_ci(cut(b, start.saturating_sub(64), start), "anonymous")
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
pub(super) fn prose_only(b: &[u8], start: usize, name_end: usize, out: &mut Vec<Hit>) {
    let word = cut(b, start, name_end);
    let names = [
        "password",
        "passwords",
        "passphrase",
        "passcode",
        "passwort",
        "pass",
        "passwd",
        "pwd",
        "kennwort",
        "mot de passe",
        "senha",
        "wachtwoord",
        "contraseña",
    ];
    if !names.iter().any(|name| word.eq_ignore_ascii_case(name.as_bytes())) {
        return;
    }
    let line = cut(b, name_end, name_end + 80);
    let line = line.split(|&c| c == b'\n').next().unwrap_or(line);
    let verbs = [
        " is ",
        " was ",
        " ist ",
        " lautet ",
        " est ",
        " es ",
        " é ",
        " è ",
        " are ",
        " lautet: ",
        ": ",
        " = ",
        " to ",
    ];
    for verb in verbs {
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
            // `password = super$ecret`: a program's words, put together from variables.
            let text = cut(b, from, stop);
            let variable =
                text.windows(2).any(|w| matches!(w, [b'$', c] if c.is_ascii_alphabetic()));
            // "reset to step2": what a password is set to is no plain word.
            let mix = Mix::of(text);
            let word = verb == " to " && (mix.digit == 0 || mix.upper + mix.other == 0);
            let code = verb == " = " && variable && mix.digit == 0;
            if !word && !code {
                password(b, start, from, stop, Join::Prose, false, out);
            }
        }
        return;
    }
}

/// Words for a password in languages whose words the names of fields are not made of.
pub(crate) const FOREIGN: [&str; 33] = [
    "contraseña",
    "senha",
    "hasło",
    "heslo",
    "jelszó",
    "jelszav",
    "parola",
    "şifre",
    "salasana",
    "adgangskode",
    "passord",
    "lösenord",
    "kodeord",
    "пароль",
    "Пароль",
    "пароля",
    "パスワード",
    "密码",
    "密碼",
    "비밀번호",
    "κωδικός",
    "סיסמה",
    "كلمة المرور",
    "mật khẩu",
    "kata sandi",
    "palavra-passe",
    "lozinka",
    "geslo",
    "лозинка",
    "รหัสผ่าน",
    "पासवर्ड",
    "口令",
    "暗証番号",
];

/// `hasło: X`, `Пароль — X`, `パスワードは X です`: what follows the word at `..end`.
pub(crate) fn foreign(b: &[u8], end: usize, out: &mut Vec<Hit>) {
    const LINKS: [&str; 28] = [
        "：",
        "は",
        "が",
        "是",
        "为",
        "為",
        "은",
        "는",
        "—",
        "–",
        "é ",
        "è ",
        "es ",
        "est ",
        "jest ",
        "to ",
        "on ",
        "är ",
        "er ",
        "olan ",
        "je ",
        "это ",
        "nova ",
        "nueva ",
        "atual ",
        "είναι ",
        "คือ",
        "เป็น",
    ];
    // `lösenordet`, `hasłem`: what the language puts behind the word.
    let mut from = run(b, end, 4, |c| c.is_ascii_lowercase());
    for _ in 0..4 {
        let blank = run(b, from, 6, |c| {
            matches!(c, b' ' | b'\t' | b':' | b'=' | b'"' | b'\'' | b'\\' | b'-' | b'>' | b'`')
        });
        let link = LINKS.iter().find(|link| cut(b, blank, blank + link.len()) == link.as_bytes());
        from = blank + link.map_or(0, |link| link.len());
        if link.is_none() {
            break;
        }
    }
    let stop = run(b, from, 128, |c| {
        c.is_ascii_graphic() && !matches!(c, b'"' | b'\'' | b',' | b'<' | b'\\' | b'`')
    });
    let stop = run_back(b, stop, 2, |c| matches!(c, b'.' | b';' | b')' | b':')).max(from);
    let text = cut(b, from, stop);
    let mix = Mix::of(text);
    let symbol =
        text.iter().any(|c| matches!(c, b'!' | b'@' | b'#' | b'$' | b'%' | b'&' | b'*' | b'+'));
    if from > end
        && text.len() >= 5
        && !is_placeholder(text)
        && !matches!(at(text, 0), b'$' | b'{' | b'%' | b'(' | b'[')
        && !text.contains(&b'(')
        && (mix.digit > 0 && (mix.letters() > 0 || text.len() >= 6)
            || symbol && mix.letters() > 0 && text.len() >= 7)
    {
        out.push(Hit::new(from, stop, Class::Password, "password"));
    }
}
