//! Credentials known by a prefix: `providers.tsv` gives for each the characters that may follow
//! and how many of them there must be.

use super::bytes::{at, before, cut, is_word, starts_token};
use super::runs::Runs;
use super::value::{Mix, is_uuid};
use crate::class::Class;

/// One line of `providers.tsv`.
#[derive(Debug)]
pub(crate) struct Prefix {
    pub(crate) detector: &'static str,
    pub(crate) start: &'static str,
    class: Class,
    set: u8,
    least: usize,
}

/// The table, in file order.
pub(crate) fn table() -> Vec<Prefix> {
    include_str!("providers.tsv").lines().filter_map(parse).collect()
}

fn parse(line: &'static str) -> Option<Prefix> {
    if line.starts_with('#') {
        return None;
    }
    let mut cells = line.split('\t');
    Some(Prefix {
        detector: cells.next()?,
        start: cells.next()?,
        class: Class::built_in(cells.next()?)?,
        set: cells.next()?.bytes().next()?,
        least: cells.next()?.parse().ok()?,
    })
}

/// The characters of a set; the letters are explained in the table's first line, the rarer ones
/// (`p` URL paths, `t` `c` `m` dotted or piped forms, `U` a UUID) narrow one of those.
fn in_set(set: u8, c: u8) -> bool {
    match set {
        b'a' | b'v' | b'k' | b'B' => {
            c.is_ascii_alphanumeric() || (set != b'a' && matches!(c, b'_' | b'-'))
        }
        b'h' => c.is_ascii_hexdigit(),
        b'u' => c.is_ascii_uppercase() || c.is_ascii_digit(),
        b'l' => c.is_ascii_lowercase() || c.is_ascii_digit(),
        b'd' | b't' | b'm' => c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-' | b'.'),
        b'b' | b'x' => {
            c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-' | b'.' | b'+' | b'/' | b'=' | b'%')
        }
        b'c' => c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-' | b'|' | b'='),
        b's' | b'S' => {
            c.is_ascii_graphic()
                && !matches!(c, b'"' | b'\'' | b'`' | b'<' | b'>' | b'\\' | b',' | b';')
        }
        b'p' | b'z' => {
            c.is_ascii_alphanumeric()
                || matches!(
                    c,
                    b'/' | b'_'
                        | b'-'
                        | b'.'
                        | b'@'
                        | b'?'
                        | b'='
                        | b'&'
                        | b'%'
                        | b'~'
                        | b'+'
                        | b':'
                )
        }
        _ => c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-'),
    }
}

/// What documentation writes in the place of a key: `…EXAMPLE`, `…XXXXXXXX`.
fn is_stand_in(body: &[u8]) -> bool {
    let masked = |w: &[u8]| w.iter().all(|c| matches!(c, b'X' | b'*'));
    body.ends_with(b"EXAMPLE") || body.ends_with(b"EXAMPLEKEY") || body.windows(10).any(masked)
}

impl Prefix {
    /// The credential whose prefix lies at `start..end`.
    pub(crate) fn matches(
        &self,
        b: &[u8],
        start: usize,
        end: usize,
        runs: &mut Runs,
    ) -> Option<(usize, usize, Class)> {
        if cut(b, start, end) != self.start.as_bytes() {
            return None;
        }
        if !starts_token(b, start) && !self.start.starts_with("http") {
            return None;
        }
        // `.s.` and `-key-` inside longer names.
        let inside = matches!(before(b, start), b'.' | b'-') && is_word(before(b, start - 1));
        if inside && self.start.len() <= 4 && self.set != b'h' {
            return None;
        }
        let seen = runs.set(self.set)?;
        let mut stop = seen.end(b, end, |c| in_set(self.set, c))?;
        while stop > end && matches!(at(b, stop - 1), b'.' | b'-' | b':' | b'?' | b'&' | b',') {
            // A sentence's punctuation; a token's own trailing dash costs a character at most.
            if at(b, stop - 1) == b'-' && self.set != b'p' && stop - end <= self.least {
                break;
            }
            stop -= 1;
        }
        let body = cut(b, end, stop);
        (body.len() >= self.least && self.plausible(b, body, stop)).then(|| {
            seen.taken();
            (start, stop, self.class.clone())
        })
    }

    fn plausible(&self, b: &[u8], body: &[u8], stop: usize) -> bool {
        let mix = Mix::of(body);
        if is_stand_in(body) {
            return false;
        }
        match (self.set, self.start) {
            (_, "_mmk") => return false,
            (b'h', _) => {
                return !at(b, stop).is_ascii_alphanumeric() && body.len() <= self.least + 100;
            }
            (b'u', _) => {
                let exact = if self.start.len() <= 4 { self.least + 4 } else { 200 };
                return mix.letters() > 0
                    && body.len() <= exact
                    && !at(b, stop).is_ascii_lowercase();
            }
            (b'U', _) => return is_uuid(body),
            (b't', _) => return at(body, 14) == b'.' && mix.digit > 8,
            (b'm', _) => return body.contains(&b'.') && mix.is_mixed(),
            (b'c', _) => return body.contains(&b'|') && mix.is_mixed(),
            (b'z', _) => return body.windows(4).any(|w| w == b"sig="),
            (b'S', _) => return at(body, 12) == b'!' && mix.is_mixed(),
            (b'v', prefix) => {
                return mix.digit > 1
                    && mix.upper > 1
                    && mix.lower > 1
                    && mix.turns >= 6
                    && (body.len() == 24
                        || body.len() == 26
                        || body.len() >= 80 && prefix == "s.");
            }
            (b'p', prefix) => {
                return !prefix.ends_with("slack.com/") || body.iter().any(u8::is_ascii_digit);
            }
            _ => {}
        }
        if self.start == "sk-" {
            // `sk-learn-…`: the random part of a key has a long stretch without separators.
            return body
                .split(|&c| c == b'-' || c == b'_')
                .any(|part| part.len() >= 12 && Mix::of(part).is_mixed());
        }
        (mix.is_mixed() && (mix.turns >= 2 || self.start.len() >= 5))
            || (mix.digit >= 16 && self.start.len() >= 4)
    }
}
