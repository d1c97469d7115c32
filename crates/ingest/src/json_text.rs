//! JSON text as SDKs write it, broken characters included.

use std::borrow::Cow;

use serde_json::Value;

/// What stands for a character that is none.
const REPLACEMENT: &str = "\\ufffd";

/// Parses a JSON text. Half of a character written as an escape (`"\ud800"`), which JSON allows and
/// Unicode does not, is read as U+FFFD.
pub(crate) fn parse(text: &str) -> serde_json::Result<Value> {
    serde_json::from_str(text).or_else(|error| match repaired(text) {
        Cow::Owned(whole) => serde_json::from_str(&whole),
        Cow::Borrowed(_) => Err(error),
    })
}

/// Replaces the escapes that are half of a character.
fn repaired(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let (mut kept, mut at) = (0, 0);
    while let Some(found) = memchr::memchr(b'\\', text.as_bytes().get(at..).unwrap_or_default()) {
        let start = at + found;
        at = start + 2;
        let Some(unit) = escape(text, start) else { continue };
        at = start + 6;
        let is_pair = (0xd800..0xdc00).contains(&unit)
            && escape(text, at).is_some_and(|low| (0xdc00..0xe000).contains(&low));
        if is_pair {
            at += 6;
        } else if (0xd800..0xe000).contains(&unit) {
            out.push_str(text.get(kept..start).unwrap_or_default());
            out.push_str(REPLACEMENT);
            kept = at;
        }
    }
    if kept == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(text.get(kept..).unwrap_or_default());
    Cow::Owned(out)
}

/// Reads the `\uXXXX` that begins at `start`.
fn escape(text: &str, start: usize) -> Option<u32> {
    let digits = text.get(start..start + 6)?.strip_prefix("\\u")?;
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(())?;
    u32::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_character_is_replaced_and_nothing_else() {
        for (text, want) in [
            (r#""a\ud800b""#, "a\u{fffd}b"),
            (r#""\udc00""#, "\u{fffd}"),
            (r#""\ud83d\ud83d\ude00\uDE00""#, "\u{fffd}\u{1f600}\u{fffd}"),
            // An escaped backslash before the letters.
            (r#""\\ud800 \ud800""#, "\\ud800 \u{fffd}"),
            (r#""\ud83d\ude00é""#, "\u{1f600}é"),
        ] {
            assert_eq!(parse(text).unwrap(), Value::from(want), "{text}");
        }
        assert!(parse(r#""\ud8zz""#).is_err() && parse(r#""\ud800"#).is_err());
    }
}
