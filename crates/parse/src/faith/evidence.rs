//! The contexts of an answer, indexed for look-up.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

use super::tokens::{StemId, Tokenizer};
use crate::sentences::sentences;

/// Stem ids are hashes already.
#[derive(Default)]
pub(super) struct Passthrough(u64);

impl Hasher for Passthrough {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }
    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

pub(super) type StemMap<V> = HashMap<StemId, V, BuildHasherDefault<Passthrough>>;
type StemSet = HashSet<u64, BuildHasherDefault<Passthrough>>;

/// One sentence of a context: a slice of [`Evidence::words`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    pub(super) first: usize,
    pub(super) end: usize,
    pub(super) context: usize,
}

/// Everything the contexts (and the question) say, as stems.
pub(super) struct Evidence {
    /// Dense number of each stem that occurs in a context.
    ids: StemMap<u32>,
    /// Stems of the question, which the answer may repeat.
    asked: StemSet,
    /// Content words of all contexts in order, as dense numbers.
    pub(super) words: Vec<u32>,
    pub(super) lines: Vec<Line>,
    pairs: StemSet,
}

impl Evidence {
    pub(super) fn new(
        contexts: &[&str],
        question: Option<&str>,
        tokenizer: &mut Tokenizer,
    ) -> Self {
        let mut evidence = Self {
            ids: StemMap::default(),
            asked: StemSet::default(),
            words: Vec::new(),
            lines: Vec::new(),
            pairs: StemSet::default(),
        };
        for (index, context) in contexts.iter().enumerate() {
            evidence.add(index, context, tokenizer);
        }
        if let Some(question) = question {
            let tokens = tokenizer.tokens(question);
            evidence.asked.extend(tokens.iter().map(|token| token.stem));
        }
        evidence
    }

    fn add(&mut self, index: usize, context: &str, tokenizer: &mut Tokenizer) {
        let tokens = tokenizer.tokens(context);
        let mut next = tokens.iter().filter(|token| token.is_content()).peekable();
        let mut previous: Option<StemId> = None;
        for range in sentences(context) {
            let first = self.words.len();
            while let Some(token) = next.next_if(|token| token.start < range.end) {
                let fresh = u32::try_from(self.ids.len()).unwrap_or(u32::MAX);
                self.words.push(*self.ids.entry(token.stem).or_insert(fresh));
                if let Some(previous) = previous {
                    self.pairs.insert(pair(previous, token.stem));
                }
                previous = Some(token.stem);
            }
            if self.words.len() > first {
                self.lines.push(Line { first, end: self.words.len(), context: index });
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Distinct stems in the contexts.
    pub(super) fn n_stems(&self) -> usize {
        self.ids.len()
    }

    /// The dense number of a stem the contexts hold.
    pub(super) fn id(&self, stem: StemId) -> Option<u32> {
        self.ids.get(&stem).copied()
    }

    /// A context or the question holds the stem.
    pub(super) fn supports(&self, stem: StemId) -> bool {
        self.ids.contains_key(&stem) || self.asked.contains(&stem)
    }

    /// The two stems follow each other in a context.
    pub(super) fn has_pair(&self, left: StemId, right: StemId) -> bool {
        self.pairs.contains(&pair(left, right))
    }
}

fn pair(left: StemId, right: StemId) -> u64 {
    (left.rotate_left(23) ^ right).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
