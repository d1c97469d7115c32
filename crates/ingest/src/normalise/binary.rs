//! Images, audio and other bytes are kept as their hash, size and type only.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// Base64 shorter than this is kept: it may be an id.
const MIN_BASE64_BYTES: usize = 256;

/// Describes bytes instead of keeping them.
pub(crate) fn describe(bytes: &[u8], media_type: Option<&str>) -> Value {
    let mut described = json!({
        "bytes": bytes.len(),
        "sha256": hex::encode(Sha256::digest(bytes)),
    });
    if let (Some(media_type), Some(members)) = (media_type, described.as_object_mut()) {
        members.insert("mime_type".to_owned(), Value::from(media_type));
    }
    described
}

/// Replaces binary content anywhere inside a message part.
pub(crate) fn scrub(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Some(described) = describe_text(text) {
                *value = described;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(scrub),
        Value::Object(members) => {
            let media_type = media_type(members);
            for (_, member) in members.iter_mut() {
                match member {
                    Value::String(text) if is_base64(text) => {
                        *member = describe(text.as_bytes(), media_type.as_deref());
                    }
                    other => scrub(other),
                }
            }
        }
        _ => {}
    }
}

fn media_type(members: &Map<String, Value>) -> Option<String> {
    let names = ["mime_type", "mimeType", "media_type", "mediaType", "content_type"];
    names.iter().find_map(|name| members.get(*name)?.as_str()).map(str::to_owned)
}

fn describe_text(text: &str) -> Option<Value> {
    if let Some(data) = text.strip_prefix("data:")
        && let Some((head, payload)) = data.split_once(',')
        && let Some(media_type) = head.strip_suffix(";base64")
    {
        return Some(describe(payload.as_bytes(), Some(media_type)));
    }
    is_base64(text).then(|| describe(text.as_bytes(), None))
}

/// Whether a text is one long run of base64.
fn is_base64(text: &str) -> bool {
    text.len() >= MIN_BASE64_BYTES
        && text.bytes().all(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_' | b'\n')
        })
        // A long word repeated is no base64: it mixes cases or digits.
        && text.bytes().any(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        && text.bytes().any(|byte| byte.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_urls_and_base64_are_described() {
        let long = "QUJD".repeat(100) + "abc1";
        let mut part = json!({"type": "blob", "mime_type": "image/png", "content": long,
            "url": "data:image/png;base64,AAAA", "text": "plain words stay"});
        scrub(&mut part);
        assert_eq!(part["content"]["bytes"], 404);
        assert_eq!(part["content"]["mime_type"], "image/png");
        assert_eq!(part["url"]["bytes"], 4);
        assert_eq!(part["text"], "plain words stay");
    }
}
