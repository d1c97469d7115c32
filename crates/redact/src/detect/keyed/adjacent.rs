//! Opaque values right behind words that announce one.

use super::super::Hit;
use super::super::bytes::{at, cut, run, run_back};
use super::super::value::{Mix, is_path, is_placeholder, is_sample, is_uuid};
use crate::class::Class;

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
        // `KEYS_259C84CBA6426349_REFLECTED` is one identifier.
        let identifier = at(b, from - 1) == b'_' && value.contains(&b'_');
        if !identifier && opaque(value, shouted) && !matches!(at(b, stop), b'(' | b':') {
            out.push(Hit::new(from, stop, Class::Token, "adjacent_secret"));
        }
        return;
    }
}

/// A value no word or name looks like: long hexadecimal, long runs of letters and digits.
fn opaque(value: &[u8], shouted: bool) -> bool {
    if value.len() < 16 || is_placeholder(value) || is_path(value) || is_sample(value) {
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
