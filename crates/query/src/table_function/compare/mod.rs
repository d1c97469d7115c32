//! The table function `compare_versions(prompt, version_a, version_b[, metrics])`.
//!
//! # What makes a comparison fair, and the test of each
//!
//! | rule | test |
//! |---|---|
//! | clusters: calls of one session are not independent | `calls_of_one_session_are_one_observation` |
//! | peeking: a test holds however often it is looked at | `looking_again_raises_no_false_alarms` (functions) |
//! | Simpson: a changed mix of tenants and models is told | `a_changed_mix_of_tenants_is_told` |
//! | weights: scores count by how they were drawn | `scores_count_by_how_they_were_drawn` |
//! | family: all rows are corrected together | `all_rows_are_one_family` |
//! | floor: certain is not yet large enough | `a_certain_change_below_the_minimum_is_no_finding` |
//! | evaluators: another version is another series | `a_changed_evaluator_breaks_the_series` |

mod fold;
mod judge;
mod rows;

use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use datafusion::arrow::array::types::{Int64Type, TimestampMicrosecondType};
use datafusion::arrow::array::{AsArray, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, SchemaRef};
use datafusion::catalog::{Session, TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::common::{ScalarValue, plan_err};
use datafusion::error::Result;
use datafusion::logical_expr::{Documentation, Expr};
use futures::StreamExt as _;
use spanlake_functions::documented::Manual;
use spanlake_model::Micros;

use self::fold::{Fold, Shape};
use super::provider::{Call, Called};
use super::run::{self, Parameters};
use crate::metric::{METRICS, MINIMUM_CLUSTERS};
use crate::statement::Statement;

pub(super) static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    Manual {
        section: super::SECTION,
        syntax: "compare_versions(prompt, version_a, version_b[, metrics])",
        does: "What a prompt's second version does better or worse than its first: a row per \
            metric, and for stored scores per evaluator version, so that a changed evaluator breaks \
            the series instead of moving it. While both versions were in use by 30 sessions each, \
            only that time is compared (basis `concurrent`); else all calls of both (`before/after`: \
            whatever else changed between them is in the difference, so it names no cause). Calls of \
            one session are not independent: intervals are cluster-robust by session, else trace. \
            The test is a confidence sequence, valid however often it is looked at. Calls count by \
            sampling_weight, scores by the inverse of inclusion_probability; scores drawn with no \
            known probability, as hand-picked failures are, are left out. All rows are one family \
            (Benjamini and Hochberg): only an adjusted p below 0.05 and a difference of at least \
            minimum_effect is better or worse.",
        arguments: &[
            ("prompt", "The prompt's name."),
            ("version_a", "The version compared with, the reference."),
            ("version_b", "The version judged."),
            (
                "metrics",
                "Names of the metrics wanted, separated by commas or as a list; all unless given.",
            ),
        ],
        result: "metric, evaluator (of stored scores), unit (rate, score, usd, ms), better (lower, \
            higher); n_a, n_b: observations; effective_n_a, effective_n_b: independent ones worth \
            as much; clusters_a, clusters_b: sessions; coverage_a, coverage_b: share of the \
            version's calls (traces) observed; value_a, value_b: means, latency's geometric; \
            difference: b minus a, for usd and ms a share of a (0.2 = 20 % more), with low and high \
            at 95 %; test, p_value, p_adjusted; minimum_detectable: least difference that as much \
            data show with a chance of 80 %; minimum_effect: least one worth a verdict; \
            standardised: the difference at version b's shares of tenants and models, sign_flips: \
            whether that turns it round; basis, from_time, until_time; verdict (better, worse, not \
            worse, no evidence, too little data); note.",
        nulls: "Calls for which a metric is NULL do not count for it. Without an observation on a \
            side the difference is NULL; test and interval are NULL below 30 sessions a side and, \
            for rates, below 8 events or 8 non-events. No row for a metric without any observation.",
        errors: "The same version twice; an unknown metric, the error lists the known ones.",
        source: "Liang and Zeger 1986 (clusters); Waudby-Smith et al. 2023, equation 9, tightest at \
            1,000 sessions (test); Benjamini and Hochberg 1995 (family).",
        example: "select metric, value_a, value_b, difference, low, high, verdict\n\
            from compare_versions('answer', '1', '2', 'faithfulness, latency');",
    }
    .documentation()
});

