//! `parse_failure_rate(status)`

use std::sync::{Arc, LazyLock};

use arrow::array::{Array, ArrayAccessor, ArrayRef, AsArray};
use arrow::datatypes::DataType;
use datafusion_common::{Result, ScalarValue, exec_err};
use datafusion_expr::Documentation;

use super::codec::{Reader, Writer};
use super::fold::{Fold, Options, State};
use super::groups::RowGroups;
use super::record::{Record, record_type, records};
use crate::documented::{Manual, STATISTICS};
use crate::kernel::Kind;
use crate::stats::proportion::wilson;

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct ParseFailureRate;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    Manual {
        section: STATISTICS,
        syntax: "parse_failure_rate(status)",
        does: "Share of outputs that were not the JSON asked for, with Wilson's 95 % interval. `ok` \
            and `ok_whitespace` are no failures, every other status is.",
        arguments: &[("status", "`parse_status`, or the result of json_status.")],
        result: "{rate, low, high, n}: shares between 0 and 1, and the outputs counted.",
        nulls: "NULL statuses (no JSON was expected) are left out. rate, low and high are NULL when \
            n is 0.",
        errors: "",
        source: "Wilson 1927.",
        example: "select prompt_version, parse_failure_rate(parse_status) from llm_calls group by 1;",
    }
    .documentation()
});

const ALPHA: f64 = 0.05;
const FIELDS: [&str; 3] = ["rate", "low", "high"];

/// Outputs, and those that were not what was asked for.
#[derive(Debug, Default)]
pub(crate) struct Failures {
    n: u64,
    failed: u64,
}

impl Failures {
    fn count(&mut self, has_failed: bool, step: i64) {
        self.n = self.n.saturating_add_signed(step);
        if has_failed {
            self.failed = self.failed.saturating_add_signed(step);
        }
    }
}

/// Calls `take` with every row that has a status, and whether it is a failure.
fn each(columns: &[ArrayRef], take: impl FnMut(usize, bool)) -> Result<()> {
    fn over<'a, A: ArrayAccessor<Item = &'a str> + Copy>(
        texts: A,
        mut take: impl FnMut(usize, bool),
    ) {
        for row in (0..texts.len()).filter(|&row| texts.is_valid(row)) {
            take(row, !matches!(texts.value(row), "ok" | "ok_whitespace"));
        }
    }
    let [statuses] = columns else { return exec_err!("a status is wanted") };
    match statuses.data_type() {
        DataType::Utf8View => over(statuses.as_string_view(), take),
        DataType::LargeUtf8 => over(statuses.as_string::<i64>(), take),
        _ => over(statuses.as_string::<i32>(), take),
    }
    Ok(())
}

impl State for Failures {
    const RETRACTS: bool = true;
    const GROUPS: bool = true;

    fn new(_: &[DataType], _: &Options) -> Self {
        Self::default()
    }

    fn update(&mut self, columns: &[ArrayRef]) -> Result<()> {
        each(columns, |_, has_failed| self.count(has_failed, 1))
    }

    fn retract(&mut self, columns: &[ArrayRef]) -> Result<()> {
        each(columns, |_, has_failed| self.count(has_failed, -1))
    }

    fn update_groups(
        states: &mut [Self],
        columns: &[ArrayRef],
        groups: &RowGroups<'_>,
    ) -> Result<()> {
        each(columns, |row, has_failed| {
            if let Some(state) = groups.of(row).and_then(|group| states.get_mut(group)) {
                state.count(has_failed, 1);
            }
        })
    }

    fn write(&self, out: &mut Writer) {
        out.count(self.n);
        out.count(self.failed);
    }

    fn merge(&mut self, from: &mut Reader) -> Option<()> {
        self.n += from.count()?;
        self.failed += from.count()?;
        Some(())
    }

    fn heap_bytes(&self) -> usize {
        0
    }
}

fn row(seen: &Failures) -> Record<3, 1> {
    let found = wilson(seen.failed as f64, seen.n as f64, ALPHA);
    let bounds = [found.map(|found| found.low), found.map(|found| found.high)];
    ([found.map(|found| found.rate), bounds[0], bounds[1]], [seen.n])
}

impl Fold for ParseFailureRate {
    const NAME: &'static str = "parse_failure_rate";
    const KINDS: &'static [Kind] = &[Kind::Text];
    const REQUIRED: usize = 1;
    const COLUMNS: usize = 1;
    type State = Failures;

    fn return_type() -> DataType {
        record_type(&FIELDS, &["n"])
    }

    fn finish(seen: &Failures, _: &Options) -> Result<ScalarValue> {
        Ok(ScalarValue::Struct(Arc::new(records(FIELDS, ["n"], &[row(seen)])?)))
    }

    fn finish_all(seen: &[Failures], _: &Options) -> Result<ArrayRef> {
        let rows: Vec<_> = seen.iter().map(row).collect();
        Ok(Arc::new(records(FIELDS, ["n"], &rows)?))
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}
