//! Moments of two samples.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Float64Type};
use datafusion_common::{Result, exec_err};

use super::codec::{Reader, Writer};
use super::fold::{Options, State};
use crate::stats::moments::Moments;

impl Moments {
    pub(crate) fn write(&self, out: &mut Writer) {
        out.number(self.n);
        out.number(self.mean);
        out.number(self.squares);
    }

    pub(crate) fn read(from: &mut Reader) -> Option<Self> {
        Some(Self { n: from.number()?, mean: from.number()?, squares: from.number()? })
    }
}

/// Moments of reference and current rows, infinite values left out.
#[derive(Debug, Default)]
pub(crate) struct TwoMeans {
    pub(crate) reference: Moments,
    pub(crate) current: Moments,
}

impl TwoMeans {
    fn each(&mut self, columns: &[ArrayRef], take: fn(&mut Moments, f64)) -> Result<()> {
        let [values, sides] = columns else { return exec_err!("a value and a side are wanted") };
        let (values, sides) = (values.as_primitive::<Float64Type>(), sides.as_boolean());
        for row in 0..values.len() {
            let value = values.value(row);
            if values.is_null(row) || sides.is_null(row) || !value.is_finite() {
                continue;
            }
            let side = if sides.value(row) { &mut self.current } else { &mut self.reference };
            take(side, value);
        }
        Ok(())
    }
}

impl State for TwoMeans {
    const RETRACTS: bool = true;

    fn new(_: &[DataType], _: &Options) -> Self {
        Self::default()
    }

    fn update(&mut self, columns: &[ArrayRef]) -> Result<()> {
        self.each(columns, Moments::add)
    }

    fn retract(&mut self, columns: &[ArrayRef]) -> Result<()> {
        self.each(columns, Moments::retract)
    }

    fn write(&self, out: &mut Writer) {
        self.reference.write(out);
        self.current.write(out);
    }

    fn merge(&mut self, from: &mut Reader) -> Option<()> {
        self.reference.merge(&Moments::read(from)?);
        self.current.merge(&Moments::read(from)?);
        Some(())
    }

    fn heap_bytes(&self) -> usize {
        0
    }
}
