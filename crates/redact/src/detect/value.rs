//! Judgement of a value: is it a placeholder, is it random enough to be a secret.

use super::bytes::{at, contains_ci, cut};

/// Shannon entropy in bits per byte.
pub(crate) fn entropy(b: &[u8]) -> f64 {
    if b.is_empty() {
        return 0.0;
    }
    let mut counts = [0u32; 256];
    for &c in b {
        if let Some(slot) = counts.get_mut(usize::from(c)) {
            *slot += 1;
        }
    }
    let n = b.len() as f64;
    counts
        .iter()
        .filter(|&&count| count > 0)
        .map(|&count| {
            let p = f64::from(count) / n;
            -p * p.log2()
        })
        .sum()
}

/// Letters and digits of a value, counted.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Mix {
    pub(crate) lower: usize,
    pub(crate) upper: usize,
    pub(crate) digit: usize,
    pub(crate) other: usize,
    /// Letters outside a-f.
    pub(crate) non_hex: usize,
    /// Changes between lower, upper and digit.
    pub(crate) turns: usize,
}

impl Mix {
    pub(crate) fn of(b: &[u8]) -> Self {
        let mut mix = Self::default();
        let mut last = 0u8;
        for &c in b {
            let kind = match c {
                b'a'..=b'z' => {
                    mix.lower += 1;
                    mix.non_hex += usize::from(c > b'f');
                    1
                }
                b'A'..=b'Z' => {
                    mix.upper += 1;
                    mix.non_hex += usize::from(c > b'F');
                    2
                }
                b'0'..=b'9' => {
                    mix.digit += 1;
                    3
                }
                _ => {
                    mix.other += 1;
                    0
                }
            };
            if kind != 0 && last != 0 && kind != last {
                mix.turns += 1;
            }
            last = kind;
        }
        mix
    }

    pub(crate) fn letters(self) -> usize {
        self.lower + self.upper
    }

    /// Digits and letters together, or letters that change case like no word does.
    pub(crate) fn is_mixed(self) -> bool {
        (self.digit > 0 && self.letters() > 0) || self.turns >= 4
    }
}

const PLACEHOLDERS: [&str; 36] = [
    "null",
    "none",
    "nil",
    "undefined",
    "true",
    "false",
    "string",
    "str",
    "text",
    "string?",
    "optional",
    "required",
    "redacted",
    "[redacted]",
    "masked",
    "hidden",
    "changeme",
    "change_me",
    "change-me",
    "todo",
    "tbd",
    "n/a",
    "na",
    "xxx",
    "placeholder",
    "example",
    "password",
    "secret",
    "token",
    "apikey",
    "api_key",
    "api-key",
    "value",
    "int",
    "object",
    "empty",
];

/// Whether the value only stands for a secret: a template variable, a mask, a call, a type name.
pub(crate) fn is_placeholder(value: &[u8]) -> bool {
    let v = value.trim_ascii();
    let (Some(&first), Some(&last)) = (v.first(), v.last()) else {
        return true;
    };
    if v.iter().all(|&c| c == first) {
        return true;
    }
    if v.iter().all(|&c| matches!(c, b'*' | b'x' | b'X' | b'.' | b'-' | b'_' | b'#' | b'?')) {
        return true;
    }
    if PLACEHOLDERS.iter().any(|p| v.eq_ignore_ascii_case(p.as_bytes())) {
        return true;
    }
    if is_reference(v, first, last) {
        return true;
    }
    if v.starts_with(b"&lt;") || is_type_name(v) {
        return true;
    }
    let head = cut(v, 0, 24);
    let named = ["your", "my_", "my-", "insert", "enter", "replace", "put_", "add_", "<your"];
    let starts = named
        .iter()
        .any(|p| v.get(..p.len()).is_some_and(|h| h.eq_ignore_ascii_case(p.as_bytes())));
    // `YOUR_API_KEY`, `your-token-here`: words only, no digits, and they say what they stand for.
    starts
        && !v.iter().any(u8::is_ascii_digit)
        && ["key", "token", "secret", "pass", "here", "value", "id", "credential"]
            .iter()
            .any(|w| contains_ci(v, w))
        || contains_ci(head, "process.env")
        || contains_ci(head, "os.environ")
        || contains_ci(head, "os.getenv")
        || contains_ci(head, "getenv(")
        || contains_ci(head, "import.meta.env")
        || contains_ci(head, "secrets.")
}

