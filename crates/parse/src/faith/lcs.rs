//! Longest common subsequence, bit-parallel (Crochemore et al. 2001): one addition per context word and 64 answer
//! words.

/// Length of the longest common subsequence of a needle with `text`.
///
/// `positions[id]` holds, for each dense word number, the needle's positions as a bit set, `blocks` words of 64 bits.
pub(super) fn length(text: &[u32], positions: &Positions) -> usize {
    let blocks = positions.blocks;
    let mut open = vec![u64::MAX; blocks];
    for &id in text {
        let Some(matches) = positions.of(id) else { continue };
        let mut carry = false;
        for (row, &hit) in open.iter_mut().zip(matches) {
            let shared = *row & hit;
            let (sum, over) = row.overflowing_add(shared);
            let (sum, over_carry) = sum.overflowing_add(u64::from(carry));
            carry = over || over_carry;
            *row = sum | (*row & !hit);
        }
    }
    let zeros: u32 = open.iter().map(|row| row.count_zeros()).sum();
    (zeros as usize).min(positions.len)
}

/// Where each dense word number occurs in a needle.
pub(super) struct Positions {
    blocks: usize,
    len: usize,
    bits: Vec<u64>,
    index: Vec<u32>,
    used: Vec<u32>,
}

impl Positions {
    /// For texts whose word numbers are below `n_ids`.
    pub(super) fn new(n_ids: usize) -> Self {
        Self { blocks: 0, len: 0, bits: Vec::new(), index: vec![0; n_ids], used: Vec::new() }
    }

    /// Replaces the needle; words absent from the text are `None` and match nothing.
    pub(super) fn set(&mut self, needle: &[Option<u32>]) {
        for id in self.used.drain(..) {
            if let Some(slot) = self.index.get_mut(id as usize) {
                *slot = 0;
            }
        }
        self.bits.clear();
        self.len = needle.len();
        self.blocks = needle.len().div_ceil(64);
        for (at, id) in needle.iter().enumerate() {
            let Some(id) = *id else { continue };
            let Some(slot) = self.index.get_mut(id as usize) else { continue };
            if *slot == 0 {
                self.used.push(id);
                self.bits.resize(self.bits.len() + self.blocks, 0);
                *slot = self.used.len() as u32;
            }
            let word = (*slot as usize - 1) * self.blocks + at / 64;
            if let Some(word) = self.bits.get_mut(word) {
                *word |= 1 << (at % 64);
            }
        }
    }

    fn of(&self, id: u32) -> Option<&[u64]> {
        let slot = *self.index.get(id as usize)? as usize;
        let first = slot.checked_sub(1)? * self.blocks;
        self.bits.get(first..first + self.blocks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn naive(text: &[u32], needle: &[Option<u32>]) -> usize {
        let mut row = vec![0; needle.len() + 1];
        for &id in text {
            let mut diagonal = 0;
            for (at, wanted) in needle.iter().enumerate() {
                let above = row[at + 1];
                row[at + 1] = if *wanted == Some(id) { diagonal + 1 } else { above.max(row[at]) };
                diagonal = above;
            }
        }
        row[needle.len()]
    }

    proptest::proptest! {
        #[test]
        fn agrees_with_dynamic_programming(
            text in proptest::collection::vec(0_u32..9, 0..200),
            needle in proptest::collection::vec(proptest::option::of(0_u32..9), 0..150),
        ) {
            let mut positions = Positions::new(9);
            positions.set(&[Some(3), None, Some(8)]);
            positions.set(&needle);
            proptest::prop_assert_eq!(length(&text, &positions), naive(&text, &needle));
        }
    }
}
