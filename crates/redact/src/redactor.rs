//! Text in, redacted text out.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::class::Class;
use crate::clean::Clean;
use crate::detect::{Quoting, Scope, Span};
use crate::error::RedactError;
use crate::json::{Search, never};
use crate::key::{HmacKey, Subkey};
use crate::policy::{self, Action, Compiled, Policy};

/// What kind of text is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextMode {
    /// Prose, code, logs; JSON escapes inside are understood.
    Plain,
    /// JSON where it parses, else as `Plain`.
    Json,
    /// A prompt template: secrets only.
    Template,
    /// A machine-made identifier: secrets, and personal data that a check confirms.
    Identifier,
}

impl TextMode {
    fn scope(self) -> Scope {
        match self {
            Self::Plain | Self::Json => Scope::All,
            Self::Template => Scope::Secrets,
            Self::Identifier => Scope::Validated,
        }
    }
}

/// How often each class was replaced.
pub type Counts = BTreeMap<Class, u64>;

/// One line of [`Redactor::explain`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub class: Class,
    /// What found it.
    pub detector: String,
    /// What was done.
    pub action: Action,
    /// How often.
    pub count: u64,
}

/// Applies a policy to text and rows.
pub struct Redactor {
    policy: Policy,
    version: String,
    custom: Vec<Compiled>,
    key: Option<HmacKey>,
    default_subkey: Option<Subkey>,
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redactor")
            .field("version", &self.version)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// Redacting again finds what a replacement uncovered; more rounds than this would mean that
/// replacements feed on themselves.
const MAX_ROUNDS: usize = 4;

impl Redactor {
    /// Compiles the policy. Without a key, pseudonyms become masks; see [`Self::warning`].
    ///
    /// # Errors
    /// A pattern of the policy's own detectors does not compile.
    pub fn new(policy: Policy, key: Option<HmacKey>) -> Result<Self, RedactError> {
        let custom = policy.detectors().iter().map(policy::compile).collect::<Result<_, _>>()?;
        let version = policy.version();
        let default_subkey = key.as_ref().map(|key| key.subkey(""));
        Ok(Self { policy, version, custom, key, default_subkey })
    }

    /// The policy.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// `none`, or the hash that names the policy.
    pub fn policy_version(&self) -> &str {
        &self.version
    }

    /// The id of the key that makes pseudonyms.
    pub fn key_id(&self) -> Option<&str> {
        self.key.as_ref().map(HmacKey::id)
    }

    /// What the caller should tell people about this configuration.
    pub fn warning(&self) -> Option<&'static str> {
        let wants = Class::BUILT_IN.iter().any(|c| self.policy.action(c) == Action::Pseudonym);
        (wants && self.key.is_none()).then_some(
            "no redaction key: personal data is masked instead of pseudonymised, so it cannot be joined \
             (set SPANLAKE_REDACTION_KEY or a key file of mode 0600)",
        )
    }

    pub(crate) fn key(&self) -> Option<&HmacKey> {
        self.key.as_ref()
    }

    /// What the text holds, as ranges of bytes; actions are not applied.
    pub fn detect(&self, text: &str, mode: TextMode) -> Vec<Span> {
        self.detect_beside(&Clean::default(), text, mode)
    }

    /// As [`Self::detect`], beside texts that were looked at before.
    fn detect_beside(&self, clean: &Clean, text: &str, mode: TextMode) -> Vec<Span> {
        let search = Search {
            scope: mode.scope(),
            never_store: self.policy.never_store(),
            custom: &self.custom,
            clean,
        };
        match mode {
            TextMode::Json => search.whole(text),
            _ => search.plain(text, 0),
        }
    }

