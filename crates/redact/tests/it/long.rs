//! Long texts of marks that begin what never ends: what was read once is not read again. Each of
//! these took minutes when every mark was read on its own.

use spanlake_redact::TextMode;

use crate::masks;

const BYTES: usize = 1 << 20;

/// The text again and again, and how much of it is found.
fn found(text: &str) -> usize {
    let long = text.repeat(BYTES / text.len());
    masks().detect(&long, TextMode::Plain).iter().map(|span| span.end - span.start).sum()
}

#[test]
fn user_infos_and_mail_addresses_are_told_apart() {
    let count = BYTES / 15;
    // Both halves of the user info, nothing of the host.
    assert_eq!(found("://u:pw12@h.co "), count * 5);
}

#[test]
fn marks_that_begin_nothing() {
    for text in ["eyJ.", "eyJ-", "$1$", "$1$$2a$", "sig=", "LS0tLS1CRUdJTi", "sk-", "AKIA."] {
        found(text);
    }
}

#[test]
fn keys_without_an_end() {
    let text = ["-----BEGIN", " PRIVATE"].concat();
    let long = text.repeat(BYTES / text.len());
    let spans = masks().detect(&long, TextMode::Plain);
    assert_eq!(spans.iter().map(|s| (s.start, s.end)).collect::<Vec<_>>(), [(0, long.len())]);
}

#[test]
fn containers_in_containers() {
    let depth = BYTES / 12;
    let text = format!("{}\"a\"{}", "{\"value\":[\"b\",".repeat(depth), "]}".repeat(depth));
    assert!(masks().detect(&text, TextMode::Json).is_empty());
}
