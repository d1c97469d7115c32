//! The frame every aggregate function shares: signature, options, and states that travel as bytes.

use std::fmt::Debug;
use std::hash::Hash;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch, new_empty_array};
use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion_common::{
    Result, ScalarValue, exec_datafusion_err, exec_err, plan_datafusion_err, plan_err,
};
use datafusion_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion_expr::utils::{AggregateOrderSensitivity, format_state_name};
use datafusion_expr::{
    Accumulator, AggregateUDFImpl, ColumnarValue, Documentation, GroupsAccumulator, Signature,
    Volatility,
};

use super::codec::{Reader, Writer};
use super::groups::{Grouped, RowGroups};
use super::sliding::Sliding;
use crate::kernel::{Kind, coerced_all};

/// One aggregate function: the part that differs from function to function.
pub(crate) trait Fold: Debug + Send + Sync + PartialEq + Eq + Hash + 'static {
    const NAME: &'static str;
    /// Columns first, then options, required ones before optional ones.
    const KINDS: &'static [Kind];
    /// How many of [`Self::KINDS`] must be given.
    const REQUIRED: usize;
    /// How many of [`Self::KINDS`] are columns; the options after them are constants.
    const COLUMNS: usize;
    type State: State;

    fn return_type() -> DataType;
    fn finish(state: &Self::State, options: &Options) -> Result<ScalarValue>;
    /// The results of many groups.
    fn finish_all(states: &[Self::State], options: &Options) -> Result<ArrayRef> {
        let results = states.iter().map(|state| Self::finish(state, options));
        let results = results.collect::<Result<Vec<ScalarValue>>>()?;
        if results.is_empty() {
            return Ok(new_empty_array(&Self::return_type()));
        }
        ScalarValue::iter_to_array(results)
    }
    fn manual() -> &'static Documentation;
}

/// What is kept of the rows seen: mergeable in any order.
pub(crate) trait State: Debug + Send + Sync + Sized + 'static {
    /// Rows can be taken back, so that frames may slide without being folded anew.
    const RETRACTS: bool = false;
    /// Many states can be updated in one pass over the rows: they are a few numbers each.
    const GROUPS: bool = false;

    /// An empty state for columns of these types.
    fn new(columns: &[DataType], options: &Options) -> Self;
    fn update(&mut self, columns: &[ArrayRef]) -> Result<()>;
    fn retract(&mut self, _columns: &[ArrayRef]) -> Result<()> {
        exec_err!("rows cannot be taken back from this state")
    }
    /// Adds each row to the state of its group.
    fn update_groups(_: &mut [Self], _: &[ArrayRef], _: &RowGroups<'_>) -> Result<()> {
        exec_err!("states of many groups are not updated at once")
    }
    fn write(&self, out: &mut Writer);
    /// Adds a written state; `None` when it is damaged.
    fn merge(&mut self, from: &mut Reader) -> Option<()>;
    fn heap_bytes(&self) -> usize;
}

/// The constants of a call.
#[derive(Debug)]
pub(crate) struct Options {
    syntax: String,
    first: usize,
    values: Vec<ScalarValue>,
}

impl Options {
    #[cfg(test)]
    pub(super) fn of(first: usize, values: Vec<ScalarValue>) -> Self {
        Self { syntax: "test".to_owned(), first, values }
    }

    fn given(&self, argument: usize) -> Option<&ScalarValue> {
        self.values.get(argument.checked_sub(self.first)?).filter(|value| !value.is_null())
    }

    /// A text option; arguments are counted from 0.
    pub(crate) fn text(&self, argument: usize) -> Result<Option<&str>> {
        match self.given(argument) {
            None => Ok(None),
            Some(value) => value
                .try_as_str()
                .flatten()
                .map(Some)
                .ok_or_else(|| plan_datafusion_err!("{}: a text is wanted", self.syntax)),
        }
    }

    /// A number option, `default` where it is not given.
    pub(crate) fn number(&self, argument: usize, default: f64) -> Result<f64> {
        match self.given(argument) {
            None => Ok(default),
            Some(ScalarValue::Float64(Some(value))) => Ok(*value),
            Some(other) => plan_err!("{}: {other} is no number", self.syntax),
        }
    }

    /// The significance level, 0.05 where it is not given.
    pub(crate) fn alpha(&self, argument: usize) -> Result<f64> {
        let alpha = self.number(argument, 0.05)?;
        if alpha > 0.0 && alpha < 1.0 {
            return Ok(alpha);
        }
        plan_err!("{}: alpha is {alpha}, not between 0 and 1", self.syntax)
    }

