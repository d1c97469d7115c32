//! Text to spans: one pass of keywords, one over digits, one over `@`; each hit is judged where it
//! lies and nothing else is looked at.
//!
//! ```text
//! text ─┬─▶ keywords (one table)    ─▶ provider prefixes, names before values, PEM, JWT, URLs ─┐
//!       ├─▶ digit runs ─▶ hosts, cards, accounts, government ids, phones, street addresses   ─┼─▶ merge ─▶ spans
//!       └─▶ '@', "::"  ─▶ e-mail, IPv6                                                       ─┘
//! ```

mod address;
pub(crate) mod bytes;
mod card;
mod checks;
mod commands;
mod email;
mod escapes;
mod gov;
pub(crate) mod headers;
mod ip;
mod keyed;
pub(crate) mod keys;
mod keywords;
mod numbers;
mod phone;
mod providers;
mod runs;
mod secrets;
pub(crate) mod value;

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memchr_iter;

use crate::class::Class;
use bytes::before;
use keywords::Keywords;
use runs::Runs;

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

impl Scope {
    pub(crate) const COUNT: usize = 3;
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
    Adjacent,
    UserOption,
    Netrc,
    CredentialCall,
    GovWord,
    PostBox,
    MilitaryMail,
    AddressWord,
    Cyrillic,
    EscapedAt,
    ForeignPassword,
    ForeignKey,
    Session,
    Program,
    Piped,
    Phrase,
    LogIn,
    Code,
    Oracle,
    CookieOption,
    ClientCall,
}

/// The built-in detectors, compiled once.
pub(crate) struct Builtin {
    /// Prefixes and marks that are written in one way only.
    exact: Keywords<Action>,
    /// Words in any case.
    folded: Keywords<Action>,
    prefixes: Vec<providers::Prefix>,
}

/// What is looked for as written.
const EXACT: &[(&[&str], Action)] = &[
    (&["LS0tLS1CRUdJTi"], Action::WrappedPem),
    (&["eyJ"], Action::Jwt),
    (
        &[
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
            "{SSHA",
            "pbkdf2_sha",
            "$scrypt$",
            "$pbkdf2",
        ],
        Action::PasswordHash,
    ),
    (&[":AA"], Action::Telegram),
    (&["MT", "MN", "MD", "Mj", "Mz", "Nz", "Nj", "ND", "NT", "OD", "OT"], Action::Discord),
    (
        &["Q~", ".atlasv1.", "AZDO", "NRAL", "T3BlbkFJ", "-us", ".apps.googleusercontent.com"],
        Action::Marked,
    ),
    (
        &["ACCESS", "PRIVATE", "access-", "private-", "PRIVATE-", "ACCESS-", "_private="],
        Action::Adjacent,
    ),
    (&["-u ", "-a ", "--user ", "--user=", "--auth ", "--auth="], Action::UserOption),
    (&["machine "], Action::Netrc),
    (&["-b '", "-b \""], Action::CookieOption),
    (
        &[
            "NetworkCredential",
            "DirectoryEntry",
            "PasswordAuthentication",
            "PasswordCredentials",
            "PasswordCredential",
            "AWSCredentials",
            "BasicAuth",
            "basicAuth",
            "basic_auth",
            "auth=",
        ],
        Action::CredentialCall,
    ),
];

/// What is looked for in any case.
const FOLDED: &[(&[&str], Action)] = &[
    (&KEYED, Action::Keyed),
    (&SERVICE_WORDS, Action::Keyed),
    (&["bearer", "basic", "ssws"], Action::Authorization),
    (&["cookie"], Action::Cookies),
    (&keyed::FOREIGN, Action::ForeignPassword),
    (&keyed::FOREIGN_KEYS, Action::ForeignKey),
    (&headers::SESSIONS, Action::Session),
    (&commands::PROGRAMS, Action::Program),
    (&["sudo -s", "chpasswd", "passwd --stdin", "--password-stdin", "--with-token"], Action::Piped),
    (&["identified by", "convertto-securestring"], Action::Phrase),
    (&[" login ", " auth ", "authtoken "], Action::LogIn),
    (&["?code=", "&code="], Action::Code),
    (&["oracle:thin:"], Action::Oracle),
    (&["client(", "algoliasearch("], Action::ClientCall),
    (&["-----begin ", "---- begin "], Action::Pem),
    (&["private-lines:"], Action::Putty),
    (&["://"], Action::UserInfo),
    (&["sig=", "sig%3d", "signature"], Action::Signature),
    (&address::BOXES, Action::PostBox),
    (&address::MILITARY, Action::MilitaryMail),
    (&address::LABELS, Action::AddressWord),
    (&address::CYRILLIC, Action::Cyrillic),
    (&["%40"], Action::EscapedAt),
];

