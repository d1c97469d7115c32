//! A policy: what happens to each class, which detectors a user adds, which fields are exempt.
//!
//! ```toml
//! [actions]
//! email = "pseudonym"          # drop | mask | pseudonym | keep
//! ip_address = "keep"
//! employee_id = "mask"
//!
//! [[detectors]]
//! name = "employee_id"
//! pattern = 'EMP-[0-9]{6}'     # class = "gov_id" would file it under a built-in class
//!
//! [fields]
//! exempt = ["spans.prompt_name"]              # table.column or column: left as it is
//! never_store = ["http.request.header.x-internal"]   # attribute keys whose values are dropped
//! ```

use std::collections::{BTreeMap, BTreeSet};

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::class::Class;
use crate::error::RedactError;

/// What happens to a detected value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// The value goes, nothing stands in its place.
    Drop,
    /// `<CLASS>` stands in its place.
    Mask,
    /// `<CLASS:token>` stands in its place, the same for the same value; a mask without a key.
    Pseudonym,
    /// The value stays.
    Keep,
}

/// A detector of the policy's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustomDetector {
    /// Name in reports; also the class unless `class` says otherwise.
    pub name: String,
    /// Regular expression (crate `regex`). The group `value`, if there is one, is what is replaced.
    pub pattern: String,
    /// A built-in class or a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
}

/// Fields treated apart.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fields {
    /// `table.column` or `column`: not redacted.
    #[serde(default)]
    pub exempt: BTreeSet<String>,
    /// Attribute keys whose values are never stored.
    #[serde(default)]
    pub never_store: BTreeSet<String>,
}

/// What a policy file holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    actions: BTreeMap<String, Action>,
    #[serde(default)]
    detectors: Vec<CustomDetector>,
    #[serde(default)]
    fields: Fields,
}

/// A validated policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    document: Document,
    none: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self::default_policy()
    }
}

impl Policy {
    /// Secrets become masks; personal data become pseudonyms, which are masks where no key is set.
    pub fn default_policy() -> Self {
        Self { document: Document::default(), none: false }
    }

    /// Nothing is redacted. A store created so says `policy_version = none` wherever it speaks.
    pub fn none() -> Self {
        Self { document: Document::default(), none: true }
    }

    /// Reads a policy from TOML.
    ///
    /// # Errors
    /// The line and the allowed values where TOML, a field or an action is wrong; the name where a
    /// class or a detector is.
    pub fn from_toml(text: &str) -> Result<Self, RedactError> {
        let document: Document = toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            RedactError::PolicySyntax {
                line: text.bytes().take(at).filter(|&c| c == b'\n').count() + 1,
                reason: error.message().replace('\n', " "),
            }
        })?;
        let policy = Self { document, none: false };
        policy.validate()?;
        Ok(policy)
    }

    fn validate(&self) -> Result<(), RedactError> {
        let own: BTreeSet<&str> = self.document.detectors.iter().map(class_name).collect();
        for name in
            self.document.detectors.iter().map(|d| d.name.as_str()).chain(own.iter().copied())
        {
            let fits = (1..=40).contains(&name.len())
                && name.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_');
            if !fits {
                return Err(RedactError::BadName { name: name.to_owned() });
            }
        }
        for class in self.document.actions.keys() {
            if Class::built_in(class).is_none() && !own.contains(class.as_str()) {
                let built_in = Class::BUILT_IN.iter().map(|c| c.name().to_owned());
                let known: Vec<String> =
                    built_in.chain(own.iter().map(|s| (*s).to_owned())).collect();
                return Err(RedactError::UnknownClass {
                    class: class.clone(),
                    known: known.join(", "),
                });
            }
        }
        for detector in &self.document.detectors {
            compile(detector)?;
        }
        Ok(())
    }

    /// Whether nothing is redacted.
    pub fn is_none(&self) -> bool {
        self.none
    }

    /// What happens to a class.
    pub fn action(&self, class: &Class) -> Action {
        if self.none {
            return Action::Keep;
        }
        self.document.actions.get(class.name()).copied().unwrap_or(match class {
            Class::Custom(_) => Action::Mask,
            class if class.is_secret() => Action::Mask,
            _ => Action::Pseudonym,
        })
    }

    /// The policy's own detectors.
    pub fn detectors(&self) -> &[CustomDetector] {
        &self.document.detectors
    }

    /// Whether `column` of `table` is left as it is.
    pub fn is_exempt(&self, table: &str, column: &str) -> bool {
        let exempt = &self.document.fields.exempt;
        !exempt.is_empty()
            && (exempt.contains(column) || exempt.contains(&format!("{table}.{column}")))
    }

    /// Attribute keys whose values are never stored.
    pub fn never_store(&self) -> &BTreeSet<String> {
        &self.document.fields.never_store
    }

    /// Names the policy: `none`, or 12 hexadecimal digits of a hash over what the policy does, the
    /// same for two files that say the same.
    pub fn version(&self) -> String {
        if self.none {
            return "none".to_owned();
        }
        let actions: BTreeMap<String, Action> = Class::BUILT_IN
            .iter()
            .map(|class| (class.name().to_owned(), self.action(class)))
            .chain(self.document.actions.iter().map(|(name, action)| (name.clone(), *action)))
            .collect();
        let canonical = serde_json::json!({
            "format": 1,
            "actions": actions,
            "detectors": self.document.detectors,
            "fields": self.document.fields,
        });
        let digest = Sha256::digest(canonical.to_string().as_bytes());
        HEXLOWER.encode(digest.get(..6).unwrap_or(&[]))
    }
}

fn class_name(detector: &CustomDetector) -> &str {
    detector.class.as_deref().unwrap_or(&detector.name)
}

/// A compiled detector of a policy.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) name: String,
    pub(crate) class: Class,
    pub(crate) pattern: regex::Regex,
}

pub(crate) fn compile(detector: &CustomDetector) -> Result<Compiled, RedactError> {
    let bad = |reason: String| RedactError::BadPattern { detector: detector.name.clone(), reason };
    let pattern = regex::RegexBuilder::new(&detector.pattern)
        .size_limit(4 << 20)
        .build()
        .map_err(|error| bad(error.to_string()))?;
    if pattern.is_match("") {
        return Err(bad("the pattern matches the empty string".to_owned()));
    }
    let class = class_name(detector);
    Ok(Compiled {
        name: detector.name.clone(),
        class: Class::built_in(class).unwrap_or_else(|| Class::Custom(class.into())),
        pattern,
    })
}
