//! What the name of a JSON member says about its value.

use super::Search;
use crate::class::Class;
use crate::detect::bytes::cut;
use crate::detect::keys::{self, KeyKind};
use crate::detect::value::{Mix, is_placeholder, is_random};
use crate::detect::{Scope, Span, detect_raw, headers};

/// What the name of a member says about its value.
#[derive(Debug, Clone)]
pub(super) enum Field {
    Plain,
    Secret(KeyKind),
    Personal(Class),
    Never,
    /// `"key"`, `"name"`: the value is itself a name, of the sibling `"value"`.
    Name,
    /// A member of a map or list of cookies: the cookie's name, empty where a sibling has it.
    Jar(String),
    /// `"value"`, `"stringValue"`: takes what a sibling announced.
    Value,
}

/// What the member's name says.
pub(super) fn of(search: &Search<'_>, name: &str) -> Field {
    if search.never_store.contains(name) {
        return Field::Never;
    }
    match name {
        "key" | "name" | "Name" | "Key" | "header" => return Field::Name,
        "value" | "Value" | "stringValue" | "string_value" | "values" | "arrayValue" => {
            return Field::Value;
        }
        "role" | "content" | "type" | "text" | "id" | "parts" | "messages" => {
            return Field::Plain;
        }
        _ => {}
    }
    if let Some(kind) = keys::classify(name.as_bytes()) {
        return Field::Secret(kind);
    }
    if search.scope == Scope::All
        && let Some(class) = keys::personal(name)
    {
        return Field::Personal(class);
    }
    Field::Plain
}

/// The class of values that a policy never stores; they are dropped.
pub(crate) fn never() -> Class {
    Class::Custom("never_store".into())
}

/// The whole value, where the name alone decides.
pub(super) fn whole(field: &Field, value: &str) -> Option<Span> {
    let b = value.as_bytes();
    let span = |start, class: &Class| Some(Span::new(start, b.len(), class.clone(), "json_field"));
    match field {
        Field::Never if !b.is_empty() => Some(Span::new(0, b.len(), never(), "never_store")),
        Field::Secret(kind) => {
            let mut from = 0;
            for scheme in ["bearer ", "basic ", "token ", "apikey ", "digest ", "ssws ", "key "] {
                if b.get(..scheme.len()).is_some_and(|h| h.eq_ignore_ascii_case(scheme.as_bytes()))
                {
                    from = scheme.len();
                }
            }
            let secret = cut(b, from, b.len());
            if is_placeholder(secret)
                || b.windows(9).any(|w| w == b"-----BEGIN") && kind.class != Class::PrivateKey
            {
                return None;
            }
            let words = secret.split(|c| *c == b' ').filter(|w| w.len() > 1).count();
            let prose = words > 3 && kind.class != Class::Cookie;
            let fits = if kind.strong {
                let mix = Mix::of(secret);
                !prose
                    && (kind.class == Class::Password
                        || kind.class == Class::Cookie
                        || mix.digit > 0 && secret.len() >= 4
                        || secret.len() >= 12 && words == 1)
            } else {
                is_random(secret)
            };
            if !fits {
                return None;
            }
            let known = detect_raw(value, Scope::Secrets);
            let class = known
                .iter()
                .find(|s| s.start <= from && s.end + 1 >= b.len())
                .map_or(&kind.class, |s| &s.class);
            span(from, class)
        }
        Field::Jar(name) => {
            headers::cookie_value(name.as_bytes(), b).then(|| span(0, &Class::Cookie)).flatten()
        }
        Field::Personal(class) => {
            let mix = Mix::of(b);
            let least = match class {
                Class::Address => 1,
                Class::GovId => 5,
                _ => 7,
            };
            (mix.digit >= least && b.len() <= 200 && b.len() >= 6 && !is_placeholder(b))
                .then(|| span(0, class))
                .flatten()
        }
        _ => None,
    }
}
