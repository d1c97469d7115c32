//! Text to spans: one pass of keywords, one over digits, one over `@`; each hit is judged where it
//! lies and nothing else is looked at.
//!
//! ```text
//! text ─┬─▶ keywords (aho-corasick) ─▶ provider prefixes, names before values, PEM, JWT, URLs ─┐
//!       ├─▶ digit runs ─▶ hosts, cards, accounts, government ids, phones, street addresses   ─┼─▶ merge ─▶ spans
//!       └─▶ '@', "::"  ─▶ e-mail, IPv6                                                       ─┘
//! ```

mod address;
pub(crate) mod bytes;
mod card;
mod checks;
mod email;
mod gov;
mod ip;
mod keyed;
pub(crate) mod keys;
mod numbers;
mod phone;
mod providers;
mod secrets;
pub(crate) mod value;

use std::borrow::Cow;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, AhoCorasickKind, MatchKind};
use memchr::{memchr_iter, memmem};

use crate::class::Class;
use bytes::before;

/// A detected range of bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// What it is.
    pub class: Class,
    /// The detector that found it.
    pub detector: Cow<'static, str>,
    /// How the replacement must be quoted where a bare JSON literal is replaced; see `json`.
    pub(crate) quoting: Quoting,
    /// The value where the text spells it with escapes.
    pub(crate) decoded: Option<Box<str>>,
}

/// Whether a replacement stands inside a string already or replaces a bare JSON literal that lies
/// `depth` strings deep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quoting {
    None,
    Depth(u32),
}

pub(crate) type Hit = Span;

impl Span {
    pub(crate) fn new(start: usize, end: usize, class: Class, detector: &'static str) -> Self {
        Self {
            start,
            end,
            class,
            detector: Cow::Borrowed(detector),
            quoting: Quoting::None,
            decoded: None,
        }
    }
}

/// Which detectors run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Everything.
    All,
    /// Credentials only: prompt templates.
    Secrets,
    /// Credentials and personal data that a check confirms; nothing that is guessed from digits:
    /// columns of machine-made identifiers.
    Validated,
}

/// What to do at a keyword.
#[derive(Debug, Clone, Copy)]
enum Action {
    Provider(usize),
    Keyed,
    Authorization,
    Cookies,
    Pem,
    WrappedPem,
    Putty,
    Jwt,
    UserInfo,
    Signature,
    PasswordHash,
    Telegram,
    Discord,
    Marked,
    UserOption,
    Netrc,
    CredentialCall,
    GovWord,
    PostBox,
    EscapedAt,
}

/// The built-in detectors, compiled once.
pub(crate) struct Builtin {
    keywords: AhoCorasick,
    actions: Vec<Action>,
    prefixes: Vec<providers::Prefix>,
}

static BUILTIN: LazyLock<Builtin> = LazyLock::new(Builtin::new);

const KEYED: [&str; 27] = [
    "passw",
    "pwd",
    "pass",
    "contrase",
    "senha",
    "kennwort",
    "wachtwoord",
    "motdepasse",
    "mot de passe",
    "secret",
    "token",
    "key",
    "credential",
    "authorization",
    "jwt",
    "_auth",
    "auth=",
    "auth:",
    "auth\"",
    "_pat",
    "apikey",
    "creds",
    "_sid",
    "pin\"",
    "unseal",
    "crumb",
    "reporter_id",
];

const SERVICE_WORDS: [&str; 5] = ["_api", "client_id", "clientid", ".login", "sonarlogin"];

