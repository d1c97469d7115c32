//! Secrets with a structure of their own: keys in PEM, JSON web tokens, user info and signatures
//! in URLs, password hashes.

use super::Hit;
use super::bytes::{at, before, contains_ci, cut, is_word, run, run_back, starts_token};
use super::runs::Runs;
use super::value::{Mix, is_placeholder};
use crate::class::Class;

/// A private key from its BEGIN line (at `start`) to its END line, or as far as base64 goes when
/// the text was cut. Escaped line ends, quotes and concatenations are part of the run.
pub(crate) fn pem(b: &[u8], start: usize, runs: &mut Runs, out: &mut Vec<Hit>) {
    /// Further behind the first line no last line is looked for.
    const FAR: usize = 32_768;
    if start < runs.pem_end {
        return;
    }
    let head = cut(b, start, start + 80);
    let Some(private) = head.windows(7).position(|w| w == b"PRIVATE") else { return };
    let label = cut(head, 0, private);
    if label.iter().any(|c| matches!(c, b'\n' | b'\\')) {
        return;
    }
    let from = start + private;
    let unread = from.max(runs.pem_clear.saturating_sub(5));
    let end = cut(b, unread, from + FAR)
        .windows(6)
        .position(|w| w == b"---END" || w == b"-- END")
        .map(|n| run(b, unread + n, 4, |c| c == b'-'))
        .map(|n| run(b, n, 80, |c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == b' '))
        .map(|n| run(b, n, 6, |c| c == b'-'));
    let stop = end.unwrap_or_else(|| {
        runs.pem_clear = runs.pem_clear.max((from + FAR).min(b.len()));
        let dashes = run(b, from, 60, |c| c.is_ascii_uppercase() || matches!(c, b' ' | b'-'));
        run(b, dashes, usize::MAX, |c| {
            c.is_ascii_alphanumeric()
                || matches!(
                    c,
                    b'+' | b'/' | b'=' | b'\n' | b'\r' | b'\\' | b':' | b'-' | b',' | b' '
                )
        })
    });
    if stop > from + 8 {
        let dashes = run_back(b, start, 8, |c| c == b'-');
        out.push(Hit::new(dashes, stop, Class::PrivateKey, "pem"));
        runs.pem_end = stop;
    }
}

/// The secret key beside an AWS key id that ends at `end`: `Credentials("AKIA…", "X")`, the next
/// column of a table. Forty characters of base64.
pub(crate) fn aws_secret(b: &[u8], end: usize, out: &mut Vec<Hit>) {
    let blank =
        |c: u8| matches!(c, b'"' | b'\'' | b'\\' | b',' | b';' | b':' | b'|' | b' ' | b'\t');
    let from = run(b, end, 8, blank);
    let stop = run(b, from, 64, |c| c.is_ascii_alphanumeric() || matches!(c, b'+' | b'/'));
    if from > end && stop - from == 40 && Mix::of(cut(b, from, stop)).is_mixed() {
        out.push(Hit::new(from, stop, Class::ApiKey, "aws_secret"));
    }
}

/// A PEM key that was base64-encoded once more.
pub(crate) fn wrapped_pem(b: &[u8], start: usize, end: usize, runs: &mut Runs, out: &mut Vec<Hit>) {
    let base64 = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'+' | b'/' | b'=' | b'\n');
    let Some(stop) = runs.wrapped.end(b, end, base64) else { return };
    // "-----BEGIN" is common to all; "PRIVATE" must be inside.
    let take = (stop - start) - (stop - start) % 4;
    let clean: Vec<u8> = cut(b, start, start + take.min(128)).to_vec();
    if data_encoding::BASE64.decode(&clean).is_ok_and(|p| contains_ci(&p, "private key")) {
        out.push(Hit::new(start, stop, Class::PrivateKey, "pem_base64"));
        runs.wrapped.taken();
    }
}

/// The private lines of a `PuTTY` key file.
pub(crate) fn putty(b: &[u8], end: usize, out: &mut Vec<Hit>) {
    let from = run(b, end, 8, |c| c != b'\n');
    let stop = run(b, from, 16_384, |c| {
        c.is_ascii_alphanumeric() || matches!(c, b'+' | b'/' | b'=' | b'\n' | b'\r')
    });
    if stop > from + 32 {
        out.push(Hit::new(from, stop, Class::PrivateKey, "putty"));
    }
}

