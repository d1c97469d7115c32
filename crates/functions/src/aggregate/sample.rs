//! Two samples: how often each value occurs among reference and among current rows.

use std::hash::{Hash, Hasher};

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Float64Type};
use datafusion_common::{Result, exec_err};

use super::codec::{Reader, Writer};
use super::fold::{Options, State};
use super::tally::Tally;
use crate::args::text_at;
use crate::stats::drift::Pair;

/// Distinct values kept apart in one group. Memory is then at most 14 MB.
pub(crate) const MOST_VALUES: usize = 1 << 18;
/// Buckets into which categories are hashed once there are more.
const BUCKETS: u64 = 1 << 15;

/// Numbers or categories of both sides, exact up to [`MOST_VALUES`] distinct ones.
#[derive(Debug)]
pub(crate) enum Sample {
    Numbers(Numbers),
    Categories(Categories),
}

impl State for Sample {
    const RETRACTS: bool = true;

    fn new(columns: &[DataType], _: &Options) -> Self {
        match columns.first() {
            Some(DataType::Float64) => Self::Numbers(Numbers::new()),
            _ => Self::Categories(Categories::new()),
        }
    }

    fn update(&mut self, columns: &[ArrayRef]) -> Result<()> {
        match self {
            Self::Numbers(numbers) => numbers.each(columns, Numbers::add)?,
            Self::Categories(categories) => categories.each(columns, Categories::add)?,
        }
        self.shrink();
        Ok(())
    }

    fn retract(&mut self, columns: &[ArrayRef]) -> Result<()> {
        match self {
            Self::Numbers(numbers) => numbers.each(columns, Numbers::retract),
            Self::Categories(categories) => categories.each(columns, Categories::retract),
        }
    }

    fn write(&self, out: &mut Writer) {
        match self {
            Self::Numbers(numbers) => {
                out.count(u64::from(numbers.level));
                numbers.tally.write(out, |key, out| out.count(*key));
            }
            Self::Categories(categories) => {
                out.count(u64::from(categories.hashed));
                categories.tally.write(out, |key, out| out.text(key));
            }
        }
    }

    fn merge(&mut self, from: &mut Reader) -> Option<()> {
        match self {
            Self::Numbers(numbers) => {
                numbers.coarsen(from.count()? as u32);
                for _ in 0..from.count()? {
                    let key = numbers.cut(from.count()?);
                    numbers.tally.merge(key, Pair::read(from)?);
                }
            }
            Self::Categories(categories) => {
                if from.count()? > 0 {
                    categories.hash_all();
                }
                for _ in 0..from.count()? {
                    let key = categories.key(from.text()?);
                    categories.tally.merge(key, Pair::read(from)?);
                }
            }
        }
        self.shrink();
        Some(())
    }

    fn heap_bytes(&self) -> usize {
        match self {
            Self::Numbers(numbers) => numbers.tally.heap_bytes(),
            Self::Categories(categories) => {
                let texts: usize = categories.tally.iter().map(|(text, _)| text.len()).sum();
                categories.tally.heap_bytes() + texts
            }
        }
    }
}

impl Sample {
    fn shrink(&mut self) {
        match self {
            Self::Numbers(numbers) if numbers.tally.len() > MOST_VALUES => {
                numbers.coarsen(numbers.level_that_fits());
            }
            Self::Categories(categories) if categories.tally.len() > MOST_VALUES => {
                categories.hash_all();
            }
            _ => {}
        }
    }

    /// Rows on each side.
    pub(crate) fn totals(&self) -> Pair {
        match self {
            Self::Numbers(numbers) => numbers.tally.totals(),
            Self::Categories(categories) => categories.tally.totals(),
        }
    }

    /// The numbers in ascending order; empty for categories.
    pub(crate) fn numbers(&self) -> Vec<(f64, Pair)> {
        match self {
            Self::Numbers(numbers) => numbers.sorted(),
            Self::Categories(_) => Vec::new(),
        }
    }

    /// The categories in the order of their text; empty for numbers.
    pub(crate) fn categories(&self) -> Vec<(&str, Pair)> {
        let Self::Categories(categories) = self else { return Vec::new() };
        let mut found: Vec<(&str, Pair)> =
            categories.tally.iter().map(|(text, pair)| (text.as_ref(), *pair)).collect();
        found.sort_unstable_by_key(|category| category.0);
        found
    }
}

/// The rows of a batch that have a value and a side.
fn sides(columns: &[ArrayRef]) -> Result<(&ArrayRef, impl Iterator<Item = (usize, bool)>)> {
    let [value, side] = columns else { return exec_err!("a value and a side are wanted") };
    let side = side.as_boolean();
    let rows = (0..value.len()).filter(|&row| value.is_valid(row) && side.is_valid(row));
    Ok((value, rows.map(|row| (row, side.value(row)))))
}

