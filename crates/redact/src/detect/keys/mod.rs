//! What the name of a field says about its value: `db_password`, `X-Api-Key`, `max_tokens`.

mod words;

use crate::class::Class;
use words::{API_KEY, COOKIE, NOT_SECRET, PASSWORD, PRIVATE, SERVICES, TOKEN};

/// How much a name promises.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyKind {
    pub(crate) class: Class,
    /// A strong name makes any value that is not a placeholder a secret; after a weak one the value
    /// must look random by itself.
    pub(crate) strong: bool,
}

/// The last 64 letters and digits of a name, lower case.
fn fold<'b>(name: &[u8], buffer: &'b mut [u8; 64]) -> &'b [u8] {
    let mut n = 0;
    for &c in name.iter().rev() {
        if c.is_ascii_alphanumeric() {
            let Some(slot) = buffer.len().checked_sub(n + 1).and_then(|i| buffer.get_mut(i)) else {
                break;
            };
            *slot = c.to_ascii_lowercase();
            n += 1;
        }
    }
    buffer.get(buffer.len() - n..).unwrap_or(&[])
}

/// Compares last bytes first: almost every word of a list falls there.
fn ends_with_any(core: &[u8], list: &[&str]) -> bool {
    let [.., before_last, last] = core else { return false };
    list.iter().any(|w| {
        let w = w.as_bytes();
        matches!(w, [.., b, l] if l == last && b == before_last) && core.ends_with(w)
    })
}

/// What a field name says about its value, if anything. The name may be written in any case style.
pub(crate) fn classify(name: &[u8]) -> Option<KeyKind> {
    let mut buffer = [0u8; 64];
    let all = fold(name, &mut buffer);
    let core = strip_suffixes(all);
    let ends = |list: &[&str]| ends_with_any(core, list);
    if core.ends_with(b"tokens") || ends(&NOT_SECRET) {
        return None;
    }
    let kind = |class, strong| Some(KeyKind { class, strong });
    if ends(&PASSWORD) || core == b"pass" || core == b"pw" || core == b"pin" {
        return kind(Class::Password, true);
    }
    if (core.ends_with(b"pass") || core.ends_with(b"pw")) && has_edge(name, core) {
        return kind(Class::Password, true);
    }
    if ends(&PRIVATE) {
        return kind(Class::PrivateKey, true);
    }
    if ends(&COOKIE) {
        return kind(Class::Cookie, true);
    }
    if ends(&TOKEN) {
        return kind(Class::Token, true);
    }
    if ends(&API_KEY) {
        return kind(Class::ApiKey, true);
    }
    let service = || SERVICES.iter().any(|s| contains(core, s.as_bytes()));
    if core.ends_with(b"token") {
        return kind(Class::Token, (core.len() > 5 && has_edge(name, core)) || service());
    }
    if core.ends_with(b"key") {
        return kind(Class::ApiKey, service());
    }
    if [
        "auth",
        "credential",
        "credentials",
        "creds",
        "pat",
        "unseal",
        "crumb",
        "signature",
        "sig",
        "passkey",
    ]
    .iter()
    .any(|w| core.ends_with(w.as_bytes()))
        && (has_edge(name, core) || core.len() <= 11)
    {
        return kind(Class::Token, false);
    }
    let tails = ["api", "id", "sid", "auth", "login", "oauth", "access", "webhook"];
    if tails.iter().any(|w| core.ends_with(w.as_bytes())) && service() {
        return kind(Class::ApiKey, false);
    }
    None
}

fn contains(hay: &[u8], needle: &[u8]) -> bool {
    hay.windows(needle.len()).any(|w| w == needle)
}

/// Whether the name ends like a credential's and is known to be none.
pub(crate) fn is_harmless(name: &[u8]) -> bool {
    let mut buffer = [0u8; 64];
    let core = strip_suffixes(fold(name, &mut buffer));
    core.ends_with(b"tokens") || ends_with_any(core, &NOT_SECRET)
}

/// Drops what follows the meaning: `_prod`, `_2`, `Value`, `base64`.
fn strip_suffixes(all: &[u8]) -> &[u8] {
    const TAILS: [&str; 16] = [
        "production",
        "staging",
        "prod",
        "dev",
        "test",
        "live",
        "env",
        "value",
        "string",
        "base64",
        "b64",
        "plain",
        "text",
        "header",
        "encoded",
        "name0",
    ];
    let mut core = all;
    for _ in 0..3 {
        while let [head @ .., last] = core
            && last.is_ascii_digit()
            && head.len() > 3
        {
            core = head;
        }
        for tail in TAILS {
            if core.len() > tail.len() + 3
                && core.last() == tail.as_bytes().last()
                && let Some(head) = core.strip_suffix(tail.as_bytes())
            {
                core = head;
            }
        }
    }
    core
}

/// Whether the name has a separator or a change of case, so that its last word is a word.
fn has_edge(name: &[u8], core: &[u8]) -> bool {
    core.len() <= 5
        || name.iter().any(|c| matches!(c, b'_' | b'-' | b'.' | b' '))
        || name
            .windows(2)
            .any(|w| matches!(w, [a, b] if a.is_ascii_lowercase() && b.is_ascii_uppercase()))
}

/// Personal data by the name of a JSON field, for values that have no shape of their own.
pub(crate) fn personal(name: &str) -> Option<Class> {
    let mut buffer = [0u8; 64];
    let compact = fold(name.as_bytes(), &mut buffer);
    let ends = |list: &[&str]| ends_with_any(compact, list);
    if ends(&[
        "ssn",
        "socialsecuritynumber",
        "passportnumber",
        "passportno",
        "nationalid",
        "taxid",
        "nationalinsurancenumber",
        "nhsnumber",
        "aadhaar",
        "aadhaarnumber",
        "cpf",
        "cnpj",
        "driverlicense",
        "driverslicense",
        "drivinglicence",
        "driverlicensenumber",
        "licencenumber",
        "dninumber",
        "pesel",
        "personnummer",
        "steuerid",
        "codicefiscale",
        "sinnumber",
        "taxpayerid",
        "taxfilenumber",
    ]) {
        return Some(Class::GovId);
    }
    if ends(&[
        "phone",
        "phonenumber",
        "telephone",
        "mobile",
        "mobilenumber",
        "mobilephone",
        "cellphone",
        "faxnumber",
        "whatsapp",
        "telefon",
        "telefono",
    ]) {
        return Some(Class::Phone);
    }
    if ends(&["cardnumber", "creditcard", "creditcardnumber", "ccnumber", "debitcard"]) {
        return Some(Class::Card);
    }
    if compact == b"iban" || ends(&["ibannumber"]) {
        return Some(Class::Iban);
    }
    if ends(&[
        "street",
        "streetaddress",
        "streetname",
        "addressline",
        "address1",
        "address2",
        "addressline1",
        "addressline2",
        "street1",
        "mailingaddress",
        "homeaddress",
        "billingaddress",
        "shippingaddress",
        "postaladdress",
        "deliveryaddress",
        "residentialaddress",
    ]) {
        return Some(Class::Address);
    }
    None
}
