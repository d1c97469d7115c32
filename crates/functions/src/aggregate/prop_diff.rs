//! `prop_diff(outcome, is_current[, alpha])`

use std::sync::{Arc, LazyLock};

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::DataType;
use datafusion_common::{Result, ScalarValue, exec_err};
use datafusion_expr::Documentation;

use super::binned::SIDE;
use super::codec::{Reader, Writer};
use super::fold::{Fold, Options, State};
use super::groups::RowGroups;
use super::record::{Record, SIDES, record_type, records};
use crate::documented::{Manual, STATISTICS};
use crate::kernel::Kind;
use crate::stats::drift::Pair;
use crate::stats::proportion::two_prop;

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct PropDiff;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    Manual {
        section: STATISTICS,
        syntax: "prop_diff(outcome, is_current[, alpha])",
        does: "Current rate minus reference rate. Rows of one session are not independent: where \
            sessions are long the interval is too narrow.",
        arguments: &[
            ("outcome", "Whether it happened; a number is true unless 0."),
            SIDE,
            ("alpha", "1 - confidence; 0.05 unless given."),
        ],
        result: "{diff, low, high, z, p_value, fisher_p, reference_rate, current_rate, n_reference, \
            n_current}: Newcombe's interval of diff (1998, method 10), pooled two-sided z-test \
            (NULL when neither side varies), Fisher's exact test.",
        nulls: "Rows with a NULL outcome or side are left out; NULL when a side is empty.",
        errors: "alpha that is not between 0 and 1.",
        source: "Newcombe 1998 (method 10); Fisher 1935; digits as statsmodels and scipy.",
        example: "select prop_diff(is_error, start_time >= '2026-06-08') from llm_calls;",
    }
    .documentation()
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
    fn count(&mut self, happened: bool, is_current: bool, step: i64) {
        let count = |pair: &mut Pair| {
            let side = if is_current { &mut pair.current } else { &mut pair.reference };
            *side = side.saturating_add_signed(step);
        };
        count(&mut self.rows);
        if happened {
            count(&mut self.happened);
        }
    }
}

/// Calls `take` with every usable row, its outcome and its side.
fn each(columns: &[ArrayRef], mut take: impl FnMut(usize, bool, bool)) -> Result<()> {
    let [outcomes, sides] = columns else {
        return exec_err!("an outcome and a side are wanted");
    };
    let (outcomes, sides) = (outcomes.as_boolean(), sides.as_boolean());
    for row in 0..outcomes.len() {
        if outcomes.is_valid(row) && sides.is_valid(row) {
            take(row, outcomes.value(row), sides.value(row));
        }
    }
    Ok(())
}

impl State for Outcomes {
    const RETRACTS: bool = true;
    const GROUPS: bool = true;

    fn new(_: &[DataType], _: &Options) -> Self {
        Self::default()
    }

    fn update(&mut self, columns: &[ArrayRef]) -> Result<()> {
        each(columns, |_, happened, is_current| self.count(happened, is_current, 1))
    }

    fn retract(&mut self, columns: &[ArrayRef]) -> Result<()> {
        each(columns, |_, happened, is_current| self.count(happened, is_current, -1))
    }

    fn update_groups(
        states: &mut [Self],
        columns: &[ArrayRef],
        groups: &RowGroups<'_>,
    ) -> Result<()> {
        each(columns, |row, happened, is_current| {
            if let Some(state) = groups.of(row).and_then(|group| states.get_mut(group)) {
                state.count(happened, is_current, 1);
            }
        })
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
        let row = row(seen, options.alpha(2)?);
        Ok(ScalarValue::Struct(Arc::new(records(FIELDS, SIDES, &[row])?)))
    }

    fn finish_all(seen: &[Outcomes], options: &Options) -> Result<ArrayRef> {
        let alpha = options.alpha(2)?;
        let rows: Vec<_> = seen.iter().map(|seen| row(seen, alpha)).collect();
        Ok(Arc::new(records(FIELDS, SIDES, &rows)?))
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}

fn row(seen: &Outcomes, alpha: f64) -> Record<8, 2> {
    let found = two_prop(
        seen.happened.reference as f64,
        seen.rows.reference as f64,
        seen.happened.current as f64,
        seen.rows.current as f64,
        alpha,
    );
    let floats = [
        found.map(|found| found.diff),
        found.map(|found| found.newcombe.0),
        found.map(|found| found.newcombe.1),
        found.and_then(|found| found.z),
        found.and_then(|found| found.p),
        found.and_then(|found| found.fisher_p),
        found.map(|found| found.first),
        found.map(|found| found.second),
    ];
    (floats, [seen.rows.reference, seen.rows.current])
}
