//! What a piece of text is, and the names by which policies and reports speak of it.

use std::fmt;
use std::sync::Arc;

/// What a detected span is. The snake-case name is the one used in policies and in `redactions`,
/// the upper-case one stands in masks and pseudonyms.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Class {
    /// PEM, `OpenSSH`, PGP, age or `PuTTY` private keys, also base64-wrapped.
    PrivateKey,
    /// Static credentials of a service: API keys, client secrets, webhook addresses.
    ApiKey,
    /// Bearer, session, personal-access and signed-URL tokens.
    Token,
    /// Passwords, pass phrases, password hashes, the user info of URLs, basic authentication.
    Password,
    /// Values of HTTP cookies.
    Cookie,
    /// Payment card numbers (Luhn).
    Card,
    /// International bank account numbers (ISO 13616, mod 97).
    Iban,
    /// National, tax, health, passport and driver identifiers.
    GovId,
    /// E-mail addresses.
    Email,
    /// Telephone numbers.
    Phone,
    /// IPv4 and IPv6 addresses other than loopback and unspecified.
    IpAddress,
    /// Street addresses and post boxes.
    Address,
    /// A class that a policy's own detector introduces.
    Custom(Arc<str>),
}

impl Class {
    /// Every built-in class, most severe first.
    pub const BUILT_IN: [Self; 12] = [
        Self::PrivateKey,
        Self::ApiKey,
        Self::Token,
        Self::Password,
        Self::Cookie,
        Self::Card,
        Self::Iban,
        Self::GovId,
        Self::Email,
        Self::Phone,
        Self::IpAddress,
        Self::Address,
    ];

    /// The name used in policies and in the `redactions` column.
    pub fn name(&self) -> &str {
        match self {
            Self::PrivateKey => "private_key",
            Self::ApiKey => "api_key",
            Self::Token => "token",
            Self::Password => "password",
            Self::Cookie => "cookie",
            Self::Card => "card",
            Self::Iban => "iban",
            Self::GovId => "gov_id",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::IpAddress => "ip_address",
            Self::Address => "address",
            Self::Custom(name) => name,
        }
    }

    /// The built-in class of that name.
    pub fn built_in(name: &str) -> Option<Self> {
        Self::BUILT_IN.into_iter().find(|class| class.name() == name)
    }

    /// The upper-case name that stands inside masks: `<API_KEY>`.
    pub fn label(&self) -> String {
        self.name().to_ascii_uppercase()
    }

    /// Whether the class is a credential; the other built-in classes are personal data.
    pub fn is_secret(&self) -> bool {
        matches!(
            self,
            Self::PrivateKey | Self::ApiKey | Self::Token | Self::Password | Self::Cookie
        )
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
