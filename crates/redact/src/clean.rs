//! Texts of a batch in which nothing was found.
//!
//! The calls of one batch repeat themselves: system prompts, tool definitions, documents, a preview
//! of what the payload holds. Looking a text up costs a hash and a comparison. Whole texts are kept
//! and compared, so a repeat is recognised exactly.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;

use crate::detect::Scope;

type Texts = HashSet<Box<str>, ahash::RandomState>;

/// A short text and how it was looked at, in one line of the cache.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Slot {
    /// 0 where the slot is empty.
    len: u8,
    look: u8,
    bytes: [u8; Slot::BYTES],
}

impl Slot {
    const BYTES: usize = 62;
    /// A batch has some hundred different names, models, versions; ids push each other out.
    const COUNT: usize = 1024;

    fn holds(&self, look: u8, text: &[u8]) -> bool {
        usize::from(self.len) == text.len()
            && self.look == look
            && self.bytes.get(..text.len()) == Some(text)
    }
}

/// Short texts, each in the slot that its hash names: neither kept for long nor allocated for.
struct Short {
    slots: RefCell<Box<[Slot]>>,
    hasher: ahash::RandomState,
}

impl Short {
    fn new() -> Self {
        let empty = Slot { len: 0, look: 0, bytes: [0; Slot::BYTES] };
        Self {
            slots: RefCell::new(vec![empty; Slot::COUNT].into_boxed_slice()),
            hasher: ahash::RandomState::new(),
        }
    }

    fn place(&self, text: &[u8]) -> usize {
        (self.hasher.hash_one(text) % Slot::COUNT as u64) as usize
    }

    fn knows(&self, look: u8, text: &[u8]) -> bool {
        !text.is_empty()
            && self.slots.borrow().get(self.place(text)).is_some_and(|slot| slot.holds(look, text))
    }

    fn add(&self, look: u8, text: &[u8]) {
        let place = self.place(text);
        if let Some(slot) = self.slots.borrow_mut().get_mut(place)
            && let Some(bytes) = slot.bytes.get_mut(..text.len())
        {
            bytes.copy_from_slice(text);
            slot.len = u8::try_from(text.len()).unwrap_or(0);
            slot.look = look;
        }
    }
}

/// Shorter texts are kept in slots.
const MIN_BYTES: usize = Slot::BYTES + 1;
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

impl Look {
    /// One number for how and for what a text was looked at.
    fn with(self, scope: Scope) -> u8 {
        self as u8 * 16 + scope as u8
    }
}

/// Remembers clean texts while one batch is redacted.
#[derive(Default)]
pub(crate) struct Clean {
    json: [RefCell<Texts>; Scope::COUNT],
    raw: [RefCell<Texts>; Scope::COUNT],
    bytes: Cell<usize>,
    short: Option<Short>,
}

impl Clean {
    /// For many texts of one kind: short ones are remembered too.
    pub(crate) fn for_batch() -> Self {
        Self { short: Some(Short::new()), ..Self::default() }
    }

    fn texts(&self, look: Look, scope: Scope) -> Option<&RefCell<Texts>> {
        match look {
            Look::Json => self.json.get(scope as usize),
            Look::Raw => self.raw.get(scope as usize),
        }
    }

    /// Whether the text was looked at in this way and nothing was found.
    pub(crate) fn knows(&self, look: Look, scope: Scope, text: &str) -> bool {
        if text.len() < MIN_BYTES {
            let short = self.short.as_ref();
            return short.is_some_and(|short| short.knows(look.with(scope), text.as_bytes()));
        }
        self.texts(look, scope).is_some_and(|texts| texts.borrow().contains(text))
    }

    /// Remembers that nothing was found.
    pub(crate) fn add(&self, look: Look, scope: Scope, text: &str) {
        if text.len() < MIN_BYTES {
            if let Some(short) = &self.short {
                short.add(look.with(scope), text.as_bytes());
            }
            return;
        }
        let bytes = self.bytes.get() + text.len();
        if bytes > MAX_BYTES {
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
    fn short_texts_are_known_in_a_batch_exactly_as_they_were_looked_at() {
        let clean = Clean::for_batch();
        let texts: Vec<String> = (0..5_000).map(|n| format!("name-{n}")).collect();
        for text in &texts {
            assert!(!clean.knows(Look::Json, Scope::All, text));
            clean.add(Look::Json, Scope::All, text);
            assert!(clean.knows(Look::Json, Scope::All, text));
            assert!(!clean.knows(Look::Json, Scope::Validated, text));
            assert!(!clean.knows(Look::Raw, Scope::All, text));
            assert!(!clean.knows(Look::Json, Scope::All, &format!("{text}0")));
        }
        assert!(
            texts.iter().filter(|t| clean.knows(Look::Json, Scope::All, t)).count() <= Slot::COUNT
        );
        let alone = Clean::default();
        alone.add(Look::Raw, Scope::All, "name");
        assert!(!alone.knows(Look::Raw, Scope::All, "name"));
        assert!(!clean.knows(Look::Raw, Scope::All, ""));
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
