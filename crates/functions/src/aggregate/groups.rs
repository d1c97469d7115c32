//! Many groups in one pass over the rows, for states that are a few numbers.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, LargeBinaryArray};
use arrow::datatypes::DataType;
use datafusion_common::{Result, exec_datafusion_err, exec_err};
use datafusion_expr::{EmitTo, GroupsAccumulator};

use super::codec::{Reader, Writer};
use super::fold::{Fold, Options, State};

/// The group of each row of a batch.
pub(crate) struct RowGroups<'a> {
    groups: &'a [usize],
    filter: Option<&'a BooleanArray>,
}

impl RowGroups<'_> {
    /// The group that a row counts for; `None` where a FILTER leaves it out.
    pub(crate) fn of(&self, row: usize) -> Option<usize> {
        let counts = self.filter.is_none_or(|filter| filter.is_valid(row) && filter.value(row));
        if counts { self.groups.get(row).copied() } else { None }
    }
}

/// The states of all groups.
#[derive(Debug)]
pub(super) struct Grouped<F: Fold> {
    columns: Vec<DataType>,
    options: Options,
    states: Vec<F::State>,
}

impl<F: Fold> Grouped<F> {
    pub(super) fn new(columns: Vec<DataType>, options: Options) -> Self {
        Self { columns, options, states: Vec::new() }
    }

    fn grow(&mut self, n_groups: usize) {
        let (columns, options) = (&self.columns, &self.options);
        self.states.resize_with(n_groups, || F::State::new(columns, options));
    }
}

fn written<S: State>(states: &[S]) -> Vec<ArrayRef> {
    let bytes = states.iter().map(|state| {
        let mut out = Writer::default();
        state.write(&mut out);
        Some(out.finish())
    });
    vec![Arc::new(bytes.collect::<LargeBinaryArray>())]
}

impl<F: Fold> GroupsAccumulator for Grouped<F> {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        filter: Option<&BooleanArray>,
        n_groups: usize,
    ) -> Result<()> {
        self.grow(n_groups);
        // The constants come along as columns.
        let columns = values.get(..F::COLUMNS).unwrap_or(values);
        F::State::update_groups(&mut self.states, columns, &RowGroups { groups, filter })
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let states = emit_to.take_needed(&mut self.states);
        F::finish_all(&states, &self.options)
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        Ok(written(&emit_to.take_needed(&mut self.states)))
    }

    fn merge_batch(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        n_groups: usize,
    ) -> Result<()> {
        self.grow(n_groups);
        let [written] = values else {
            return exec_err!("{} has a state of one column", F::NAME);
        };
        for (state, group) in written.as_binary::<i64>().iter().zip(groups) {
            let (Some(state), Some(own)) = (state, self.states.get_mut(*group)) else { continue };
            own.merge(&mut Reader::new(state))
                .ok_or_else(|| exec_datafusion_err!("{}: a state is damaged", F::NAME))?;
        }
        Ok(())
    }

    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        filter: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        let n = values.first().map_or(0, Array::len);
        let groups: Vec<usize> = (0..n).collect();
        let mut states: Vec<F::State> = Vec::new();
        states.resize_with(n, || F::State::new(&self.columns, &self.options));
        let columns = values.get(..F::COLUMNS).unwrap_or(values);
        F::State::update_groups(&mut states, columns, &RowGroups { groups: &groups, filter })?;
        Ok(written(&states))
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.states.capacity() * size_of::<F::State>()
    }
}
