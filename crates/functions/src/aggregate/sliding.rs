//! Frames that slide over rows which a state cannot give back: the frame's rows are kept, and each frame is folded anew.

use std::collections::VecDeque;

use arrow::array::{Array, ArrayRef};
use arrow::datatypes::DataType;
use datafusion_common::{Result, ScalarValue, exec_err};
use datafusion_expr::Accumulator;

use super::fold::{Fold, Options, State};

/// The rows of the frame, oldest first, in the pieces they came in.
#[derive(Debug)]
pub(super) struct Sliding<F: Fold> {
    types: Vec<DataType>,
    options: Options,
    pieces: VecDeque<Vec<ArrayRef>>,
    fold: std::marker::PhantomData<F>,
}

impl<F: Fold> Sliding<F> {
    pub(super) fn new(types: Vec<DataType>, options: Options) -> Self {
        Self { types, options, pieces: VecDeque::new(), fold: std::marker::PhantomData }
    }
}

fn rows(columns: &[ArrayRef]) -> usize {
    columns.first().map_or(0, Array::len)
}

impl<F: Fold> Accumulator for Sliding<F> {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let columns = values.get(..F::COLUMNS).unwrap_or(values);
        if rows(columns) > 0 {
            self.pieces.push_back(columns.to_vec());
        }
        Ok(())
    }

    /// The rows that leave are the oldest.
    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let mut leaving = rows(values);
        while leaving > 0 {
            let Some(oldest) = self.pieces.front_mut() else {
                return exec_err!("{}: more rows leave a frame than came", F::NAME);
            };
            let held = rows(oldest);
            if held > leaving {
                for column in oldest {
                    *column = column.slice(leaving, held - leaving);
                }
                return Ok(());
            }
            leaving -= held;
            self.pieces.pop_front();
        }
        Ok(())
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let mut state = F::State::new(&self.types, &self.options);
        for piece in &self.pieces {
            state.update(piece)?;
        }
        F::finish(&state, &self.options)
    }

    fn size(&self) -> usize {
        // Slices share their buffers with the window's input, so that only what holds them is its own.
        size_of_val(self) + self.pieces.len() * F::COLUMNS * size_of::<ArrayRef>()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        exec_err!("{}: a sliding frame has no partial state", F::NAME)
    }

    fn merge_batch(&mut self, _: &[ArrayRef]) -> Result<()> {
        exec_err!("{}: a sliding frame has no partial state", F::NAME)
    }
}