static BUILTIN: LazyLock<Builtin> = LazyLock::new(Builtin::new);

const KEYED: [&str; 31] = [
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
    "verifier",
    "pw ",
    "pw:",
    "pw=",
    "unseal",
    "crumb",
    "reporter_id",
];

const SERVICE_WORDS: [&str; 5] = ["_api", "client_id", "clientid", ".login", "sonarlogin"];

impl Builtin {
    fn new() -> Self {
        let prefixes = providers::table();
        let mut exact: Vec<(String, Action)> = Vec::new();
        let mut add = |word: &str, action| {
            if word.len() > 2 {
                exact.push((word.to_owned(), action));
            } else {
                // Marks of two bytes are looked for together with the byte that follows.
                let next =
                    (b'0'..=b'z').filter(u8::is_ascii_alphanumeric).chain(*b"-_.~").map(char::from);
                exact.extend(next.map(|c| (format!("{word}{c}"), action)));
            }
        };
        for (i, prefix) in prefixes.iter().enumerate() {
            add(prefix.start, Action::Provider(i));
        }
        for (words, action) in EXACT {
            words.iter().for_each(|word| add(word, *action));
        }
        let mut folded = Vec::new();
        for (words, action) in FOLDED {
            folded.extend(words.iter().map(|word| ((*word).to_owned(), *action)));
        }
        let gov = gov::WORDS.iter().chain(&gov::MORE_WORDS);
        folded.extend(gov.map(|word| ((*word).to_owned(), Action::GovWord)));
        Self { exact: Keywords::new(exact, false), folded: Keywords::new(folded, true), prefixes }
    }

    fn keyword_pass(&self, text: &str, scope: Scope, out: &mut Vec<Hit>) {
        let b = text.as_bytes();
        let mut name_end = 0;
        let mut runs = Runs::default();
        keywords::scan(&self.exact, &self.folded, b, |start, end, action| match action {
            Action::Provider(n) => {
                if let Some(prefix) = self.prefixes.get(n)
                    && let Some((from, to, class)) =
                        prefix.matches(b, start, start + prefix.start.len(), &mut runs)
                {
                    out.push(Hit::new(from, to, class, prefix.detector));
                    if prefix.detector == "aws" {
                        secrets::aws_secret(b, to, out);
                    }
                }
            }
            Action::Keyed => {
                if start >= name_end {
                    name_end = keyed::scan(b, start, end, out);
                }
            }
            Action::Authorization => headers::authorization(b, start, end, out),
            Action::Cookies => headers::cookies(b, end, out),
            Action::Pem => secrets::pem(b, start, &mut runs, out),
            Action::WrappedPem => secrets::wrapped_pem(b, start, end, &mut runs, out),
            Action::Putty => secrets::putty(b, end, out),
            Action::Jwt => secrets::jwt(b, start, &mut runs, out),
            Action::UserInfo => secrets::user_info(b, end, out),
            Action::Signature => secrets::signature(b, start, end, &mut runs, out),
            Action::PasswordHash => secrets::password_hash(b, start, end, &mut runs, out),
            Action::Telegram => secrets::telegram(b, start, out),
            Action::Discord => secrets::discord(b, start, out),
            Action::Marked => {
                let len = if b.get(start..start + 2) == Some(b"Q~") { 2 } else { end - start };
                secrets::marked(b, start, start + len, out);
            }
            Action::Adjacent => keyed::adjacent(b, start, end, out),
            Action::UserOption => commands::user_option(b, start, end, out),
            Action::Netrc => commands::netrc(b, start, end, out),
            Action::CredentialCall => commands::credential_call(b, end, out),
            Action::ForeignPassword => keyed::foreign(b, end, out),
            Action::ForeignKey => keyed::foreign_key(b, end, out),
            Action::Session => headers::session(b, start, end, out),
            Action::Program => commands::program(b, start, end, out),
            Action::Oracle => secrets::oracle(b, end, out),
            Action::Piped => commands::piped(b, start, out),
            Action::Phrase => commands::phrase(b, end, out),
            Action::LogIn => commands::log_in(b, start, end, out),
            Action::Code => commands::code(b, end, out),
            Action::CookieOption => commands::cookie_option(b, start, end, out),
            Action::ClientCall => commands::client_call(b, end, out),
            Action::GovWord if scope == Scope::All => {
                gov::labelled(b, start, end, out);
            }
            Action::PostBox if scope == Scope::All => address::post_box(b, start, end, out),
            Action::EscapedAt if scope != Scope::Secrets => email::scan(b, start, end, out),
            Action::MilitaryMail if scope == Scope::All => address::military(b, start, end, out),
            Action::AddressWord if scope == Scope::All => address::labelled(b, start, end, out),
            Action::Cyrillic if scope == Scope::All => address::cyrillic(b, start, end, out),
            Action::GovWord
            | Action::PostBox
            | Action::EscapedAt
            | Action::MilitaryMail
            | Action::AddressWord
            | Action::Cyrillic => {}
        });
    }
}