/// A JSON web token or another base64url object at `start`.
pub(crate) fn jwt(b: &[u8], start: usize, runs: &mut Runs, out: &mut Vec<Hit>) {
    if !starts_token(b, start) && before(b, start) != b'.' {
        return;
    }
    let keep = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-' | b'.' | b'=');
    let Some(mut stop) = runs.jwt.end(b, start, keep) else { return };
    while stop > start && at(b, stop - 1) == b'.' {
        stop -= 1;
    }
    let text = cut(b, start, stop);
    let mut parts = text.split(|&c| c == b'.');
    let header = parts.next().unwrap_or(&[]);
    let dots = parts.filter(|part| part.len() >= 8).count();
    if dots == 0 || header.len() < 12 {
        return;
    }
    // What begins with these three letters is `{"` where it is base64url at all.
    if !header.contains(&b'=') || dots >= 2 && text.len() > 60 {
        out.push(Hit::new(start, stop, Class::Token, "jwt"));
        runs.jwt.taken();
    }
}

/// `user:password@` after a scheme's `://`, which ends at `end`.
pub(crate) fn user_info(b: &[u8], end: usize, out: &mut Vec<Hit>) {
    // The first slash ends the authority.
    let slash = run(b, end, 512, |c| {
        !c.is_ascii_whitespace()
            && !matches!(c, b'"' | b'\'' | b'`' | b'<' | b'>' | b'\\' | b',' | b';')
            && !matches!(c, b'/' | b'?' | b'#')
    });
    let Some(mut mark) = cut(b, end, slash).iter().rposition(|&c| c == b'@').map(|n| end + n)
    else {
        return;
    };
    if at(b, mark + 1) == b'@' {
        mark += 1;
    }
    let info = cut(b, end, mark);
    let Some(colon) = info.iter().position(|&c| c == b':') else {
        if info.len() >= 20 && Mix::of(info).is_mixed() {
            out.push(Hit::new(end, mark, Class::Token, "url_user_info"));
        }
        return;
    };
    let secret = info.get(colon + 1..).unwrap_or(&[]);
    // `user:password@`: both halves only say what stands there.
    let is_one_of = |half: &[u8], words: [&str; 4]| {
        words.iter().any(|word| half.eq_ignore_ascii_case(word.as_bytes()))
    };
    if is_one_of(info.get(..colon).unwrap_or(&[]), ["user", "username", "login", "usr"])
        && is_one_of(secret, ["pass", "password", "passwd", "pwd"])
    {
        return;
    }
    if secret.is_empty()
        || is_placeholder(secret) && !matches!(secret, b"password" | b"secret" | b"token")
    {
        return;
    }
    out.push(Hit::new(end + colon + 1, mark, Class::Password, "url_user_info"));
    // The user name is half of the credential.
    if colon > 0 {
        out.push(Hit::new(end, end + colon, Class::Password, "url_user_info"));
    }
}

/// `jdbc:oracle:thin:name/password@host`; `end` is after `thin:`.
pub(crate) fn oracle(b: &[u8], end: usize, out: &mut Vec<Hit>) {
    let slash = run(b, end, 64, |c| is_word(c) || c == b'$');
    let stop =
        run(b, slash, 128, |c| !c.is_ascii_whitespace() && !matches!(c, b'@' | b'"' | b'\''));
    if at(b, slash) == b'/' && at(b, stop) == b'@' && !is_placeholder(cut(b, slash + 1, stop)) {
        out.push(Hit::new(slash + 1, stop, Class::Password, "oracle_url"));
    }
}

/// `sig=`, `X-Amz-Signature=`, `signature: ` — `end` is after the word.
pub(crate) fn signature(b: &[u8], start: usize, end: usize, runs: &mut Runs, out: &mut Vec<Hit>) {
    if is_word(before(b, start)) {
        return;
    }
    let eq = if matches!(before(b, end), b'=')
        || cut(b, end.saturating_sub(3), end).eq_ignore_ascii_case(b"%3d")
    {
        end
    } else if at(b, end) == b'=' {
        end + 1
    } else if cut(b, end, end + 3) == b"%3D" {
        end + 3
    } else {
        return;
    };
    let keep = |c: u8| {
        c.is_ascii_alphanumeric()
            || matches!(c, b'%' | b'+' | b'/' | b'=' | b'_' | b'-' | b'~' | b'.')
    };
    let Some(stop) = runs.signature.end(b, eq, keep) else { return };
    let text = cut(b, eq, stop);
    let mix = Mix::of(text);
    if text.len() >= 16 && mix.digit > 0 && mix.letters() > 0 && !is_placeholder(text) {
        out.push(Hit::new(eq, stop, Class::Token, "url_signature"));
    }
}