/// `u32`, `__u64`, `uint8_t`, `int64`, `varchar255`: the type of a field, not its value.
fn is_type_name(v: &[u8]) -> bool {
    let core = cut(v, v.iter().take_while(|&&c| c == b'_').count(), v.len());
    let core = core.strip_suffix(b"_t").unwrap_or(core);
    let letters = core.iter().take_while(|c| c.is_ascii_lowercase()).count();
    let digits = cut(core, letters, core.len());
    (1..=3).contains(&digits.len())
        && digits.iter().all(u8::is_ascii_digit)
        && ["i", "u", "f", "int", "uint", "float", "char", "varchar", "bytes", "utf", "string"]
            .iter()
            .any(|name| cut(core, 0, letters) == name.as_bytes())
}

/// `PrivateDecryptingKey`, `startToken`: words of an identifier of a program.
pub(crate) fn is_camel_case(v: &[u8]) -> bool {
    let mut run = 0;
    v.iter().skip(1).any(u8::is_ascii_uppercase)
        && v.iter().all(u8::is_ascii_alphabetic)
        && v.iter().all(|c| {
            let whole = !c.is_ascii_uppercase() || run == 0 || run >= 3;
            run = if c.is_ascii_uppercase() { 1 } else { run + 1 };
            whole
        })
        && run >= 3
}

fn is_reference(v: &[u8], first: u8, last: u8) -> bool {
    if (first == b'<' && last == b'>') || (first == b'[' && last == b']') {
        return true;
    }
    // A mask of ours that the text went on after: `<API_KEY>;`.
    if first == b'<' && v.iter().position(|&c| c == b'>').is_some_and(|n| n >= 3) {
        return true;
    }
    if v.starts_with(b"${") || v.starts_with(b"{{") || v.starts_with(b"$(") || v.starts_with(b"#{")
    {
        return true;
    }
    if v.starts_with(b"{") && last == b'}' && v.len() <= 40 && !v.contains(&b'"') {
        return true;
    }
    if first == b'%' && last == b'%' && v.len() > 2 {
        return true;
    }
    if v.ends_with(b"...") || v.starts_with(b"...") || v.ends_with("…".as_bytes()) {
        return true;
    }
    // `$NAME` and `$object->member`: a variable, unless it has a digit like a real password.
    first == b'$'
        && at(v, 1).is_ascii_alphabetic()
        && v.iter()
            .skip(1)
            .all(|&c| c.is_ascii_alphabetic() || matches!(c, b'_' | b':' | b'>' | b'-' | b'$'))
}

/// Whether the value is a provider's sample in its documentation: letters and digits that count up
/// or down in turns (`a1b2c3d4…`) with a provider's mark before or after them. Without a mark it
/// is taken for a secret: better a sample masked than a lazy key kept.
pub(crate) fn is_sample(v: &[u8]) -> bool {
    let first_digit = v.iter().position(u8::is_ascii_digit).unwrap_or(v.len());
    let mark = cut(v, 0, first_digit.saturating_sub(1));
    let before_it = mark.len() >= 3
        && mark.ends_with(b"-")
        && mark.iter().all(|c| c.is_ascii_lowercase() || *c == b'-');
    let after_it = v.len() >= 24
        && cut(v, v.len() - 4, v.len()).iter().all(u8::is_ascii_uppercase)
        && !cut(v, 0, v.len() - 4).iter().any(u8::is_ascii_uppercase);
    let body = match (before_it, after_it) {
        (true, _) => cut(v, mark.len(), v.len()),
        (false, true) => cut(v, 0, v.len() - 4),
        _ => return false,
    };
    let letters: Vec<u8> = body.iter().copied().filter(u8::is_ascii_alphabetic).collect();
    let steps = letters.windows(2).filter(|w| matches!(w, [a, b] if a.abs_diff(*b) == 1)).count();
    let mix = Mix::of(body);
    letters.len() >= 8 && steps * 10 >= letters.len() * 6 && mix.turns * 10 >= letters.len() * 12
}

