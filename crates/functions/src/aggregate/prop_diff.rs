//! `prop_diff(outcome, is_current[, alpha])`

use std::sync::LazyLock;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::DataType;
use datafusion_common::{Result, ScalarValue, exec_err};
use datafusion_expr::Documentation;

use super::binned::SIDE;
use super::codec::{Reader, Writer};
use super::fold::{Fold, Options, State};
use super::record::{SIDES, record, record_type};
use crate::documented::{STATISTICS, manual};
use crate::kernel::Kind;
use crate::stats::drift::Pair;
use crate::stats::proportion::two_prop;

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct PropDiff;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    manual(
        STATISTICS,
        "Current rate minus reference rate. Result: {diff, low, high, z, p_value, fisher_p, reference_rate, \
         current_rate, n_reference, n_current}: Newcombe's interval of diff (1998, method 10), pooled two-sided z-test \
         (NULL when neither side varies), Fisher's exact test. Rows with a NULL outcome or side are left out; NULL when \
         a side is empty. Rows of one session are not independent: where sessions are long the interval is too narrow.",
        "prop_diff(outcome, is_current[, alpha])",
        &[
            ("outcome", "Whether it happened; a number is true unless 0."),
            SIDE,
            ("alpha", "1 - confidence; 0.05 unless given."),
        ],
        "select prop_diff(is_error, start_time >= '2026-06-08') from llm_calls;",
    )
});

const FIELDS: [&str; 8] =
    ["diff", "low", "high", "z", "p_value", "fisher_p", "reference_rate", "current_rate"];

/// Rows and rows where it happened.
#[derive(Debug, Default)]
pub(crate) struct Outcomes {
    rows: Pair,
    happened: Pair,
}

impl Outcomes {
    fn each(&mut self, columns: &[ArrayRef], step: i64) -> Result<()> {
        let [outcomes, sides] = columns else {
            return exec_err!("an outcome and a side are wanted");
        };
        let (outcomes, sides) = (outcomes.as_boolean(), sides.as_boolean());
        for row in 0..outcomes.len() {
            if outcomes.is_null(row) || sides.is_null(row) {
                continue;
            }
            let count = |pair: &mut Pair| {
                let side = if sides.value(row) { &mut pair.current } else { &mut pair.reference };
                *side = side.saturating_add_signed(step);
            };
            count(&mut self.rows);
            if outcomes.value(row) {
                count(&mut self.happened);
            }
        }
        Ok(())
    }
}

impl State for Outcomes {
    const RETRACTS: bool = true;

    fn new(_: &[DataType], _: &Options) -> Self {
        Self::default()
    }

    fn update(&mut self, columns: &[ArrayRef]) -> Result<()> {
        self.each(columns, 1)
    }

    fn retract(&mut self, columns: &[ArrayRef]) -> Result<()> {
        self.each(columns, -1)
    }

    fn write(&self, out: &mut Writer) {
        for pair in [self.rows, self.happened] {
            out.count(pair.reference);
            out.count(pair.current);
        }
    }

    fn merge(&mut self, from: &mut Reader) -> Option<()> {
        for pair in [&mut self.rows, &mut self.happened] {
            let more = Pair::read(from)?;
            pair.reference += more.reference;
            pair.current += more.current;
        }
        Some(())
    }

    fn heap_bytes(&self) -> usize {
        0
    }
}

impl Fold for PropDiff {
    const NAME: &'static str = "prop_diff";
    const KINDS: &'static [Kind] = &[Kind::Flag, Kind::Flag, Kind::Number];
    const REQUIRED: usize = 2;
    const COLUMNS: usize = 2;
    type State = Outcomes;

    fn return_type() -> DataType {
        record_type(&FIELDS, &SIDES)
    }

    fn finish(seen: &Outcomes, options: &Options) -> Result<ScalarValue> {
        let found = two_prop(
            seen.happened.reference as f64,
            seen.rows.reference as f64,
            seen.happened.current as f64,
            seen.rows.current as f64,
            options.alpha(2)?,
        );
        record(
            [
                (FIELDS[0], found.map(|found| found.diff)),
                (FIELDS[1], found.map(|found| found.newcombe.0)),
                (FIELDS[2], found.map(|found| found.newcombe.1)),
                (FIELDS[3], found.and_then(|found| found.z)),
                (FIELDS[4], found.and_then(|found| found.p)),
                (FIELDS[5], found.and_then(|found| found.fisher_p)),
                (FIELDS[6], found.map(|found| found.first)),
                (FIELDS[7], found.map(|found| found.second)),
            ],
            [(SIDES[0], seen.rows.reference), (SIDES[1], seen.rows.current)],
        )
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}
