//! `psi(value, is_current)`

use std::sync::{Arc, LazyLock};

use arrow::array::{
    Array, ArrayRef, AsArray, Float64Array, Float64Builder, Int64Array, ListBuilder, StringBuilder,
    StructArray, UInt64Builder,
};
use arrow::datatypes::{DataType, Field, FieldRef, Fields, Float64Type, UInt64Type};
use datafusion_common::{Result, ScalarValue, exec_err, plan_err};
use datafusion_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion_expr::utils::format_state_name;
use datafusion_expr::{Accumulator, AggregateUDFImpl, Documentation, Signature, Volatility};

use super::tally::Tally;
use crate::args::text_at;
use crate::documented::{STATISTICS, manual};
use crate::stats::drift::{self, Pair, decile_bins};

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Psi {
    signature: Signature,
}

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    manual(
        STATISTICS,
        "Population stability index of current rows against reference rows. Result: {psi, p_value, n_reference, n_current}. \
         Numbers are cut at the deciles of the reference (linear interpolation, repeated edges merged, outer bins open); \
         texts and booleans are categories. Shares below 0.0001 are raised to it. p_value is the chance of as large a \
         value without any change: psi / (1/n + 1/m) against chi-squared with bins - 1 degrees of freedom, which fixed \
         thresholds such as 0.1 ignore. Rows with a NULL or NaN value or a NULL side are left out; psi is NULL when a side \
         is empty, p_value when there is one bin. Exact; memory grows with the distinct values.",
        "psi(value, is_current)",
        &[
            ("value", "A number, text or boolean."),
            ("is_current", "True for current rows, false for reference rows."),
        ],
        "select psi(output_tokens, start_time >= '2026-06-08') from llm_calls;",
    )
});

fn fields() -> Fields {
    Fields::from(vec![
        Field::new("psi", DataType::Float64, true),
        Field::new("p_value", DataType::Float64, true),
        Field::new("n_reference", DataType::Int64, true),
        Field::new("n_current", DataType::Int64, true),
    ])
}

impl Psi {
    pub(crate) fn new() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl AggregateUDFImpl for Psi {
    fn name(&self) -> &'static str {
        "psi"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        let [value, side] = given else {
            return plan_err!("psi(value, is_current) takes 2 arguments, got {}", given.len());
        };
        if !matches!(side, DataType::Boolean | DataType::Null) {
            return plan_err!("psi(value, is_current): is_current is {side}, not a boolean");
        }
        let value = match value {
            value if value.is_numeric() || value.is_null() => DataType::Float64,
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => value.clone(),
            DataType::Boolean | DataType::Dictionary(..) => DataType::Utf8,
            other => return plan_err!("psi(value, is_current) cannot take {other} as value"),
        };
        Ok(vec![value, DataType::Boolean])
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Struct(fields()))
    }

    fn accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        match args.expr_fields.first().map(|field| field.data_type()) {
            Some(DataType::Float64) => Ok(Box::new(Numeric(Tally::new()))),
            Some(_) => Ok(Box::new(Categorical(Tally::new()))),
            None => exec_err!("psi: no value column"),
        }
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let value = match args.input_fields.first().map(|field| field.data_type()) {
            Some(DataType::Float64) | None => DataType::Float64,
            Some(_) => DataType::Utf8,
        };
        let list = |part: &str, item: DataType| {
            let item = Arc::new(Field::new_list_field(item, true));
            Arc::new(Field::new(format_state_name(args.name, part), DataType::List(item), true))
        };
        Ok(vec![
            list("values", value),
            list("reference", DataType::UInt64),
            list("current", DataType::UInt64),
        ])
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(&MANUAL)
    }
}

/// The rows of a batch that have a value and a side.
fn sides(values: &[ArrayRef]) -> Result<(&ArrayRef, impl Iterator<Item = (usize, bool)>)> {
    let [value, side] = values else { return exec_err!("psi takes two columns") };
    let side = side.as_boolean();
    let rows = (0..value.len()).filter(|&row| value.is_valid(row) && side.is_valid(row));
    Ok((value, rows.map(|row| (row, side.value(row)))))
}

fn result(psi: Option<drift::Psi>, totals: Pair) -> Result<ScalarValue> {
    let float = |value: Option<f64>| Arc::new(Float64Array::from(vec![value])) as ArrayRef;
    let columns = vec![
        float(psi.map(|psi| psi.psi)),
        float(psi.and_then(|psi| psi.p)),
        Arc::new(Int64Array::from(vec![totals.reference as i64])) as ArrayRef,
        Arc::new(Int64Array::from(vec![totals.current as i64])),
    ];
    Ok(ScalarValue::Struct(Arc::new(StructArray::try_new(fields(), columns, None)?)))
}

