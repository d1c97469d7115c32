//! The table function `drift_report(prompt, current, baseline)`.

mod columns;
mod fold;
mod read;
mod rows;
mod sides;

use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{Session, TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::common::plan_err;
use datafusion::error::Result;
use datafusion::logical_expr::Documentation;
use spanlake_functions::documented::Manual;

use self::sides::Side;
use super::provider::{Call, Called};
use crate::statement::Statement;

pub(super) static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    Manual {
        section: super::SECTION,
        syntax: "drift_report(prompt, current, baseline)",
        does: "Which columns of a prompt's model calls are distributed otherwise than they were: a \
            row per column of spans that holds a number, a category or a text. Numbers are compared \
            over the baseline's deciles, categories with 1 % or more each by itself, missing values \
            as a class of their own, texts by their words. Calls of one session are not \
            independent: counts are divided by the design effect of the sessions, and of texts one \
            a session is read. Calls count by sampling_weight. All rows are one family (Benjamini \
            and Hochberg): only an adjusted p below 0.05 and an effect of at least minimum_effect is \
            a drift. The tests have a fixed horizon: they hold for one look at sides that were \
            fixed before. A changed mix of tenants and models moves other columns too: \
            psi_standardised says what is left at equal shares.",
        arguments: &[
            ("prompt", "The prompt's name."),
            (
                "current",
                "A version, or a span of time `FROM/UNTIL` in UTC, the end not included, such as \
                 `2026-06-08/2026-06-15` or `2026-06-08T12:00:00Z/2026-06-09`.",
            ),
            ("baseline", "What it is compared with, in the same form."),
        ],
        result: "column_name, kind (number, category, text); test, statistic, p_value, p_adjusted; \
            effect: population stability index, for texts the largest difference of a word's share; \
            minimum_effect; psi_standardised: the index at the current side's shares of tenants and \
            models; n_baseline, n_current: calls (texts: sessions); effective_n_baseline, \
            effective_n_current: independent ones worth as much; clusters_baseline, \
            clusters_current: sessions; missing_baseline, missing_current: shares without a value; \
            mean_baseline, mean_current of numbers, in their unit; change: the class or word that \
            moved most; basis (concurrent, before/after); verdict (drift, no evidence, too little \
            data); note.",
        nulls: "No row for a column without any value. The test is NULL below 30 sessions a side and where a value never varies.",
        errors: "The same side twice; a time that cannot be read.",
        source: "Rao and Scott 1981 (chi-squared of clustered counts, first order); Fisher 1935 and \
            Simes 1986 (words); Benjamini and Hochberg 1995 (family).",
        example: "select column_name, effect, p_adjusted, change\n\
            from drift_report('answer', '2026-06-08/2026-06-15', '2026-05-11/2026-06-08')\n\
            where verdict = 'drift';",
    }
    .documentation()
});

/// The table function.
#[derive(Debug)]
pub(super) struct DriftFunction {
    pub(super) statement: Arc<Statement>,
}

impl TableFunctionImpl for DriftFunction {
    fn call_with_args(&self, args: TableFunctionArgs) -> Result<Arc<dyn TableProvider>> {
        let [prompt, current, baseline] = super::texts(&MANUAL, args.exprs())?;
        let (current, baseline) = (Side::parse(&current), Side::parse(&baseline));
        if current == baseline {
            return plan_err!("{} compares two sides, got one twice", MANUAL.syntax_example);
        }
        let statement = Arc::clone(&self.statement);
        Ok(Arc::new(Called(DriftTable { prompt, current, baseline, statement })))
    }
}

#[derive(Debug)]
struct DriftTable {
    prompt: String,
    current: Side,
    baseline: Side,
    statement: Arc<Statement>,
}

pub(super) fn schema() -> SchemaRef {
    rows::schema()
}

#[async_trait]
impl Call for DriftTable {
    fn schema(&self) -> SchemaRef {
        schema()
    }

    async fn rows(&self, session: &dyn Session) -> Result<RecordBatch> {
        let rows = Box::pin(self.report(session)).await?;
        Ok(rows::batch(&rows)?)
    }
}