/// Crypt-style password hashes: `$2b$12$…`, `$argon2id$…`, `$krb5tgs$…`.
pub(crate) fn password_hash(
    b: &[u8],
    start: usize,
    end: usize,
    runs: &mut Runs,
    out: &mut Vec<Hit>,
) {
    let before_ok = !is_word(before(b, start)) || matches!(at(b, start), b'{');
    if !before_ok {
        return;
    }
    let keep = |c: u8| {
        c.is_ascii_alphanumeric()
            || matches!(
                c,
                b'$' | b'.' | b'/' | b'+' | b'=' | b',' | b'*' | b'@' | b':' | b'-' | b'_'
            )
    };
    let Some(stop) = runs.hash.end(b, end, keep) else { return };
    let text = cut(b, end, stop);
    let mix = Mix::of(text);
    if text.len() >= 24 && mix.is_mixed() {
        out.push(Hit::new(start, stop, Class::Password, "password_hash"));
    }
}

/// Telegram bots (`8 to 10 digits:AA…`) and Discord bots (three parts, the first an id in base64).
pub(crate) fn telegram(b: &[u8], start: usize, out: &mut Vec<Hit>) {
    let id = run_back(b, start, 11, |c| c.is_ascii_digit());
    let stop = run(b, start + 1, 80, |c| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-'));
    if (8..=10).contains(&(start - id))
        && (32..=37).contains(&(stop - start - 1))
        && (starts_token(b, id) || contains_ci(cut(b, id.saturating_sub(3), id), "bot"))
    {
        out.push(Hit::new(id, stop, Class::Token, "telegram"));
    }
}

/// A Discord bot token starting at `start`.
pub(crate) fn discord(b: &[u8], start: usize, out: &mut Vec<Hit>) {
    if !starts_token(b, start) {
        return;
    }
    let word = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-');
    let a = run(b, start, 40, word);
    let m = run(b, a + 1, 16, word);
    let z = run(b, m + 1, 80, word);
    if (20..=32).contains(&(a - start))
        && at(b, a) == b'.'
        && at(b, m) == b'.'
        && (5..=8).contains(&(m - a - 1))
        && (24..=60).contains(&(z - m - 1))
        && Mix::of(cut(b, start, z)).is_mixed()
    {
        out.push(Hit::new(start, z, Class::Token, "discord"));
    }
}

/// Secrets known by a mark inside them: `…Q~…` (Azure), `…T3BlbkFJ…` (`OpenAI`), `….atlasv1.…`
/// (Terraform), `…AZDO…`, `…-us12` (Mailchimp), `…NRAL`.
pub(crate) fn marked(b: &[u8], start: usize, end: usize, out: &mut Vec<Hit>) {
    let word = |c: u8| {
        c.is_ascii_alphanumeric()
            || matches!(c, b'_' | b'-' | b'~' | b'.' | b'+' | b'/' | b'=' | b'!')
    };
    let from = run_back(b, start, 120, word);
    let stop = run(b, end, 200, word);
    let mark = cut(b, start, end);
    let (head, tail) = (start - from, stop - end);
    let (class, name, fits) = match mark {
        b"Q~" => (Class::ApiKey, "azure_client_secret", (2..=5).contains(&head) && tail >= 28),
        b".atlasv1." => (Class::Token, "terraform", head >= 10 && tail >= 40),
        b"AZDO" => (Class::Token, "azure_devops", head >= 70 && tail == 4),
        b"NRAL" => (Class::ApiKey, "newrelic", head == 36 && tail == 0),
        b"T3BlbkFJ" => (Class::ApiKey, "openai", head >= 12 && tail >= 12),
        b"-us" => {
            let hex = run_back(b, start, 33, |c| c.is_ascii_hexdigit());
            let digits = run(b, end, 3, |c| c.is_ascii_digit());
            if start - hex == 32 && digits > end {
                out.push(Hit::new(hex, digits, Class::ApiKey, "mailchimp"));
            }
            return;
        }
        b".apps.googleusercontent.com" => {
            (Class::ApiKey, "google_client_id", head >= 40 && at(b, from).is_ascii_digit())
        }
        _ => return,
    };
    if fits && Mix::of(cut(b, from, stop)).is_mixed() {
        out.push(Hit::new(from, stop, class, name));
    }
}
