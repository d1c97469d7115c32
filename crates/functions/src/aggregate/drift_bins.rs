//! `drift_bins(value, is_current[, binning])`

use std::sync::{Arc, LazyLock};

use arrow::array::{
    Array, ArrayRef, Float64Array, Int64Array, ListArray, StringArray, StructArray,
};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Field, Fields};
use datafusion_common::{Result, ScalarValue};
use datafusion_expr::Documentation;

use super::binned::{BINNING, SIDE, binning};
use super::fold::{Fold, Options};
use super::sample::Sample;
use crate::documented::{Manual, STATISTICS};
use crate::kernel::Kind;
use crate::stats::binning::bins;
use crate::stats::drift::Pair;

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct DriftBins;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    Manual {
        section: STATISTICS,
        syntax: "drift_bins(value, is_current[, binning])",
        does: "The bins over which psi, js_distance, kl_divergence, hellinger and tvd compare two \
            sides. Exact up to 262,144 distinct values in a group.",
        arguments: &[("value", "A number, text or boolean."), SIDE, BINNING],
        result: "A list of {low, high, category, reference, current}, the last two being rows: low <= \
            value < high for numbers, NULL where a bin is open; category for texts and booleans.",
        nulls: "Rows with a NULL or NaN value or a NULL side are left out; an empty list without a \
            row.",
        errors: "An unknown binning.",
        source: "Spanlake's own: the bins of psi.",
        example: "select unnest(drift_bins(output_tokens, start_time >= '2026-06-08')) from llm_calls;",
    }
    .documentation()
});

fn fields() -> Fields {
    Fields::from(vec![
        Field::new("low", DataType::Float64, true),
        Field::new("high", DataType::Float64, true),
        Field::new("category", DataType::Utf8, true),
        Field::new("reference", DataType::Int64, true),
        Field::new("current", DataType::Int64, true),
    ])
}

/// Bounds of a bin, or its category, and its counts.
type Row<'a> = (Option<f64>, Option<f64>, Option<&'a str>, Pair);

impl Fold for DriftBins {
    const NAME: &'static str = "drift_bins";
    const KINDS: &'static [Kind] = &[Kind::Value, Kind::Flag, Kind::Text];
    const REQUIRED: usize = 2;
    const COLUMNS: usize = 2;
    type State = Sample;

    fn return_type() -> DataType {
        DataType::List(Arc::new(Field::new_list_field(DataType::Struct(fields()), true)))
    }

    fn finish(sample: &Sample, options: &Options) -> Result<ScalarValue> {
        let (binning, _) = binning(options, 2)?;
        let rows: Vec<Row> = match sample {
            Sample::Numbers(_) => bins(&sample.numbers(), binning)
                .into_iter()
                .map(|bin| {
                    let bound = |bound: f64| Some(bound).filter(|bound| bound.is_finite());
                    (bound(bin.low), bound(bin.high), None, bin.counts)
                })
                .collect(),
            Sample::Categories(_) => sample
                .categories()
                .into_iter()
                .map(|(text, counts)| (None, None, Some(text), counts))
                .collect(),
        };
        let count = |side: fn(&Pair) -> u64| {
            let counts: Int64Array = rows.iter().map(|row| Some(side(&row.3) as i64)).collect();
            Arc::new(counts) as ArrayRef
        };
        let columns: Vec<ArrayRef> = vec![
            Arc::new(rows.iter().map(|row| row.0).collect::<Float64Array>()),
            Arc::new(rows.iter().map(|row| row.1).collect::<Float64Array>()),
            Arc::new(rows.iter().map(|row| row.2).collect::<StringArray>()),
            count(|pair| pair.reference),
            count(|pair| pair.current),
        ];
        let bins = StructArray::try_new(fields(), columns, None)?;
        list_of(bins)
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}

/// One list that holds every row of `elements`.
pub(crate) fn list_of(elements: StructArray) -> Result<ScalarValue> {
    let field = Arc::new(Field::new_list_field(DataType::Struct(elements.fields().clone()), true));
    let offsets = OffsetBuffer::from_lengths([elements.len()]);
    let list = ListArray::try_new(field, offsets, Arc::new(elements), None)?;
    Ok(ScalarValue::List(Arc::new(list)))
}