    /// Redacts a text of no particular tenant.
    pub fn redact_text<'t>(&self, text: &'t str, mode: TextMode) -> (Cow<'t, str>, Counts) {
        let mut counts = Counts::new();
        let text =
            self.apply(&Clean::default(), self.default_subkey.as_ref(), text, mode, &mut counts);
        (text, counts)
    }

    /// Redacts a text under the tenant's own key.
    pub fn redact_text_for<'t>(
        &self,
        tenant: &str,
        text: &'t str,
        mode: TextMode,
    ) -> (Cow<'t, str>, Counts) {
        let mut counts = Counts::new();
        let subkey = self.subkey(tenant);
        let text = self.apply(&Clean::default(), subkey.as_ref(), text, mode, &mut counts);
        (text, counts)
    }

    /// The pseudonym of a value under the current key.
    pub fn pseudonym(&self, tenant: &str, class: &Class, value: &str) -> Option<String> {
        self.key.as_ref().map(|key| key.pseudonym(tenant, class, value))
    }

    /// Redacts a text and says what was found by which detector, and what was done about it.
    pub fn explain(&self, text: &str, mode: TextMode) -> (String, Vec<Finding>) {
        let mut tally: BTreeMap<(Class, String), u64> = BTreeMap::new();
        for span in self.detect(text, mode) {
            *tally.entry((span.class, span.detector.into_owned())).or_default() += 1;
        }
        let findings = tally
            .into_iter()
            .map(|((class, detector), count)| Finding {
                action: self.effective(&class),
                class,
                detector,
                count,
            })
            .collect();
        (self.redact_text(text, mode).0.into_owned(), findings)
    }

    pub(crate) fn subkey(&self, tenant: &str) -> Option<Subkey> {
        self.key.as_ref().map(|key| key.subkey(tenant))
    }

    fn effective(&self, class: &Class) -> Action {
        match self.policy.action(class) {
            _ if *class == never() => Action::Drop,
            Action::Pseudonym if self.key.is_none() => Action::Mask,
            action => action,
        }
    }

    pub(crate) fn apply<'t>(
        &self,
        clean: &Clean,
        subkey: Option<&Subkey>,
        text: &'t str,
        mode: TextMode,
        counts: &mut Counts,
    ) -> Cow<'t, str> {
        if self.policy.is_none() || text.len() < 4 {
            return Cow::Borrowed(text);
        }
        let mut current = Cow::Borrowed(text);
        for _ in 0..MAX_ROUNDS {
            let spans = self.detect_beside(clean, &current, mode);
            let Some(next) = self.replace(subkey, &current, &spans, counts) else { break };
            if next == *current {
                break;
            }
            current = Cow::Owned(next);
        }
        current
    }

    fn replace(
        &self,
        subkey: Option<&Subkey>,
        text: &str,
        spans: &[Span],
        counts: &mut Counts,
    ) -> Option<String> {
        if spans.is_empty() {
            return None;
        }
        let mut out = String::with_capacity(text.len());
        let mut done = 0;
        for span in spans {
            let raw = text.get(span.start..span.end)?;
            let replacement = match (self.effective(&span.class), subkey) {
                (Action::Keep, _) => continue,
                (Action::Drop, _) => String::new(),
                (Action::Pseudonym, Some(subkey)) => {
                    subkey.pseudonym(&span.class, span.decoded.as_deref().unwrap_or(raw))
                }
                _ => format!("<{}>", span.class.label()),
            };
            if is_ours(raw) {
                continue;
            }
            out.push_str(text.get(done..span.start)?);
            match span.quoting {
                Quoting::None => out.push_str(&replacement),
                Quoting::Depth(depth) => {
                    // A literal becomes a string; its quotes carry the escapes of the strings around.
                    let slashes = "\\".repeat((1usize << depth.min(16)) - 1);
                    for part in [&slashes, "\"", &replacement, &slashes, "\""] {
                        out.push_str(part);
                    }
                }
            }
            *counts.entry(span.class.clone()).or_default() += 1;
            done = span.end;
        }
        if done == 0 {
            return None;
        }
        out.push_str(text.get(done..)?);
        Some(out)
    }
}

/// Whether the text is exactly a mask or pseudonym of ours.
fn is_ours(text: &str) -> bool {
    let Some(inner) = text.strip_prefix('<').and_then(|t| t.strip_suffix('>')) else {
        return false;
    };
    let (label, token) = inner.split_once(':').unwrap_or((inner, ""));
    !label.is_empty()
        && label.bytes().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == b'_')
        && (token.is_empty()
            || token.len() == 16
                && token.bytes().all(|c| c.is_ascii_lowercase() || matches!(c, b'2'..=b'7')))
}
