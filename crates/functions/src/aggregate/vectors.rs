//! Vectors of two sides: sums of all, and a sample that does not depend on the order of the rows.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Float64Type};
use datafusion_common::{Result, exec_err};

use super::codec::{Reader, Writer};
use super::fold::{Options, State};
use super::sample::fixed_hasher;

/// Vectors of reference and current rows, at most `K` of each kept as they are.
#[derive(Debug, Default)]
pub(crate) struct Vectors<const K: usize> {
    pub(crate) reference: Side<K>,
    pub(crate) current: Side<K>,
}

/// One side: row count, sum, and the vectors of least hash.
#[derive(Debug, Default)]
pub(crate) struct Side<const K: usize> {
    pub(crate) n: u64,
    pub(crate) sum: Vec<f64>,
    /// Vectors with how often they occur, in the order of their hash. A vector among the least of all rows is among the
    /// least of every part, so that merging parts in any order finds the same sample.
    kept: BTreeMap<(u64, Vec<u64>), u64>,
    kept_rows: u64,
}

impl<const K: usize> Side<K> {
    fn add(&mut self, vector: &[f64]) {
        self.n += 1;
        self.sum.iter_mut().zip(vector).for_each(|(sum, value)| *sum += value);
        let bits: Vec<u64> = vector.iter().map(|value| (value + 0.0).to_bits()).collect();
        let mut hasher = fixed_hasher();
        bits.hash(&mut hasher);
        self.keep(hasher.finish(), bits, 1);
    }

    fn keep(&mut self, hash: u64, bits: Vec<u64>, rows: u64) {
        let is_late =
            self.kept.last_key_value().is_some_and(|(last, _)| last < &(hash, Vec::new()));
        if is_late && self.kept_rows >= K as u64 {
            return;
        }
        *self.kept.entry((hash, bits)).or_default() += rows;
        self.kept_rows += rows;
        while let Some(mut last) = self.kept.last_entry() {
            let excess = self.kept_rows.saturating_sub(K as u64);
            if excess == 0 {
                break;
            }
            if *last.get() > excess {
                *last.get_mut() -= excess;
                self.kept_rows -= excess;
            } else {
                self.kept_rows -= last.remove();
            }
        }
    }

    /// The sample, repeats included.
    pub(crate) fn sample(&self) -> Vec<Vec<f64>> {
        let vector = |bits: &Vec<u64>| bits.iter().map(|bits| f64::from_bits(*bits)).collect();
        self.kept
            .iter()
            .flat_map(|((_, bits), rows)| (0..*rows).map(move |_| vector(bits)))
            .collect()
    }

    pub(crate) fn mean(&self) -> Vec<f64> {
        self.sum.iter().map(|sum| sum / self.n as f64).collect()
    }

    fn write(&self, out: &mut Writer) {
        out.count(self.n);
        out.count(self.sum.len() as u64);
        self.sum.iter().for_each(|sum| out.number(*sum));
        out.count(self.kept.len() as u64);
        for ((hash, bits), rows) in &self.kept {
            out.count(*hash);
            for bits in bits {
                out.count(*bits);
            }
            out.count(*rows);
        }
    }

    fn merge(&mut self, from: &mut Reader) -> Option<()> {
        self.n += from.count()?;
        let width = usize::try_from(from.count()?).ok()?;
        self.sum.resize(width.max(self.sum.len()), 0.0);
        for sum in self.sum.iter_mut().take(width) {
            *sum += from.number()?;
        }
        for _ in 0..from.count()? {
            let hash = from.count()?;
            let bits = (0..width).map(|_| from.count()).collect::<Option<Vec<u64>>>()?;
            self.keep(hash, bits, from.count()?);
        }
        Some(())
    }

    fn heap_bytes(&self) -> usize {
        let width = self.sum.len() * size_of::<f64>();
        width + self.kept.len() * (width + size_of::<(u64, Vec<u64>, u64)>() + 16)
    }
}

/// Calls `take` with every usable vector of a batch and its side: no NULL, no element that is not finite.
pub(crate) fn each_vector(
    columns: &[ArrayRef],
    mut take: impl FnMut(&[f64], bool) -> Result<()>,
) -> Result<()> {
    let [vectors, sides] = columns else { return exec_err!("a vector and a side are wanted") };
    let (vectors, sides) = (vectors.as_list::<i32>(), sides.as_boolean());
    for row in (0..vectors.len()).filter(|&row| vectors.is_valid(row) && sides.is_valid(row)) {
        let elements = vectors.value(row);
        let numbers = elements.as_primitive::<Float64Type>();
        let values = numbers.values();
        if numbers.null_count() == 0 && !values.is_empty() && values.iter().all(|x| x.is_finite()) {
            take(values, sides.value(row))?;
        }
    }
    Ok(())
}

impl<const K: usize> Vectors<K> {
    pub(crate) fn add(&mut self, vector: &[f64], is_current: bool) -> Result<()> {
        let width = self.reference.sum.len().max(self.current.sum.len());
        if width != 0 && width != vector.len() {
            return exec_err!("vectors of {width} and of {} elements", vector.len());
        }
        for side in [&mut self.reference, &mut self.current] {
            side.sum.resize(vector.len(), 0.0);
        }
        if is_current {
            self.current.add(vector);
        } else {
            self.reference.add(vector);
        }
        Ok(())
    }
}

impl<const K: usize> State for Vectors<K> {
    fn new(_: &[DataType], _: &Options) -> Self {
        Self::default()
    }

    fn update(&mut self, columns: &[ArrayRef]) -> Result<()> {
        each_vector(columns, |vector, is_current| self.add(vector, is_current))
    }

    fn write(&self, out: &mut Writer) {
        self.reference.write(out);
        self.current.write(out);
    }

    fn merge(&mut self, from: &mut Reader) -> Option<()> {
        self.reference.merge(from)?;
        self.current.merge(from)
    }

    fn heap_bytes(&self) -> usize {
        self.reference.heap_bytes() + self.current.heap_bytes()
    }
}
