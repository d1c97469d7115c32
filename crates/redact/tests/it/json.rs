//! JSON documents: names of members decide, everything else stays byte for byte.

use spanlake_redact::TextMode;

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
