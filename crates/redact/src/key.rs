//! Keyed pseudonyms: the same value under the same key and tenant is always the same token, and
//! without the key a token says nothing, however few the possible values are.

use std::fmt;

use data_encoding::{BASE32_NOPAD, HEXLOWER};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::class::Class;
use crate::error::RedactError;

type HmacSha256 = Hmac<Sha256>;

/// A secret key for pseudonyms. The caller loads it (`SPANLAKE_REDACTION_KEY`, or a file of mode
/// 0600 outside the store); `Debug` shows the key's id only.
#[derive(Clone)]
pub struct HmacKey {
    secret: Vec<u8>,
    id: String,
}

impl HmacKey {
    /// Takes the key's bytes; white space at both ends is not part of it.
    ///
    /// # Errors
    /// [`RedactError::ShortKey`] below 16 bytes.
    pub fn new(bytes: &[u8]) -> Result<Self, RedactError> {
        let secret = bytes.trim_ascii().to_vec();
        if secret.len() < 16 {
            return Err(RedactError::ShortKey { bytes: secret.len() });
        }
        let digest =
            Sha256::new().chain_update(b"spanlake key id\0").chain_update(&secret).finalize();
        let id = HEXLOWER.encode(digest.get(..4).unwrap_or(&[]));
        Ok(Self { secret, id })
    }

    /// Names the key without revealing it: 8 hexadecimal digits.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The key of one tenant, so that tokens of different tenants cannot be joined.
    pub(crate) fn subkey(&self, tenant: &str) -> Subkey {
        Subkey(mac(&self.secret, &[b"tenant\0", tenant.as_bytes()]))
    }

    /// The pseudonym of a value as it stands in the store, `<EMAIL:…>`. Erasure uses it to find a
    /// person by the original form, trying retired keys as well.
    pub fn pseudonym(&self, tenant: &str, class: &Class, value: &str) -> String {
        self.subkey(tenant).pseudonym(class, value)
    }

    /// A keyed hash of bytes in hexadecimal, for content that is kept as a hash only.
    pub fn hash(&self, bytes: &[u8]) -> String {
        HEXLOWER.encode(&mac(&self.secret, &[b"content\0", bytes]))
    }
}

impl fmt::Debug for HmacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HmacKey({})", self.id)
    }
}

/// A tenant's key.
#[derive(Clone)]
pub(crate) struct Subkey([u8; 32]);

impl Subkey {
    /// `<CLASS:` and 80 bits of HMAC-SHA256(class, 0, normalised value) in base 32 `>`.
    pub(crate) fn pseudonym(&self, class: &Class, value: &str) -> String {
        let normal = normalise(class, value);
        let digest = mac(&self.0, &[class.name().as_bytes(), b"\0", normal.as_bytes()]);
        let token = BASE32_NOPAD.encode(digest.get(..10).unwrap_or(&[])).to_ascii_lowercase();
        format!("<{}:{token}>", class.label())
    }
}

fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mut mac = HmacSha256::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// The form in which spellings of one value agree.
pub(crate) fn normalise(class: &Class, value: &str) -> String {
    match class {
        Class::Email => value.trim().to_lowercase().replace("%40", "@"),
        Class::Phone => {
            let digits: String = value.chars().filter(char::is_ascii_digit).collect();
            let digits = digits.strip_prefix("00").unwrap_or(&digits);
            // North American numbers with and without the country code.
            match (digits.len(), digits.strip_prefix('1')) {
                (11, Some(rest)) => rest.to_owned(),
                _ => digits.to_owned(),
            }
        }
        Class::Card | Class::Iban | Class::GovId => value
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|c| c.to_ascii_uppercase())
            .collect(),
        Class::IpAddress => value
            .parse::<std::net::IpAddr>()
            .map_or_else(|_| value.to_ascii_lowercase(), |ip| ip.to_string()),
        Class::Address => value
            .to_lowercase()
            .split(|c: char| c.is_whitespace() || c == ',')
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(" "),
        _ => value.to_owned(),
    }
}
