//! `ppi_mean(judge, human[, alpha[, method]])`

use std::sync::LazyLock;

use arrow::array::{ArrayRef, AsArray};
use arrow::datatypes::{DataType, Float64Type};
use datafusion_common::{Result, ScalarValue, exec_err};
use datafusion_expr::Documentation;

use super::codec::{Reader, Writer};
use super::fold::{Fold, Options, State};
use super::record::{record, record_type};
use crate::documented::{Manual, STATISTICS};
use crate::kernel::Kind;
use crate::stats::judge::{Judged, Trust, ppi_mean};
use crate::stats::moments::Moments;

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct PpiMeanOf;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    Manual {
        section: STATISTICS,
        syntax: "ppi_mean(judge, human[, alpha[, method]])",
        does: "The mean human score over all rows, from a judge's scores everywhere and human \
            scores on a random part of the rows (prediction-powered inference). Labelled rows \
            must be a random sample: hand-picked failures bias it.",
        arguments: &[
            ("judge", "The judge's score."),
            ("human", "The human's score, NULL where there is none."),
            ("alpha", "1 - confidence; 0.05 unless given."),
            (
                "method",
                "`tuned` (the default): weight of least variance; `full`: weight 1; `classical`: the human scores alone.",
            ),
        ],
        result: "{mean, low, high, p_value, weight, n_labelled, n_unlabelled}: a normal interval, the \
            p-value against a mean of 0, and the weight that the judge got, 0 to 1.",
        nulls: "Rows with a NULL or NaN judge are left out; a NULL or NaN human is an unlabelled \
            row. NULL without a labelled, or an unlabelled, row.",
        errors: "alpha that is not between 0 and 1; an unknown method.",
        source: "Angelopoulos et al. 2023 (PPI, PPI++); digits as ppi-python.",
        example: "select ppi_mean(judge_score, human_score) from labelled_calls;",
    }
    .documentation()
});

const FIELDS: [&str; 5] = ["mean", "low", "high", "p_value", "weight"];
const COUNTS: [&str; 2] = ["n_labelled", "n_unlabelled"];

impl State for Judged {
    fn new(_: &[DataType], _: &Options) -> Self {
        Self::default()
    }

    fn update(&mut self, columns: &[ArrayRef]) -> Result<()> {
        let [judges, humans] = columns else {
            return exec_err!("a judge's and a human's score are wanted");
        };
        let (judges, humans) =
            (judges.as_primitive::<Float64Type>(), humans.as_primitive::<Float64Type>());
        let finite = |value: &f64| value.is_finite();
        for (judge, human) in judges.iter().zip(humans) {
            if let Some(judge) = judge.filter(finite) {
                self.add(judge, human.filter(finite));
            }
        }
        Ok(())
    }

    fn write(&self, out: &mut Writer) {
        for moments in [&self.human, &self.judge, &self.unlabelled] {
            moments.write(out);
        }
        out.number(self.products);
    }

    fn merge(&mut self, from: &mut Reader) -> Option<()> {
        let (human, judge) = (Moments::read(from)?, Moments::read(from)?);
        let unlabelled = Moments::read(from)?;
        let other = Self { human, judge, unlabelled, products: from.number()? };
        Self::merge(self, &other);
        Some(())
    }

    fn heap_bytes(&self) -> usize {
        0
    }
}

impl Fold for PpiMeanOf {
    const NAME: &'static str = "ppi_mean";
    const KINDS: &'static [Kind] = &[Kind::Number, Kind::Number, Kind::Number, Kind::Text];
    const REQUIRED: usize = 2;
    const COLUMNS: usize = 2;
    type State = Judged;

    fn return_type() -> DataType {
        record_type(&FIELDS, &COUNTS)
    }

    fn finish(judged: &Judged, options: &Options) -> Result<ScalarValue> {
        let methods = [("tuned", Trust::Tuned), ("full", Trust::Full), ("classical", Trust::None)];
        let trust = options.choice(3, Trust::Tuned, &methods)?;
        let found = ppi_mean(judged, trust, options.alpha(2)?);
        record(
            [
                (FIELDS[0], found.map(|found| found.mean)),
                (FIELDS[1], found.map(|found| found.low)),
                (FIELDS[2], found.map(|found| found.high)),
                (FIELDS[3], found.map(|found| found.p)),
                (FIELDS[4], found.map(|found| found.weight)),
            ],
            [(COUNTS[0], judged.human.n as u64), (COUNTS[1], judged.unlabelled.n as u64)],
        )
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}