impl Builtin {
    fn new() -> Self {
        let prefixes = providers::table();
        let mut patterns: Vec<(&str, Action)> = Vec::new();
        patterns.extend(prefixes.iter().enumerate().map(|(i, p)| (p.start, Action::Provider(i))));
        patterns.extend(KEYED.iter().map(|w| (*w, Action::Keyed)));
        patterns.extend(SERVICE_WORDS.iter().map(|w| (*w, Action::Keyed)));
        let many = |words: &[&'static str], action: Action| {
            words.iter().map(|w| (*w, action)).collect::<Vec<_>>()
        };
        patterns.extend(many(&["bearer", "basic", "ssws"], Action::Authorization));
        patterns.extend(many(&["cookie"], Action::Cookies));
        patterns.extend(many(&["-----begin ", "---- begin "], Action::Pem));
        patterns.extend(many(&["LS0tLS1CRUdJTi"], Action::WrappedPem));
        patterns.extend(many(&["private-lines:"], Action::Putty));
        patterns.extend(many(&["eyJ"], Action::Jwt));
        patterns.extend(many(&["://"], Action::UserInfo));
        patterns.extend(many(
            &["sig", "signature", "x-amz-signature", "x-goog-signature"],
            Action::Signature,
        ));
        let hashes = [
            "$1$",
            "$2a$",
            "$2b$",
            "$2y$",
            "$5$",
            "$6$",
            "$8$",
            "$9$",
            "$y$",
            "$apr1$",
            "$argon2",
            "$krb5",
            "{ssha",
            "pbkdf2_sha",
            "$scrypt$",
            "$pbkdf2",
        ];
        patterns.extend(many(&hashes, Action::PasswordHash));
        patterns.extend(many(&[":AA"], Action::Telegram));
        patterns.extend(many(
            &["MT", "MN", "MD", "MjA", "Nz", "Nj", "ND", "NT", "OD", "OT"],
            Action::Discord,
        ));
        patterns.extend(many(
            &["Q~", ".atlasv1.", "AZDO", "NRAL", "T3BlbkFJ", "-us", ".apps.googleusercontent.com"],
            Action::Marked,
        ));
        patterns.extend(many(&["-u ", "--user ", "--user="], Action::UserOption));
        patterns.extend(many(&["machine "], Action::Netrc));
        patterns.extend(many(&["NetworkCredential", "DirectoryEntry"], Action::CredentialCall));
        patterns.extend(many(&gov::WORDS, Action::GovWord));
        patterns.extend(many(&gov::MORE_WORDS, Action::GovWord));
        patterns.extend(many(
            &["po box", "p.o. box", "p o box", "postfach", "postbus", "boîte postale", "apartado"],
            Action::PostBox,
        ));
        patterns.extend(many(&["%40"], Action::EscapedAt));
        let keywords = AhoCorasickBuilder::new()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::DFA))
            .build(patterns.iter().map(|(word, _)| word));
        #[expect(clippy::expect_used, reason = "a constant list of short words")]
        let keywords = keywords.expect("the keyword automaton is small");
        Self {
            keywords,
            actions: patterns.into_iter().map(|(_, action)| action).collect(),
            prefixes,
        }
    }

    fn keyword_pass(&self, text: &str, scope: Scope, out: &mut Vec<Hit>) {
        let b = text.as_bytes();
        let mut name_end = 0;
        for m in self.keywords.find_overlapping_iter(text) {
            let Some(&action) = self.actions.get(m.pattern().as_usize()) else { continue };
            let (start, end) = (m.start(), m.end());
            match action {
                Action::Provider(n) => {
                    if let Some(prefix) = self.prefixes.get(n)
                        && let Some((from, to, class)) = prefix.matches(b, start, end)
                    {
                        out.push(Hit::new(from, to, class, prefix.detector));
                    }
                }
                Action::Keyed => {
                    if start >= name_end {
                        name_end = keyed::scan(b, start, end, out);
                    }
                }
                Action::Authorization => keyed::authorization(b, start, end, out),
                Action::Cookies => keyed::cookies(b, end, out),
                Action::Pem => secrets::pem(b, start, out),
                Action::WrappedPem => secrets::wrapped_pem(b, start, end, out),
                Action::Putty => secrets::putty(b, end, out),
                Action::Jwt => secrets::jwt(b, start, out),
                Action::UserInfo => secrets::user_info(b, end, out),
                Action::Signature => secrets::signature(b, start, end, out),
                Action::PasswordHash => secrets::password_hash(b, start, end, out),
                Action::Telegram => secrets::telegram(b, start, out),
                Action::Discord => secrets::discord(b, start, out),
                Action::Marked => secrets::marked(b, start, end, out),
                Action::UserOption => secrets::user_option(b, start, end, out),
                Action::Netrc => secrets::netrc(b, start, end, out),
                Action::CredentialCall => secrets::credential_call(b, end, out),
                Action::GovWord if scope == Scope::All => gov::labelled(b, start, end, out),
                Action::PostBox if scope == Scope::All => address::post_box(b, start, end, out),
                Action::EscapedAt if scope != Scope::Secrets => email::scan(b, start, end, out),
                Action::GovWord | Action::PostBox | Action::EscapedAt => {}
            }
        }
    }
}

