//! Texts of a batch in which nothing was found.
//!
//! The calls of one batch repeat themselves: system prompts, tool definitions, documents, a preview
//! of what the payload holds. Looking a text up costs a hash and a comparison. Whole texts are kept
//! and compared, so a repeat is recognised exactly.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;

use crate::detect::Scope;

type Texts = HashSet<Box<str>, ahash::RandomState>;

/// Shorter texts are looked through again.
const MIN_BYTES: usize = 48;
/// Bytes of text kept; a batch with more distinct text is looked through without help.
const MAX_BYTES: usize = 8 << 20;

/// How a text was looked at.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Look {
    /// As JSON where it is JSON.
    Json,
    /// As it stands.
    Raw,
}

/// Remembers clean texts while one batch is redacted.
#[derive(Default)]
pub(crate) struct Clean {
    json: [RefCell<Texts>; Scope::COUNT],
    raw: [RefCell<Texts>; Scope::COUNT],
    bytes: Cell<usize>,
}

impl Clean {
    fn texts(&self, look: Look, scope: Scope) -> Option<&RefCell<Texts>> {
        match look {
            Look::Json => self.json.get(scope as usize),
            Look::Raw => self.raw.get(scope as usize),
        }
    }

    /// Whether the text was looked at in this way and nothing was found.
    pub(crate) fn knows(&self, look: Look, scope: Scope, text: &str) -> bool {
        text.len() >= MIN_BYTES
            && self.texts(look, scope).is_some_and(|texts| texts.borrow().contains(text))
    }

    /// Remembers that nothing was found.
    pub(crate) fn add(&self, look: Look, scope: Scope, text: &str) {
        let bytes = self.bytes.get() + text.len();
        if text.len() < MIN_BYTES || bytes > MAX_BYTES {
            return;
        }
        if let Some(texts) = self.texts(look, scope)
            && texts.borrow_mut().insert(text.into())
        {
            self.bytes.set(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_known_only_as_it_was_looked_at() {
        let clean = Clean::default();
        let text = "x".repeat(MIN_BYTES);
        clean.add(Look::Raw, Scope::Secrets, &text);
        assert!(clean.knows(Look::Raw, Scope::Secrets, &text));
        assert!(!clean.knows(Look::Raw, Scope::All, &text));
        assert!(!clean.knows(Look::Json, Scope::Secrets, &text));
        assert!(!clean.knows(Look::Raw, Scope::Secrets, &format!("{text}y")));
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let clean = Clean::default();
        clean.add(Look::Raw, Scope::All, &"a".repeat(MAX_BYTES - 10));
        let text = "b".repeat(MIN_BYTES);
        clean.add(Look::Raw, Scope::All, &text);
        assert!(!clean.knows(Look::Raw, Scope::All, &text));
    }
}
