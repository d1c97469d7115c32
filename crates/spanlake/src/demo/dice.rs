//! Seeded randomness: one independent stream per purpose and index, so that switching one fault on
//! leaves every other draw as it was.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What a stream of draws decides.
#[derive(Clone, Copy)]
pub(super) enum Purpose {
    /// Workflow, tenant, user and length of a session.
    Session = 1,
    /// What one trace contains.
    Trace = 2,
    /// What planted faults do to one trace.
    Fault = 3,
    /// How spans travel.
    Transport = 4,
}

/// A stream of draws.
pub(super) struct Dice(ChaCha8Rng);

impl Dice {
    pub(super) fn new(seed: u64, purpose: Purpose, index: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(mix(seed) ^ mix(index.wrapping_add(1)));
        rng.set_stream(purpose as u64);
        Self(rng)
    }

    pub(super) fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Draws from [0, 1).
    pub(super) fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub(super) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// Draws from `low..=high`.
    pub(super) fn range(&mut self, low: i64, high: i64) -> i64 {
        let width = (high - low).unsigned_abs() + 1;
        low + ((u128::from(self.bits()) * u128::from(width)) >> 64) as i64
    }

    /// Draws one of a non-empty table.
    pub(super) fn pick<'t, T>(&mut self, table: &'t [T]) -> &'t T {
        nth(table, self.bits())
    }

    /// Draws an index with the given weights.
    pub(super) fn weighted(&mut self, weights: impl Iterator<Item = f64> + Clone) -> usize {
        let mut left = self.unit() * weights.clone().sum::<f64>();
        let mut last = 0;
        for (index, weight) in weights.enumerate() {
            last = index;
            left -= weight;
            if left < 0.0 {
                break;
            }
        }
        last
    }

    /// Draws from the log-normal distribution of this median.
    pub(super) fn log_normal(&mut self, median: f64, sigma: f64) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        let normal = radius * (std::f64::consts::TAU * self.unit()).cos();
        median * (sigma * normal).exp()
    }

    /// Draws `N` bytes that are not all zero.
    pub(super) fn id<const N: usize>(&mut self) -> Vec<u8> {
        let mut bytes = vec![0; N];
        self.0.fill_bytes(&mut bytes);
        if let Some(first) = bytes.first_mut() {
            *first |= 1;
        }
        bytes
    }

    /// Draws `length` characters of lower-case letters and digits.
    pub(super) fn word(&mut self, length: usize) -> String {
        const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
        let mut word = String::with_capacity(length);
        let mut bits = 0;
        for position in 0..length {
            if position % 12 == 0 {
                bits = self.bits();
            }
            word.push(char::from(*nth(ALPHABET, bits % 32)));
            bits >>= 5;
        }
        word
    }
}

/// The element of a non-empty table that a hash selects.
#[expect(clippy::indexing_slicing, reason = "the tables are non-empty constants")]
pub(super) fn nth<T>(table: &[T], hash: u64) -> &T {
    &table[(hash % table.len() as u64) as usize]
}

/// Spreads the bits of a number (the finaliser of `SplitMix64`).
pub(super) fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
