//! Moments of two samples.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Float64Type};
use datafusion_common::{Result, exec_err};

use super::codec::{Reader, Writer};
use super::fold::{Options, State};
use super::groups::RowGroups;
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
    fn side(&mut self, is_current: bool) -> &mut Moments {
        if is_current { &mut self.current } else { &mut self.reference }
    }
}

/// Calls `take` with every usable row, its value and its side.
fn each(columns: &[ArrayRef], mut take: impl FnMut(usize, f64, bool)) -> Result<()> {
    let [values, sides] = columns else { return exec_err!("a value and a side are wanted") };
    let (values, sides) = (values.as_primitive::<Float64Type>(), sides.as_boolean());
    let has_nulls = values.null_count() + sides.null_count() > 0;
    for (row, value) in values.values().iter().enumerate() {
        if (has_nulls && (values.is_null(row) || sides.is_null(row))) || !value.is_finite() {
            continue;
        }
        take(row, *value, sides.value(row));
    }
    Ok(())
}

impl State for TwoMeans {
    const RETRACTS: bool = true;
    const GROUPS: bool = true;

    fn new(_: &[DataType], _: &Options) -> Self {
        Self::default()
    }

    fn update(&mut self, columns: &[ArrayRef]) -> Result<()> {
        each(columns, |_, value, is_current| self.side(is_current).add(value))
    }

    fn retract(&mut self, columns: &[ArrayRef]) -> Result<()> {
        each(columns, |_, value, is_current| self.side(is_current).retract(value))
    }

    fn update_groups(
        states: &mut [Self],
        columns: &[ArrayRef],
        groups: &RowGroups<'_>,
    ) -> Result<()> {
        each(columns, |row, value, is_current| {
            if let Some(state) = groups.of(row).and_then(|group| states.get_mut(group)) {
                state.side(is_current).add(value);
            }
        })
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