/// The two count columns of a state, from `pairs` in the order of the value column.
fn counts_state(pairs: &[Pair]) -> [ScalarValue; 2] {
    [|pair: &Pair| pair.reference, |pair: &Pair| pair.current].map(|side| {
        let mut list = ListBuilder::new(UInt64Builder::new());
        list.append_value(pairs.iter().map(|pair| Some(side(pair))));
        ScalarValue::List(Arc::new(list.finish()))
    })
}

/// The states of a batch, one after another: values with their counts.
fn states(states: &[ArrayRef]) -> Result<Vec<(ArrayRef, Vec<Pair>)>> {
    let [values, reference, current] = states else {
        return exec_err!("psi has a state of three columns");
    };
    let lists = [values.as_list::<i32>(), reference.as_list::<i32>(), current.as_list::<i32>()];
    let [values, reference, current] = lists;
    let read = |row: usize| {
        let sides = [reference.value(row), current.value(row)];
        let [reference, current] = sides.each_ref().map(AsArray::as_primitive::<UInt64Type>);
        let pairs = reference.values().iter().zip(current.values());
        let pairs = pairs.map(|(&reference, &current)| Pair { reference, current }).collect();
        (values.value(row), pairs)
    };
    Ok((0..values.len()).filter(|&row| values.is_valid(row)).map(read).collect())
}

/// Numbers, keyed by their bits with one zero.
#[derive(Debug)]
struct Numeric(Tally<u64>);

fn key(value: f64) -> u64 {
    // -0.0 + 0.0 is 0.0.
    (value + 0.0).to_bits()
}

impl Accumulator for Numeric {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let (values, rows) = sides(values)?;
        let values = values.as_primitive::<Float64Type>();
        for (row, is_current) in rows.filter(|&(row, _)| !values.value(row).is_nan()) {
            self.0.add(key(values.value(row)), is_current);
        }
        Ok(())
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let (values, rows) = sides(values)?;
        let values = values.as_primitive::<Float64Type>();
        for (row, is_current) in rows.filter(|&(row, _)| !values.value(row).is_nan()) {
            self.0.retract(&key(values.value(row)), is_current);
        }
        Ok(())
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let mut values: Vec<(f64, Pair)> =
            self.0.iter().map(|(bits, pair)| (f64::from_bits(*bits), *pair)).collect();
        values.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        result(drift::psi(decile_bins(&values)), self.0.totals())
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.0.heap_bytes()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let (keys, pairs): (Vec<f64>, Vec<Pair>) =
            self.0.iter().map(|(bits, pair)| (f64::from_bits(*bits), *pair)).unzip();
        let mut list = ListBuilder::new(Float64Builder::new());
        list.append_value(keys.into_iter().map(Some));
        let [reference, current] = counts_state(&pairs);
        Ok(vec![ScalarValue::List(Arc::new(list.finish())), reference, current])
    }

    fn merge_batch(&mut self, batch: &[ArrayRef]) -> Result<()> {
        for (values, pairs) in states(batch)? {
            for (value, pair) in values.as_primitive::<Float64Type>().values().iter().zip(pairs) {
                self.0.merge(key(*value), pair);
            }
        }
        Ok(())
    }
}

/// Texts, each a category.
#[derive(Debug)]
struct Categorical(Tally<Box<str>>);

impl Accumulator for Categorical {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let (values, rows) = sides(values)?;
        for (row, is_current) in rows {
            if let Some(text) = text_at(values.as_ref(), row) {
                self.0.add(text.into(), is_current);
            }
        }
        Ok(())
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let (values, rows) = sides(values)?;
        for (row, is_current) in rows {
            if let Some(text) = text_at(values.as_ref(), row) {
                self.0.retract(&text.into(), is_current);
            }
        }
        Ok(())
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        // Sorted, so that sums do not depend on the hash order.
        let mut bins: Vec<(&str, Pair)> =
            self.0.iter().map(|(text, pair)| (text.as_ref(), *pair)).collect();
        bins.sort_unstable_by_key(|bin| bin.0);
        result(drift::psi(bins.into_iter().map(|bin| bin.1)), self.0.totals())
    }

    fn size(&self) -> usize {
        let texts: usize = self.0.iter().map(|(text, _)| text.len()).sum();
        size_of_val(self) + self.0.heap_bytes() + texts
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let (keys, pairs): (Vec<&str>, Vec<Pair>) =
            self.0.iter().map(|(text, pair)| (text.as_ref(), *pair)).unzip();
        let mut list = ListBuilder::new(StringBuilder::new());
        list.append_value(keys.into_iter().map(Some));
        let [reference, current] = counts_state(&pairs);
        Ok(vec![ScalarValue::List(Arc::new(list.finish())), reference, current])
    }

    fn merge_batch(&mut self, batch: &[ArrayRef]) -> Result<()> {
        for (values, pairs) in states(batch)? {
            for (row, pair) in pairs.into_iter().enumerate() {
                if let Some(text) = text_at(values.as_ref(), row) {
                    self.0.merge(text.into(), pair);
                }
            }
        }
        Ok(())
    }
}
