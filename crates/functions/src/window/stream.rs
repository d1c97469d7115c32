//! The frame of functions that read a partition in order and tell where it changes.

use std::fmt::Debug;
use std::hash::Hash;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use arrow::datatypes::{DataType, Field, FieldRef, Float64Type};
use datafusion_common::{Result, exec_err, plan_err};
use datafusion_expr::function::{PartitionEvaluatorArgs, WindowUDFFieldArgs};
use datafusion_expr::{Documentation, PartitionEvaluator, Signature, Volatility, WindowUDFImpl};

use crate::kernel::{Kind, coerced_all};

/// One detector: the part that differs from function to function.
pub(crate) trait Detector: Debug + Send + Sync + PartialEq + Eq + Hash + 'static {
    const NAME: &'static str;
    /// How many options may follow the value.
    const OPTIONS: usize;
    type Stream: FnMut(f64) -> bool;

    /// A stream with options in order, `None` where not given; an error names the option that is out of range.
    fn stream(options: &[Option<f64>]) -> Result<Self::Stream, &'static str>;
    fn manual() -> &'static Documentation;
}

/// Adapts a detector to DataFusion.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Udwf<D> {
    signature: Signature,
    detector: D,
}

impl<D: Detector> Udwf<D> {
    pub(crate) fn new(detector: D) -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable), detector }
    }
}

impl<D: Detector> WindowUDFImpl for Udwf<D> {
    fn name(&self) -> &'static str {
        D::NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        coerced_all(D::manual(), &vec![Kind::Number; 1 + D::OPTIONS], 1, given)
    }

    fn field(&self, args: WindowUDFFieldArgs) -> Result<FieldRef> {
        Ok(Arc::new(Field::new(args.name(), DataType::Boolean, true)))
    }

    fn partition_evaluator(
        &self,
        _: PartitionEvaluatorArgs,
    ) -> Result<Box<dyn PartitionEvaluator>> {
        Ok(Box::new(Detecting::<D>(std::marker::PhantomData)))
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(D::manual())
    }
}

#[derive(Debug)]
struct Detecting<D>(std::marker::PhantomData<D>);

impl<D: Detector> PartitionEvaluator for Detecting<D> {
    fn evaluate_all(&mut self, columns: &[ArrayRef], n_rows: usize) -> Result<ArrayRef> {
        let Some((values, options)) = columns.split_first() else {
            return exec_err!("{}: no value column", D::NAME);
        };
        let first = |column: &ArrayRef| {
            let column = column.as_primitive::<Float64Type>();
            (!column.is_empty() && column.is_valid(0)).then(|| column.value(0))
        };
        let options: Vec<Option<f64>> = options.iter().map(first).collect();
        let mut stream = match D::stream(&options) {
            Ok(stream) => stream,
            Err(reason) => return plan_err!("{}: {reason}", D::manual().syntax_example),
        };
        let values = values.as_primitive::<Float64Type>();
        let found: BooleanArray = (0..n_rows)
            .map(|row| {
                let value = values.is_valid(row).then(|| values.value(row))?;
                value.is_finite().then(|| stream(value))
            })
            .collect();
        Ok(Arc::new(found))
    }
}