/// Numbers by their bits, with one zero. Past [`MOST_VALUES`] the lowest bits are cut from every key, as few as make the
/// distinct keys fit; since cutting more bits of a part than of the whole is never needed, the outcome depends on
/// the rows alone and not on how they were split.
#[derive(Debug)]
pub(crate) struct Numbers {
    tally: Tally<u64>,
    level: u32,
}

impl Numbers {
    fn new() -> Self {
        Self { tally: Tally::new(), level: 0 }
    }

    fn each(&mut self, columns: &[ArrayRef], take: fn(&mut Self, f64, bool)) -> Result<()> {
        let (values, rows) = sides(columns)?;
        let values = values.as_primitive::<Float64Type>();
        for (row, is_current) in rows {
            let value = values.value(row);
            if !value.is_nan() {
                take(self, value, is_current);
            }
        }
        Ok(())
    }

    fn cut(&self, key: u64) -> u64 {
        key >> self.level << self.level
    }

    fn key(&self, value: f64) -> u64 {
        // -0.0 + 0.0 is 0.0.
        self.cut((value + 0.0).to_bits())
    }

    fn add(&mut self, value: f64, is_current: bool) {
        self.tally.add(self.key(value), is_current);
    }

    fn retract(&mut self, value: f64, is_current: bool) {
        let key = self.key(value);
        self.tally.retract(&key, is_current);
    }

    fn coarsen(&mut self, level: u32) {
        if level <= self.level {
            return;
        }
        self.level = level;
        let fine = std::mem::replace(&mut self.tally, Tally::new());
        for (key, pair) in fine.iter() {
            self.tally.merge(self.cut(*key), *pair);
        }
    }

    /// The fewest bits to cut so that at most [`MOST_VALUES`] keys remain: neighbours join once all their differing bits
    /// are cut.
    fn level_that_fits(&self) -> u32 {
        let mut keys: Vec<u64> = self.tally.iter().map(|(key, _)| *key).collect();
        keys.sort_unstable();
        let mut joining = [0_usize; 65];
        for pair in keys.windows(2) {
            let [low, high] = pair else { continue };
            let bits = u64::BITS - (low ^ high).leading_zeros();
            if let Some(slot) = joining.get_mut(bits as usize) {
                *slot += 1;
            }
        }
        let mut rest = keys.len();
        for (level, joined) in (0..).zip(joining) {
            rest -= joined;
            if rest <= MOST_VALUES {
                return level;
            }
        }
        u64::BITS
    }

    /// What a key stands for: the value, or the middle of the values that were cut to it.
    fn value(&self, key: u64) -> f64 {
        let value = f64::from_bits(key);
        if self.level == 0 || key == 0 || value.is_infinite() {
            return value;
        }
        f64::from_bits(key | 1 << (self.level - 1))
    }

    fn sorted(&self) -> Vec<(f64, Pair)> {
        let mut values: Vec<(f64, Pair)> =
            self.tally.iter().map(|(key, pair)| (self.value(*key), *pair)).collect();
        values.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        values
    }
}

/// Texts, each a category; hashed into [`BUCKETS`] once there are too many.
#[derive(Debug)]
pub(crate) struct Categories {
    tally: Tally<Box<str>>,
    hashed: bool,
}

impl Categories {
    fn new() -> Self {
        Self { tally: Tally::new(), hashed: false }
    }

    fn each(&mut self, columns: &[ArrayRef], take: fn(&mut Self, &str, bool)) -> Result<()> {
        let (values, rows) = sides(columns)?;
        for (row, is_current) in rows {
            if let Some(text) = text_at(values.as_ref(), row) {
                take(self, text, is_current);
            }
        }
        Ok(())
    }

    fn key(&self, text: &str) -> Box<str> {
        if self.hashed && !text.starts_with('\u{0}') {
            return bucket(text);
        }
        text.into()
    }

    fn add(&mut self, text: &str, is_current: bool) {
        self.tally.add(self.key(text), is_current);
    }

    fn retract(&mut self, text: &str, is_current: bool) {
        let key = self.key(text);
        self.tally.retract(&key, is_current);
    }

    fn hash_all(&mut self) {
        if self.hashed {
            return;
        }
        self.hashed = true;
        let fine = std::mem::replace(&mut self.tally, Tally::new());
        for (key, pair) in fine.iter() {
            self.tally.merge(self.key(key), *pair);
        }
    }
}

fn bucket(text: &str) -> Box<str> {
    let mut hasher = fixed_hasher();
    text.hash(&mut hasher);
    format!("\u{0}{}", hasher.finish() % BUCKETS).into()
}

/// A hasher that gives the same in every process and partition.
pub(crate) fn fixed_hasher() -> impl Hasher {
    std::hash::BuildHasher::build_hasher(&ahash::RandomState::with_seeds(1, 2, 3, 4))
}
