//! Exact counts of distinct values on two sides: mergeable, retractable, and as large as there are distinct values.

use std::collections::HashMap;
use std::hash::Hash;

use super::codec::{Reader, Writer};
use crate::stats::drift::Pair;

impl Pair {
    pub(crate) fn read(from: &mut Reader) -> Option<Self> {
        Some(Self { reference: from.count()?, current: from.count()? })
    }
}

/// Occurrences of each value among reference and current rows.
#[derive(Debug)]
pub(crate) struct Tally<K> {
    counts: HashMap<K, Pair, ahash::RandomState>,
}

impl<K: Hash + Eq> Tally<K> {
    pub(crate) fn new() -> Self {
        Self { counts: HashMap::default() }
    }

    /// Adds one row.
    pub(crate) fn add(&mut self, value: K, is_current: bool) {
        let side = Pair { reference: u64::from(!is_current), current: u64::from(is_current) };
        self.merge(value, side);
    }

    /// Adds counts made elsewhere.
    pub(crate) fn merge(&mut self, value: K, counts: Pair) {
        let slot = self.counts.entry(value).or_default();
        slot.reference += counts.reference;
        slot.current += counts.current;
    }

    /// Takes one row back.
    pub(crate) fn retract(&mut self, value: &K, is_current: bool) {
        let Some(slot) = self.counts.get_mut(value) else { return };
        let side = if is_current { &mut slot.current } else { &mut slot.reference };
        *side = side.saturating_sub(1);
        if *slot == Pair::default() {
            self.counts.remove(value);
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&K, &Pair)> {
        self.counts.iter()
    }

    /// Distinct values.
    pub(crate) fn len(&self) -> usize {
        self.counts.len()
    }

    /// Rows on each side.
    pub(crate) fn totals(&self) -> Pair {
        self.counts.values().fold(Pair::default(), |total, pair| Pair {
            reference: total.reference + pair.reference,
            current: total.current + pair.current,
        })
    }

    /// Writes the number of values, then each with its counts.
    pub(crate) fn write(&self, out: &mut Writer, key: impl Fn(&K, &mut Writer)) {
        out.count(self.counts.len() as u64);
        for (value, pair) in &self.counts {
            key(value, out);
            out.count(pair.reference);
            out.count(pair.current);
        }
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        // One control byte per slot beside the entry.
        self.counts.capacity() * (size_of::<(K, Pair)>() + 1)
    }
}