/// Digits, hosts and mail addresses.
fn personal_pass(text: &str, scope: Scope, out: &mut Vec<Hit>) {
    let b = text.as_bytes();
    for mark in memchr_iter(b'@', b) {
        email::scan(b, mark, mark + 1, out);
    }
    for mark in memmem::find_iter(b, b"::") {
        ip::six(b, mark, out);
    }
    let from = out.len();
    let mut i = 0;
    while let Some(n) = b.get(i..).and_then(|rest| rest.iter().position(u8::is_ascii_digit)) {
        let at_digit = i + n;
        i = gov::nino_spaced(b, at_digit, out)
            .unwrap_or_else(|| numbers::scan(b, at_digit, out))
            .max(at_digit + 1);
    }
    if scope == Scope::Validated {
        let found = out.split_off(from);
        out.extend(found.into_iter().filter(|hit| {
            matches!(hit.class, Class::Card | Class::Iban | Class::IpAddress)
                || hit.class == Class::Phone && before(b, hit.start + 1) == b'+'
        }));
    }
}

/// Spans of built-in classes in raw text, merged and in order. Offsets are bytes on character
/// boundaries.
pub(crate) fn detect_raw(text: &str, scope: Scope) -> Vec<Span> {
    let mut hits = Vec::new();
    if text.len() < 5 {
        return hits;
    }
    BUILTIN.keyword_pass(text, scope, &mut hits);
    if scope != Scope::Secrets {
        personal_pass(text, scope, &mut hits);
    }
    merge(text, hits)
}

/// Sorts spans and unites those that overlap under the most severe class; a mail address that is
/// the tail of a URL's user info is none.
pub(crate) fn merge(text: &str, mut hits: Vec<Span>) -> Vec<Span> {
    if hits.is_empty() {
        return hits;
    }
    let infos: Vec<(usize, usize)> =
        hits.iter().filter(|h| h.detector == "url_user_info").map(|h| (h.start, h.end)).collect();
    if !infos.is_empty() {
        hits.retain(|h| {
            h.class != Class::Email || !infos.iter().any(|&(s, e)| h.start < e && s < h.end)
        });
    }
    for hit in &mut hits {
        while !text.is_char_boundary(hit.start) {
            hit.start -= 1;
        }
        while !text.is_char_boundary(hit.end) {
            hit.end += 1;
        }
    }
    hits.retain(|hit| hit.start < hit.end);
    hits.sort_by(|a, b| {
        (a.start, std::cmp::Reverse(a.end)).cmp(&(b.start, std::cmp::Reverse(b.end)))
    });
    let mut merged: Vec<Span> = Vec::with_capacity(hits.len());
    for hit in hits {
        match merged.last_mut() {
            Some(last) if hit.start < last.end => {
                if rank(&hit) < rank(last) {
                    last.class = hit.class;
                    last.detector = hit.detector;
                }
                last.end = last.end.max(hit.end);
            }
            _ => merged.push(hit),
        }
    }
    merged
}

/// Lower wins: what a provider's prefix proves, then other secrets, then checked personal data.
fn rank(hit: &Span) -> usize {
    let class = match &hit.class {
        Class::Custom(_) => 0,
        class => Class::BUILT_IN.iter().position(|c| c == class).unwrap_or(0),
    };
    let generic =
        matches!(hit.detector.as_ref(), "keyed_secret" | "bearer" | "password" | "json_field");
    class + usize::from(generic) * 100
}

/// Whether a short string without digits, capitals or symbols can be skipped.
pub(crate) fn is_plain_word(b: &[u8]) -> bool {
    b.len() < 24 && b.iter().all(|&c| c.is_ascii_lowercase() || c == b'_')
}