/// The metrics that a prompt version can be held to.
const OFFERED: [&str; 15] = [
    "parse_failure",
    "schema_pass",
    "faithfulness",
    "grounded",
    "citation_validity",
    fold::PASSED,
    "refusal",
    "tool_arguments",
    "error",
    "timeout",
    "fallback",
    "escalation",
    "cost_per_call",
    "cost_per_success",
    "latency",
];

/// Whether a metric of the report is one that a prompt version can be held to.
fn offered(metric: &str) -> bool {
    metric == "success" || OFFERED.contains(&metric)
}

/// The table function.
#[derive(Debug)]
pub(super) struct CompareFunction {
    pub(super) statement: Arc<Statement>,
}

impl TableFunctionImpl for CompareFunction {
    fn call_with_args(&self, args: TableFunctionArgs) -> Result<Arc<dyn TableProvider>> {
        let syntax = &MANUAL.syntax_example;
        let given = args.exprs();
        let (names, metrics) = match given {
            [names @ .., metrics] if names.len() == 3 => (names, Some(wanted(metrics)?)),
            names => (names, None),
        };
        let [prompt, version_a, version_b] = super::texts(&MANUAL, names)?;
        if version_a == version_b {
            return plan_err!("{syntax} compares two versions, got {version_a} twice");
        }
        let asked = Asked { prompt, version_a, version_b, metrics };
        Ok(Arc::new(Called(CompareTable { asked, statement: Arc::clone(&self.statement) })))
    }
}

/// Reads the wanted metrics: a text with commas, or a list of texts.
fn wanted(expr: &Expr) -> Result<Vec<String>> {
    let syntax = &MANUAL.syntax_example;
    let literal = |expr: &Expr| match expr {
        Expr::Literal(value, _) => value.try_as_str().flatten().map(str::to_owned),
        _ => None,
    };
    let names: Option<Vec<String>> = match expr {
        Expr::ScalarFunction(list) if list.name() == "make_array" => {
            list.args.iter().map(literal).collect()
        }
        Expr::Literal(ScalarValue::List(list), _) => {
            let texts = cast(&list.value(0), &DataType::Utf8)?;
            texts.as_string::<i32>().iter().map(|text| text.map(str::to_owned)).collect()
        }
        expr => literal(expr).map(|text| text.split(',').map(str::to_owned).collect()),
    };
    let Some(names) = names else {
        return plan_err!("{syntax} wants a constant text or list as argument 4 (metrics)");
    };
    let names: Vec<String> = names.iter().map(|name| name.trim().to_owned()).collect();
    if let Some(unknown) = names.iter().find(|name| !offered(name)) {
        let known: Vec<&str> = OFFERED.iter().copied().chain(["success"]).collect();
        return plan_err!("{syntax}: no metric {unknown}; known are {}", known.join(", "));
    }
    Ok(names)
}

/// What a call asks for.
#[derive(Debug)]
struct Asked {
    prompt: String,
    version_a: String,
    version_b: String,
    metrics: Option<Vec<String>>,
}

impl Asked {
    fn wants(&self, metric: &str) -> bool {
        self.metrics.as_ref().is_none_or(|wanted| wanted.iter().any(|name| name == metric))
    }

    fn parameters(&self) -> Parameters {
        vec![
            ("prompt".to_owned(), run::value(&self.prompt)),
            ("version_a".to_owned(), run::value(&self.version_a)),
            ("version_b".to_owned(), run::value(&self.version_b)),
        ]
    }
}

