//! Properties over arbitrary text and every position of a planted secret.

use proptest::prelude::*;
use serde_json::{Value, json};
use spanlake_redact::TextMode;

use crate::{keyed, masks, planted};

const MODES: [TextMode; 4] =
    [TextMode::Plain, TextMode::Json, TextMode::Template, TextMode::Identifier];

/// Texts made of what detectors look for, glued in any order.
fn pieces() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "password",
        "api_key",
        "=",
        ": ",
        "\"",
        "\\\"",
        "\\",
        "{",
        "}",
        "[",
        "]",
        ",",
        "token is ",
        "Bearer ",
        "Basic ",
        "eyJ",
        ".",
        "@",
        "example.com",
        "4111111111111111",
        "+1 ",
        "(206) 555-0137",
        "-----BEGIN ",
        "PRIVATE KEY-----",
        "\\n",
        "\n",
        "é",
        "日本",
        "://",
        "user:pw@",
        "Cookie: a=b; session=",
        "0x",
        "::",
        "2001:db8::1",
        "GB",
        "29",
        "SSN ",
        "\\u0040",
        "%40",
        "12 Main St",
        "sig=",
        "<EMAIL>",
        "<",
        ">",
        "$",
        "null",
        "1.2.3.4",
        "\u{a0}",
    ]);
    let any = prop_oneof![4 => words.prop_map(str::to_owned), 1 => "[ -~]{0,12}", 1 => "\\PC{0,4}"];
    prop::collection::vec(any, 0..24).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn offsets_are_valid_and_redaction_is_idempotent(text in pieces()) {
        let redactor = keyed();
        for mode in MODES {
            let mut last = 0;
            for span in redactor.detect(&text, mode) {
                prop_assert!(span.start >= last && span.start < span.end && span.end <= text.len());
                prop_assert!(text.is_char_boundary(span.start) && text.is_char_boundary(span.end));
                last = span.end;
            }
            let (once, _) = redactor.redact_text(&text, mode);
            let (twice, counts) = redactor.redact_text(&once, mode);
            prop_assert_eq!(&once, &twice);
            prop_assert!(counts.is_empty(), "{:?} in {}", counts, once);
        }
    }

    #[test]
    fn arbitrary_text_never_panics(text in "\\PC{0,200}") {
        for mode in MODES {
            masks().redact_text(&text, mode);
        }
    }

    #[test]
    fn json_stays_json(texts in prop::collection::vec(pieces(), 1..6)) {
        let document = json!({"messages": texts, "n": 4_155_550_132_u64, "pin": 123_456, "inner": json!({"password": texts.first()}).to_string()});
        let text = document.to_string();
        let (redacted, _) = masks().redact_text(&text, TextMode::Json);
        let parsed: Result<Value, _> = serde_json::from_str(&redacted);
        prop_assert!(parsed.is_ok());
    }
}

#[test]
fn no_planted_secret_survives() {
    let redactor = masks();
    for secret in planted() {
        let nested = json!({"args": json!({"note": format!("use {secret} now")}).to_string()});
        let positions = [
            secret.clone(),
            format!("please use {secret} and retry"),
            format!("({secret})"),
            format!("a\n{secret}\nb"),
            json!({"role": "user", "content": format!("it is {secret}.")}).to_string(),
            json!([{"parts": [{"text": secret}]}]).to_string(),
            json!({ secret.clone(): "value" }).to_string(),
            nested.to_string(),
            json!({"outer": nested.to_string()}).to_string(),
            json!({"content": format!("line\n{secret}\t\"quoted\"")}).to_string(),
            format!("{{\\\"content\\\":\\\"see {secret}\\\"}}"),
            format!("{{\"content\":\"cut off {secret}"),
            format!("curl -d 'x={secret}' https://example.com"),
            format!("| {secret} |"),
            format!("`{secret}`"),
        ];
        for text in positions {
            for mode in [TextMode::Json, TextMode::Plain] {
                let (redacted, counts) = redactor.redact_text(&text, mode);
                assert!(
                    !redacted.contains(&secret),
                    "{mode:?} left a planted value in {}",
                    redacted.replace(&secret, "PLANTED")
                );
                assert!(!counts.is_empty());
            }
        }
    }
}

#[test]
fn escapes_hide_nothing() {
    let text = r#"{"content":"jo\u0040mail.example.org","n":1.50e+3}"#;
    let (redacted, _) = masks().redact_text(text, TextMode::Json);
    assert_eq!(redacted, r#"{"content":"<EMAIL>","n":1.50e+3}"#);
}

/// Found by the properties above.
#[test]
fn longer_digit_runs_than_any_number_are_skipped() {
    let text = "041111111111111114111111111111111 1] \"a\" } {\"b\":}";
    for mode in MODES {
        assert_eq!(masks().redact_text(text, mode).0, text);
    }
}
