//! `parse_failure_rate(status)`

use std::sync::{Arc, LazyLock};

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, Int64Array, StructArray};
use arrow::datatypes::{DataType, Field, FieldRef, Fields, Int64Type};
use datafusion_common::{Result, ScalarValue, exec_err, plan_err};
use datafusion_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion_expr::{Accumulator, AggregateUDFImpl, Documentation, Signature, Volatility};

use crate::args::text_at;
use crate::documented::{STATISTICS, manual};
use crate::stats::proportion::wilson;

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct ParseFailureRate {
    signature: Signature,
}

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    manual(
        STATISTICS,
        "Share of outputs that were not the JSON asked for, with Wilson's 95 % interval. Result: {rate, low, high, n}. \
         `ok` and `ok_whitespace` are no failures, every other status is; NULL statuses (no JSON was expected) are left \
         out. rate, low and high are NULL when n is 0.",
        "parse_failure_rate(status)",
        &[("status", "`parse_status`, or the result of json_status.")],
        "select prompt_version, parse_failure_rate(parse_status) from llm_calls group by 1;",
    )
});

const ALPHA: f64 = 0.05;

fn fields() -> Fields {
    Fields::from(vec![
        Field::new("rate", DataType::Float64, true),
        Field::new("low", DataType::Float64, true),
        Field::new("high", DataType::Float64, true),
        Field::new("n", DataType::Int64, true),
    ])
}

impl ParseFailureRate {
    pub(crate) fn new() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl AggregateUDFImpl for ParseFailureRate {
    fn name(&self) -> &'static str {
        "parse_failure_rate"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        match given {
            [DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View] => Ok(given.to_vec()),
            [DataType::Null | DataType::Dictionary(..)] => Ok(vec![DataType::Utf8]),
            [other] => plan_err!("parse_failure_rate(status) cannot take {other} as status"),
            _ => plan_err!("parse_failure_rate(status) takes 1 argument, got {}", given.len()),
        }
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Struct(fields()))
    }

    fn accumulator(&self, _: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(Counter::default()))
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        Ok(["failures", "n"]
            .iter()
            .map(|part| {
                let name = datafusion_expr::utils::format_state_name(args.name, part);
                Arc::new(Field::new(name, DataType::Int64, false))
            })
            .collect())
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(&MANUAL)
    }
}

#[derive(Debug, Default)]
struct Counter {
    failures: i64,
    n: i64,
}

impl Counter {
    fn count(&mut self, values: &[ArrayRef], step: i64) -> Result<()> {
        let Some(column) = values.first() else { return exec_err!("a status is wanted") };
        for row in 0..column.len() {
            let Some(status) = text_at(column.as_ref(), row) else { continue };
            self.n += step;
            if !matches!(status, "ok" | "ok_whitespace") {
                self.failures += step;
            }
        }
        Ok(())
    }
}

impl Accumulator for Counter {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.count(values, 1)
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.count(values, -1)
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let found = wilson(self.failures as f64, self.n as f64, ALPHA);
        let float = |value: Option<f64>| Arc::new(Float64Array::from(vec![value])) as ArrayRef;
        let columns = vec![
            float(found.map(|found| found.rate)),
            float(found.map(|found| found.low)),
            float(found.map(|found| found.high)),
            Arc::new(Int64Array::from(vec![self.n])),
        ];
        Ok(ScalarValue::Struct(Arc::new(StructArray::try_new(fields(), columns, None)?)))
    }

    fn size(&self) -> usize {
        size_of_val(self)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![self.failures.into(), self.n.into()])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let [failures, n] = states else { return exec_err!("a state of two columns is wanted") };
        self.failures += failures.as_primitive::<Int64Type>().iter().flatten().sum::<i64>();
        self.n += n.as_primitive::<Int64Type>().iter().flatten().sum::<i64>();
        Ok(())
    }
}