/// What is compared: the time both versions were in use, or all of it.
#[derive(Clone, Copy, Debug)]
struct Window {
    is_concurrent: bool,
    from: Micros,
    until: Micros,
}

#[derive(Debug)]
struct CompareTable {
    asked: Asked,
    statement: Arc<Statement>,
}

/// The statements whose rows are observations.
const OBSERVED: [(&str, &str, Shape); 3] = [
    ("compare/calls.sql", include_str!("../../../../../sql/compare/calls.sql"), Shape::Wide),
    ("compare/traces.sql", include_str!("../../../../../sql/compare/traces.sql"), Shape::Wide),
    ("compare/scores.sql", include_str!("../../../../../sql/compare/scores.sql"), Shape::Scores),
];
const WINDOW: (&str, &str) =
    ("compare/window.sql", include_str!("../../../../../sql/compare/window.sql"));

impl CompareTable {
    /// Finds the window; `None` when neither version was ever called.
    async fn window(&self, session: &dyn Session) -> Result<Option<Window>> {
        let sql = run::text(&self.statement, WINDOW.0, WINDOW.1);
        let mut running = run::run(&self.statement, session, sql, self.asked.parameters()).await?;
        let mut all: Option<(i64, i64)> = None;
        let (mut shared, mut enough) = ((0, 0), 0);
        while let Some(batch) = running.rows.next().await {
            let batch = batch?;
            let time = |name: &str, row: usize| {
                let times = batch.column_by_name(name)?;
                Some(times.as_primitive_opt::<TimestampMicrosecondType>()?.value(row))
            };
            for row in 0..batch.num_rows() {
                let (Some(first), Some(last)) = (time("first_call", row), time("last_call", row))
                else {
                    continue;
                };
                let bounds = all.get_or_insert((first, last));
                *bounds = (bounds.0.min(first), bounds.1.max(last));
                let from = time("shared_from", row).unwrap_or_default();
                shared = (from, time("shared_until", row).unwrap_or_default());
                let clusters = batch.column_by_name("shared_clusters");
                let clusters = clusters.and_then(|column| column.as_primitive_opt::<Int64Type>());
                enough +=
                    usize::from(clusters.is_some_and(|n| n.value(row) as f64 >= MINIMUM_CLUSTERS));
            }
        }
        running.count(&self.statement);
        let Some(all) = all else { return Ok(None) };
        let is_concurrent = enough == 2;
        let (from, until) = if is_concurrent { shared } else { all };
        Ok(Some(Window { is_concurrent, from: Micros(from), until: Micros(until) }))
    }

    async fn observe(&self, session: &dyn Session, window: Window) -> Result<Fold> {
        let time =
            |time: Micros| ScalarValue::TimestampMicrosecond(Some(time.0), Some("UTC".into()));
        let mut fold = Fold::new(METRICS.iter().filter(|m| self.asked.wants(m.id)));
        for (path, embedded, shape) in OBSERVED {
            let mut parameters = self.asked.parameters();
            parameters.push(("first_time".to_owned(), time(window.from)));
            parameters.push(("last_time".to_owned(), time(window.until)));
            let sql = run::text(&self.statement, path, embedded);
            let mut running = run::run(&self.statement, session, sql, parameters).await?;
            while let Some(batch) = running.rows.next().await {
                fold.take(&batch?, shape, &|metric| self.asked.wants(metric));
            }
            fold.end_of_statement();
            running.count(&self.statement);
        }
        Ok(fold)
    }
}

pub(super) fn schema() -> SchemaRef {
    rows::schema()
}

#[async_trait]
impl Call for CompareTable {
    fn schema(&self) -> SchemaRef {
        schema()
    }

    async fn rows(&self, session: &dyn Session) -> Result<RecordBatch> {
        let compared = match Box::pin(self.window(session)).await? {
            Some(window) => {
                let fold = Box::pin(self.observe(session, window)).await?;
                judge::compare(fold, window)
            }
            None => Vec::new(),
        };
        Ok(rows::batch(&compared)?)
    }
}