/// Digits, hosts and mail addresses.
fn personal_pass(text: &str, scope: Scope, out: &mut Vec<Hit>) {
    let b = text.as_bytes();
    for mark in memchr_iter(b'@', b) {
        email::scan(b, mark, mark + 1, out);
    }
    // Pairs of colons one after the other, none of them in two pairs.
    let mut pair_end = 0;
    for mark in memchr_iter(b':', b) {
        if mark >= pair_end && b.get(mark + 1) == Some(&b':') {
            pair_end = mark + 2;
            ip::six(b, mark, out);
        }
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
    unescaped(text, scope, MAX_ESCAPED)
}

/// URLs inside URLs inside URLs: deeper escapes are looked at as written.
const MAX_ESCAPED: u32 = 3;

fn unescaped(text: &str, scope: Scope, left: u32) -> Vec<Span> {
    let mut hits = Vec::new();
    if text.len() < 5 {
        return hits;
    }
    BUILTIN.keyword_pass(text, scope, &mut hits);
    if scope != Scope::Secrets {
        personal_pass(text, scope, &mut hits);
    }
    if left > 0 {
        for meant in escapes::pieces(text) {
            let inner = unescaped(&meant.text, scope, left - 1);
            hits.extend(inner.into_iter().map(|span| meant.map(span)));
        }
    }
    merge(text, hits)
}

/// Sorts spans and unites those that overlap under the most severe class; a mail address that is
/// the tail of a URL's user info is none.
pub(crate) fn merge(text: &str, mut hits: Vec<Span>) -> Vec<Span> {
    if hits.is_empty() {
        return hits;
    }
    let infos = user_infos(&hits);
    if !infos.is_empty() {
        hits.retain(|h| {
            let last = infos.partition_point(|&(start, _)| start < h.end).checked_sub(1);
            let end = last.and_then(|n| infos.get(n)).map_or(0, |info| info.1);
            h.class != Class::Email || end <= h.start
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
                // The same value, found as written and as meant.
                if (hit.start, hit.end) == (last.start, last.end) && last.decoded.is_none() {
                    last.decoded = hit.decoded;
                }
                last.end = last.end.max(hit.end);
            }
            _ => merged.push(hit),
        }
    }
    merged
}

/// The user infos of URLs by where they start, each with the furthest end of those up to it.
fn user_infos(hits: &[Span]) -> Vec<(usize, usize)> {
    let infos = hits.iter().filter(|h| h.detector == "url_user_info");
    let mut infos: Vec<(usize, usize)> = infos.map(|h| (h.start, h.end)).collect();
    infos.sort_unstable();
    let mut furthest = 0;
    for (_, end) in &mut infos {
        furthest = furthest.max(*end);
        *end = furthest;
    }
    infos
}

/// Lower wins: what a provider's prefix proves, then other secrets, then checked personal data.
fn rank(hit: &Span) -> usize {
    let class = match &hit.class {
        Class::Custom(_) => 0,
        class => Class::BUILT_IN.iter().position(|c| c == class).unwrap_or(0),
    };
    let generic = matches!(
        hit.detector.as_ref(),
        "keyed_secret" | "adjacent_secret" | "bearer" | "password" | "json_field"
    );
    class + usize::from(generic) * 100
}

/// Whether a short string without digits, capitals or symbols can be skipped.
pub(crate) fn is_plain_word(b: &[u8]) -> bool {
    b.len() < 24 && b.iter().all(|&c| c.is_ascii_lowercase() || c == b'_')
}
