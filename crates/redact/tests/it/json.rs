//! JSON documents: names of members decide, everything else stays byte for byte.

use spanlake_redact::{Policy, Redactor, TextMode};

use crate::masks;

fn redact(text: &str) -> String {
    masks().redact_text(text, TextMode::Json).0.into_owned()
}

#[test]
fn values_of_sensitive_members_are_masked_whole() {
    assert_eq!(
        redact(r#"{"password":"open sesame","max_tokens":4096}"#),
        r#"{"password":"<PASSWORD>","max_tokens":4096}"#
    );
    assert_eq!(redact(r#"{ "Set-Cookie" : "a=b; Path=/" }"#), r#"{ "Set-Cookie" : "<COOKIE>" }"#);
    assert_eq!(
        redact(r#"{"key":"db.password","value":{"stringValue":"tulip"}}"#),
        r#"{"key":"db.password","value":{"stringValue":"<PASSWORD>"}}"#
    );
    assert_eq!(redact(r#"{"pin": 481516}"#), r#"{"pin": "<PASSWORD>"}"#);
}

#[test]
fn schemas_placeholders_and_counts_stay() {
    for text in [
        r#"{"properties":{"password":{"type":"string","description":"The user's password"}}}"#,
        r#"{"password":null,"api_key":"${API_KEY}","secret":false,"token_type":"bearer"}"#,
        r#"{"token":"Hello","logprob":-0.0123,"bytes":[72,101]}"#,
        r#"{"embedding":[-0.18533765,-0.8514726,0.44069917],"index":0}"#,
        r#"{"id":"chatcmpl-AbCdEf0123456789abcdef01234","created":1764569969,"next_page_token":"abc123def456ghi789"}"#,
        r#"{"trace_id":"0af7651916cd43dd8448eb211c80319c","span_id":"b7ad6b7169203331"}"#,
    ] {
        assert_eq!(redact(text), text);
    }
}

#[test]
fn json_in_strings_is_walked() {
    let inner = serde_json::json!({"password": "tulip", "phone": 4_155_550_132_u64}).to_string();
    let text = serde_json::json!({"arguments": inner}).to_string();
    let redacted: serde_json::Value = serde_json::from_str(&redact(&text)).unwrap();
    let inner: serde_json::Value =
        serde_json::from_str(redacted["arguments"].as_str().unwrap()).unwrap();
    assert_eq!(inner, serde_json::json!({"password": "<PASSWORD>", "phone": "<PHONE>"}));
}

/// What a limit on the length of values cuts, and what other programs take for JSON.
#[test]
fn cut_and_broken_documents_keep_the_names_of_their_values() {
    let prose = "The prompt goes on and on. ".repeat(20);
    let word = ["Tr0ub4", "dor-", "3"].concat();
    let inner = format!("{{\\\"password\\\":\\\"{word}");
    for text in [
        format!("{{\"prompt\":\"{prose}\",\"password\":\"{word}"),
        format!("{{\"prompt\":\"{prose}\",\"password\": '{word}'}}"),
        format!("{{\"prompt\":\"{prose}\",\"password\": [\"{word}"),
        format!("{{\"prompt\":\"{prose}\",\"arguments\":\"{inner}"),
        format!("{{\"prompt\":\"x\",\"password\":\"correct horse {word}"),
    ] {
        let redacted = redact(&text);
        assert!(!redacted.contains("Tr0ub4"), "`{}`", redacted.replace(&prose, "…"));
        assert_eq!(redact(&redacted), redacted);
    }
    assert_eq!(redact(r#"{"a":"ok","note":"cut off h"#), r#"{"a":"ok","note":"cut off h"#);
}

#[test]
fn members_that_are_never_stored_go_with_all_they_hold() {
    let policy = "[fields]\nnever_store = [\"x-internal\"]\n";
    let redactor = Redactor::new(Policy::from_toml(policy).unwrap(), None).unwrap();
    let redact = |text: &str| redactor.redact_text(text, TextMode::Json).0.into_owned();
    let prose = "word ".repeat(40);
    for (text, kept) in [
        (r#"{"x-internal":{"a":"lilac","b":[17,true]},"c":"fern"}"#, "fern"),
        (r#"{"c":"fern","x-internal":"lilac"#, "fern"),
        (r#"{"c":"fern","x-internal":["lilac","lil"#, "fern"),
        (r#"{"c":"fern","x-internal": 'lilac', "d": 17}"#, "fern"),
        (r#"{"value":"lilac","key":"x-internal","c":"fern"}"#, "fern"),
        (r#"[{"value":{"stringValue":"lilac"},"key":"x-internal"},"fern"]"#, "fern"),
        (&format!(r#"{{"c":"fern {prose}","x-internal": lilac}}"#), "fern"),
    ] {
        let redacted = redact(text);
        assert!(!redacted.contains("lil") && !redacted.contains("17"), "{redacted}");
        assert!(redacted.contains(kept), "{redacted}");
        assert_eq!(redact(&redacted), redacted);
    }
}

#[test]
fn a_value_may_stand_before_its_name() {
    for (text, redacted) in [
        (
            r#"[{"value":"hunter2X","name":"DB_PASSWORD"}]"#,
            r#"[{"value":"<PASSWORD>","name":"DB_PASSWORD"}]"#,
        ),
        (
            r#"{"value":{"stringValue":"tulip"},"key":"db.password"}"#,
            r#"{"value":{"stringValue":"<PASSWORD>"},"key":"db.password"}"#,
        ),
        (
            r#"{"value":{"arrayValue":{"values":[{"stringValue":"tu\nlip"}]}},"key":"db.password"}"#,
            r#"{"value":{"arrayValue":{"values":[{"stringValue":"<PASSWORD>"}]}},"key":"db.password"}"#,
        ),
        (r#"{"value":481516,"name":"pin"}"#, r#"{"value":"<PASSWORD>","name":"pin"}"#),
        (
            r#"{"value":"tulip","name":"flower","x":{"value":"rose","name":"pin"}}"#,
            r#"{"value":"tulip","name":"flower","x":{"value":"<PASSWORD>","name":"pin"}}"#,
        ),
        (
            r#"{"cookies":[{"value":"k3jd82","name":"sid"},{"value":"dark","name":"theme"}]}"#,
            r#"{"cookies":[{"value":"<COOKIE>","name":"sid"},{"value":"dark","name":"theme"}]}"#,
        ),
    ] {
        assert_eq!(redact(text), redacted);
    }
}