    /// The named choice of an option, `default` where it is not given.
    pub(crate) fn choice<T: Copy>(
        &self,
        argument: usize,
        default: T,
        choices: &[(&str, T)],
    ) -> Result<T> {
        let Some(name) = self.text(argument)? else { return Ok(default) };
        if let Some(choice) = choices.iter().find(|choice| choice.0 == name) {
            return Ok(choice.1);
        }
        let names: Vec<&str> = choices.iter().map(|choice| choice.0).collect();
        plan_err!("{}: {name:?} is none of {}", self.syntax, names.join(", "))
    }

    pub(crate) fn error<T>(&self, reason: &str) -> Result<T> {
        plan_err!("{}: {reason}", self.syntax)
    }
}

/// Adapts a fold to DataFusion.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Udaf<F> {
    signature: Signature,
    fold: F,
}

impl<F: Fold> Udaf<F> {
    pub(crate) fn new(fold: F) -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable), fold }
    }
}

impl<F: Fold> AggregateUDFImpl for Udaf<F> {
    fn name(&self) -> &'static str {
        F::NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        coerced_all(F::manual(), F::KINDS, F::REQUIRED, given)
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(F::return_type())
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        AggregateOrderSensitivity::Insensitive
    }

    fn accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        let (columns, options, state) = begin::<F>(&args)?;
        Ok(Box::new(Folding::<F> { columns, state, options }))
    }

    fn create_sliding_accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        if F::State::RETRACTS {
            return self.accumulator(args);
        }
        let (columns, options, _) = begin::<F>(&args)?;
        Ok(Box::new(Sliding::<F>::new(columns, options)))
    }

    fn groups_accumulator_supported(&self, _: AccumulatorArgs) -> bool {
        F::State::GROUPS
    }

    fn create_groups_accumulator(
        &self,
        args: AccumulatorArgs,
    ) -> Result<Box<dyn GroupsAccumulator>> {
        let (columns, options, _) = begin::<F>(&args)?;
        Ok(Box::new(Grouped::<F>::new(columns, options)))
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let name = format_state_name(args.name, "state");
        Ok(vec![Arc::new(Field::new(name, DataType::LargeBinary, true))])
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(F::manual())
    }
}

/// Reads a call: the types of its columns, its options, and an empty state.
fn begin<F: Fold>(args: &AccumulatorArgs) -> Result<(Vec<DataType>, Options, F::State)> {
    let columns: Vec<DataType> =
        args.expr_fields.iter().take(F::COLUMNS).map(|field| field.data_type().clone()).collect();
    let syntax = F::manual().syntax_example.clone();
    if args.is_distinct {
        return plan_err!("{syntax}: DISTINCT has no meaning here");
    }
    let no_rows = RecordBatch::new_empty(Arc::new(args.schema.clone()));
    let values = args.exprs.iter().skip(F::COLUMNS).enumerate().map(|(at, expr)| {
        if let Ok(ColumnarValue::Scalar(value)) = expr.evaluate(&no_rows) {
            return Ok(value);
        }
        plan_err!("{syntax}: argument {} must be a constant", F::COLUMNS + at + 1)
    });
    let values = values.collect::<Result<Vec<ScalarValue>>>()?;
    let options = Options { syntax, first: F::COLUMNS, values };
    let state = F::State::new(&columns, &options);
    // Options are read before the first row, so that a wrong one is an error of the call.
    F::finish(&state, &options)?;
    Ok((columns, options, state))
}

/// One group's rows.
#[derive(Debug)]
struct Folding<F: Fold> {
    columns: Vec<DataType>,
    state: F::State,
    options: Options,
}

impl<F: Fold> Accumulator for Folding<F> {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        // The constants come along as columns.
        self.state.update(values.get(..F::COLUMNS).unwrap_or(values))
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.state.retract(values.get(..F::COLUMNS).unwrap_or(values))
    }

    fn supports_retract_batch(&self) -> bool {
        F::State::RETRACTS
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        F::finish(&self.state, &self.options)
    }

    fn size(&self) -> usize {
        size_of_val(self)
            + self.state.heap_bytes()
            + self.columns.len() * size_of::<DataType>()
            + self.options.values.iter().map(ScalarValue::size).sum::<usize>()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let mut out = Writer::default();
        self.state.write(&mut out);
        Ok(vec![ScalarValue::LargeBinary(Some(out.finish()))])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let [states] = states else {
            return exec_err!("{} has a state of one column", F::NAME);
        };
        for state in states.as_binary::<i64>().iter().flatten() {
            self.state
                .merge(&mut Reader::new(state))
                .ok_or_else(|| exec_datafusion_err!("{}: a state is damaged", F::NAME))?;
        }
        Ok(())
    }
}