/// Whether the bytes are a UUID (8-4-4-4-12 hex).
pub(crate) fn is_uuid(v: &[u8]) -> bool {
    v.len() == 36
        && v.iter().enumerate().all(|(i, &c)| match i {
            8 | 13 | 18 | 23 => c == b'-',
            _ => c.is_ascii_hexdigit(),
        })
}

/// Whether the bytes look like a digest or a trace id: bare hex of a usual length.
pub(crate) fn is_hash_like(v: &[u8]) -> bool {
    matches!(v.len(), 16 | 32 | 40 | 56 | 64 | 96 | 128) && v.iter().all(u8::is_ascii_hexdigit)
}

/// Whether a value under a key that certainly names a credential is one.
pub(crate) fn is_keyed_secret(v: &[u8]) -> bool {
    if v.len() < 6 || is_placeholder(v) {
        return false;
    }
    let mix = Mix::of(v);
    if v.len() >= 12 && v.iter().all(|c| c.is_ascii_alphabetic() || matches!(c, b'_' | b'.' | b'-'))
    {
        if is_camel_case(v) && v.len() < 40 {
            return false;
        }
        // Words joined by separators are names; random letters change case or are very even.
        return mix.turns >= 5 || (v.len() >= 20 && mix.other == 0 && entropy(v) >= 3.6);
    }
    mix.digit > 0 && (mix.letters() > 0 || v.len() >= 8) && entropy(v) >= 2.2
        || (mix.other > 0 && mix.letters() > 0 && v.len() >= 8 && entropy(v) >= 3.0 && !is_path(v))
}

/// Whether a value after a weak key (`token X`, `key: X`) is random enough by itself.
pub(crate) fn is_random(v: &[u8]) -> bool {
    if v.len() < 16 || is_placeholder(v) || is_uuid(v) || is_hash_like(v) {
        return false;
    }
    let mix = Mix::of(v);
    if mix.digit == 0 || mix.letters() == 0 || is_path(v) {
        return false;
    }
    let longest = v
        .split(|c| !c.is_ascii_alphanumeric())
        .map(|part| (part.len(), Mix::of(part)))
        .filter(|(_, m)| m.digit > 0 && m.letters() > 0 && m.turns >= 3)
        .map(|(n, _)| n)
        .max()
        .unwrap_or(0);
    longest >= 10 && entropy(v) >= 3.2
}

/// Whether the bytes are base64 of random bytes: no words, as between the slashes of a path.
fn is_base64(v: &[u8]) -> bool {
    let base64 = |c: &u8| c.is_ascii_alphanumeric() || matches!(c, b'+' | b'/' | b'=');
    let mix = Mix::of(v);
    let padded = v.len() >= 40 && v.len().is_multiple_of(4) && v.ends_with(b"=");
    v.len() >= 32 && v.iter().all(base64) && (padded || mix.digit > 0 && mix.turns * 3 >= v.len())
}

/// Paths, URLs, MIME types and dotted names.
pub(crate) fn is_path(v: &[u8]) -> bool {
    v.starts_with(b"/") && !is_base64(v)
        || v.starts_with(b"./")
        || v.starts_with(b"../")
        || v.starts_with(b"http:")
        || v.starts_with(b"https:")
        || v.starts_with(b"s3:")
        || v.starts_with(b"gs:")
        || v.starts_with(b"arn:")
        || v.starts_with(b"sha")
}
