//! Pseudonyms: equal for equal values, tenants and keys, and only then.

use spanlake_redact::{Class, HmacKey, TextMode};

use crate::keyed;

#[test]
fn spellings_of_one_value_agree_and_tenants_do_not() {
    let redactor = keyed();
    let of = |tenant: &str, class: &Class, value: &str| {
        redactor.pseudonym(tenant, class, value).unwrap()
    };
    assert_eq!(of("a", &Class::Email, "Jo@Example.org"), of("a", &Class::Email, "jo@example.org"));
    assert_eq!(of("a", &Class::Phone, "+1 (206) 555-0137"), of("a", &Class::Phone, "206-555-0137"));
    assert_eq!(
        of("a", &Class::Iban, "gb33 bukb 2020 1555 5555 55"),
        of("a", &Class::Iban, "GB33BUKB20201555555555")
    );
    assert_ne!(of("a", &Class::Email, "jo@example.org"), of("b", &Class::Email, "jo@example.org"));
    let token = of("a", &Class::Email, "jo@example.org");
    assert_eq!(token.len(), "<EMAIL:>".len() + 16);
}

#[test]
fn text_holds_the_token_that_a_lookup_computes() {
    let redactor = keyed();
    let (text, _) = redactor.redact_text_for("acme", "from jo@example.org", TextMode::Plain);
    assert_eq!(
        text,
        format!("from {}", redactor.pseudonym("acme", &Class::Email, "jo@example.org").unwrap())
    );
    let other = HmacKey::new(b"another key for these tests").unwrap();
    assert_ne!(Some(other.id()), redactor.key_id());
    assert_ne!(
        other.pseudonym("acme", &Class::Email, "jo@example.org"),
        text.trim_start_matches("from ")
    );
}

/// RFC 4231 fixes HMAC-SHA256; the token follows from it: Python's
/// `hmac.new(hmac.new(key, b"tenant\0" + tenant, sha256).digest(), class + b"\0" + value, sha256)`,
/// first ten bytes in base 32.
#[test]
fn the_token_is_the_documented_hmac() {
    let key = HmacKey::new(b"0123456789abcdef").unwrap();
    assert_eq!(key.pseudonym("acme", &Class::Email, "jo@example.org"), "<EMAIL:hlonkxmzoe2ejlnz>");
}
