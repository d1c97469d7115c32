//! `kripp_alpha(unit, rater, value[, level[, alpha]])`

use std::collections::BTreeMap;
use std::sync::LazyLock;

use arrow::array::{Array, ArrayRef};
use arrow::datatypes::DataType;
use datafusion_common::{Result, ScalarValue, exec_err};
use datafusion_expr::Documentation;

use super::codec::{Reader, Writer};
use super::fold::{Fold, Options, State};
use super::label::Label;
use super::record::{record, record_type};
use crate::documented::{Manual, STATISTICS};
use crate::kernel::Kind;
use crate::stats::agreement::{Level, krippendorff};

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct KrippAlpha;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    Manual {
        section: STATISTICS,
        syntax: "kripp_alpha(unit, rater, value[, level[, alpha]])",
        does: "Krippendorff's alpha: agreement of any number of raters with gaps, 1 = always, 0 = \
            as by chance. The interval resamples units with the expected disagreement fixed. \
            Memory grows with the rows' distinct (unit, value).",
        arguments: &[
            ("unit", "What was rated: a number or text."),
            ("rater", "Who rated it."),
            ("value", "The rating: a number, text or boolean."),
            (
                "level",
                "`nominal` (the default), `ordinal` (order of numbers or texts) or `interval` (numbers only).",
            ),
            ("alpha", "1 - confidence; 0.05 unless given."),
        ],
        result: "{alpha, low, high, n_units, n_values}; units with one value count in neither.",
        nulls: "Rows with a NULL unit, rater or value or a NaN value are left out; NULL where no \
            unit has two values or all values are one.",
        errors: "An unknown level; level `interval` over values that are not numbers; alpha that is \
            not between 0 and 1.",
        source: "Krippendorff 2011; digits as the package krippendorff.",
        example: "select kripp_alpha(span_id, evaluator, score, 'interval') from evals;",
    }
    .documentation()
});

const FIELDS: [&str; 3] = ["alpha", "low", "high"];
const COUNTS: [&str; 2] = ["n_units", "n_values"];

/// How often each value was given to each unit.
#[derive(Debug, Default)]
pub(crate) struct Ratings {
    units: BTreeMap<Label, BTreeMap<Label, u64>>,
    of_text: bool,
}

impl State for Ratings {
    fn new(columns: &[DataType], _: &Options) -> Self {
        let of_text = columns.get(2).is_some_and(|value| value != &DataType::Float64);
        Self { units: BTreeMap::new(), of_text }
    }

    fn update(&mut self, columns: &[ArrayRef]) -> Result<()> {
        let [units, raters, values] = columns else {
            return exec_err!("a unit, a rater and a value are wanted");
        };
        for row in (0..units.len()).filter(|&row| raters.is_valid(row)) {
            let unit = Label::at(units.as_ref(), row);
            if let Some((unit, value)) = unit.zip(Label::at(values.as_ref(), row)) {
                *self.units.entry(unit).or_default().entry(value).or_default() += 1;
            }
        }
        Ok(())
    }

    fn write(&self, out: &mut Writer) {
        out.count(self.units.len() as u64);
        for (unit, values) in &self.units {
            unit.write(out);
            out.count(values.len() as u64);
            for (value, count) in values {
                value.write(out);
                out.count(*count);
            }
        }
    }

    fn merge(&mut self, from: &mut Reader) -> Option<()> {
        for _ in 0..from.count()? {
            let unit = self.units.entry(Label::read(from)?).or_default();
            for _ in 0..from.count()? {
                // The right side of += is evaluated first, so the label is read before it.
                let value = Label::read(from)?;
                *unit.entry(value).or_default() += from.count()?;
            }
        }
        Some(())
    }

    fn heap_bytes(&self) -> usize {
        let labels = self.units.iter().flat_map(|(unit, values)| {
            std::iter::once(unit).chain(values.keys()).map(Label::heap_bytes)
        });
        let values: usize = self.units.values().map(BTreeMap::len).sum();
        labels.sum::<usize>() + (values + self.units.len()) * (size_of::<(Label, u64)>() + 32)
    }
}

impl Fold for KrippAlpha {
    const NAME: &'static str = "kripp_alpha";
    const KINDS: &'static [Kind] =
        &[Kind::Value, Kind::Value, Kind::Value, Kind::Text, Kind::Number];
    const REQUIRED: usize = 3;
    const COLUMNS: usize = 3;
    type State = Ratings;

    fn return_type() -> DataType {
        record_type(&FIELDS, &COUNTS)
    }

    fn finish(ratings: &Ratings, options: &Options) -> Result<ScalarValue> {
        let levels = [
            ("nominal", Level::Nominal),
            ("ordinal", Level::Ordinal),
            ("interval", Level::Interval),
        ];
        let level = options.choice(3, Level::Nominal, &levels)?;
        if level == Level::Interval && ratings.of_text {
            return options.error("the level interval wants numbers as value");
        }
        let mut domain: Vec<&Label> = ratings.units.values().flat_map(BTreeMap::keys).collect();
        domain.sort_unstable();
        domain.dedup();
        let at = |value: &Label| domain.binary_search(&value).unwrap_or_default();
        let units: Vec<Vec<(usize, u64)>> = ratings
            .units
            .values()
            .map(|values| values.iter().map(|(value, count)| (at(value), *count)).collect())
            .collect();
        let numbers: Vec<f64> =
            domain.iter().map(|value| value.number().unwrap_or_default()).collect();
        let found = krippendorff(&units, &numbers, level, options.alpha(4)?);
        let pairable = units
            .iter()
            .map(|unit| unit.iter().map(|value| value.1).sum::<u64>())
            .filter(|&values| values >= 2);
        let (n_units, n_values) =
            pairable.fold((0, 0), |(units, all), values| (units + 1, all + values));
        record(
            [
                (FIELDS[0], found.map(|found| found.value)),
                (FIELDS[1], found.map(|found| found.low)),
                (FIELDS[2], found.map(|found| found.high)),
            ],
            [(COUNTS[0], n_units), (COUNTS[1], n_values)],
        )
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}
