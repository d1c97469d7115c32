//! Observations of two versions, summed by metric, cluster and stratum.

use std::collections::BTreeMap;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Float64Type, Int64Type};
use spanlake_functions::stats::ClusterSums;

use crate::metric::{Better, Metric, Severity, Unit};

/// Name of the metric of evaluations that have none of their own: the share that passed.
pub(super) const PASSED: &str = "passed";

/// The share of evaluations that passed, for any name.
static PASSED_METRIC: Metric = Metric {
    id: PASSED,
    title: "passed evaluations",
    unit: Unit::Rate,
    better: Better::Higher,
    minimum: 0.03,
    margin: 0.02,
    severity: Severity::Notify,
    theme: "evaluation",
    definition: "passed / evaluations with a verdict, one name and evaluator at a time",
};

/// The place of the statement that gives scores.
const SCORES: usize = 2;
/// Metrics whose observations are neither calls nor traces.
const RATIOS: [&str; 2] = ["cost_per_success", "tool_arguments"];

/// What the rows of a statement look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A column per metric, `<metric>_n` beside those that are ratios.
    Wide,
    /// A name, an evaluator, a score and a verdict.
    Scores,
}

/// What is compared: a metric, and of stored scores the name and the evaluator.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Series {
    /// Place of the metric in the order of the result.
    order: usize,
    /// Name in the result.
    pub(super) name: String,
    /// Evaluator and version; empty for what was not judged.
    pub(super) evaluator: String,
}

/// The observations of one side.
#[derive(Debug, Default)]
pub(super) struct Side {
    /// Observations, whatever their weight.
    pub(super) rows: f64,
    /// Weighted sums.
    pub(super) sums: ClusterSums,
    /// Hand-picked observations that were left out.
    pub(super) left_out: u64,
    /// Cluster, weight, weighted sum and weighted sum of squares of the cluster that is being read.
    open: Option<(String, [f64; 3])>,
}

impl Side {
    fn add(&mut self, cluster: &str, rows: f64, [n, y, squared]: [f64; 3]) {
        self.rows += rows;
        match &mut self.open {
            Some((open, [sum_n, sum_y, sum_squared])) if open == cluster => {
                *sum_n += n;
                *sum_y += y;
                *sum_squared += squared;
            }
            _ => {
                self.close();
                self.open = Some((cluster.to_owned(), [n, y, squared]));
            }
        }
    }

    fn close(&mut self) {
        if let Some((_, [n, y, squared])) = self.open.take() {
            self.sums.add(&ClusterSums::from_clusters([(n, y, squared)]));
        }
    }
}

/// Both sides of a series.
#[derive(Debug)]
pub(super) struct Compared {
    pub(super) metric: &'static Metric,
    pub(super) sides: [Side; 2],
    /// Which of [`Fold::totals`] its observations are a share of, where they are one.
    pub(super) total: Option<usize>,
    /// Sums by tenant and model, first and second side.
    pub(super) strata: BTreeMap<(String, String), (ClusterSums, ClusterSums)>,
}

/// Everything observed.
#[derive(Debug)]
pub(super) struct Fold {
    metrics: Vec<&'static Metric>,
    pub(super) series: BTreeMap<Series, Compared>,
    /// Calls, then traces, of each side: what coverage is a share of.
    pub(super) totals: [[f64; 2]; 2],
    statement: usize,
}

/// One observation's place.
struct Place<'a> {
    side: usize,
    tenant: &'a str,
    model: &'a str,
    cluster: &'a str,
}

/// The columns that every statement has.
struct Places {
    sides: ArrayRef,
    tenants: ArrayRef,
    models: ArrayRef,
    clusters: ArrayRef,
    weights: ArrayRef,
}

fn column(batch: &RecordBatch, name: &str, as_type: &DataType) -> Option<ArrayRef> {
    cast(batch.column_by_name(name)?, as_type).ok()
}

fn text(array: &ArrayRef, row: usize) -> &str {
    if array.is_null(row) { "" } else { array.as_string::<i32>().value(row) }
}

fn number(array: &ArrayRef, row: usize) -> Option<f64> {
    let value = array.is_valid(row).then(|| array.as_primitive::<Float64Type>().value(row));
    value.filter(|value| value.is_finite())
}

impl Places {
    fn of(batch: &RecordBatch) -> Option<Self> {
        Some(Self {
            sides: column(batch, "side", &DataType::Int64)?,
            tenants: column(batch, "tenant", &DataType::Utf8)?,
            models: column(batch, "model", &DataType::Utf8)?,
            clusters: column(batch, "cluster", &DataType::Utf8)?,
            weights: column(batch, "weight", &DataType::Float64)?,
        })
    }

    fn at(&self, row: usize) -> Place<'_> {
        Place {
            side: usize::from(self.sides.as_primitive::<Int64Type>().value(row) != 0),
            tenant: text(&self.tenants, row),
            model: text(&self.models, row),
            cluster: text(&self.clusters, row),
        }
    }
}

impl Fold {
    pub(super) fn new(metrics: impl Iterator<Item = &'static Metric>) -> Self {
        Self {
            metrics: metrics.collect(),
            series: BTreeMap::new(),
            totals: [[0.0; 2]; 2],
            statement: 0,
        }
    }

    /// Adds the rows of a batch, which are in the order of side and cluster.
    pub(super) fn take(
        &mut self,
        batch: &RecordBatch,
        shape: Shape,
        wants: &dyn Fn(&str) -> bool,
    ) -> Option<()> {
        let places = Places::of(batch)?;
        match shape {
            Shape::Wide => {
                for row in 0..batch.num_rows() {
                    let side = places.at(row).side;
                    let totals = self.totals.get_mut(self.statement)?;
                    *totals.get_mut(side)? += 1.0;
                }
                self.take_wide(batch, &places);
                Some(())
            }
            Shape::Scores => self.take_scores(batch, &places, wants),
        }
    }

    fn take_wide(&mut self, batch: &RecordBatch, places: &Places) {
        for (order, metric) in self.metrics.clone().into_iter().enumerate() {
            let Some(values) = column(batch, metric.id, &DataType::Float64) else { continue };
            let sizes = column(batch, &format!("{}_n", metric.id), &DataType::Float64);
            let series = Series { order, name: metric.id.to_owned(), evaluator: String::new() };
            for row in 0..batch.num_rows() {
                let (Some(value), Some(weight)) =
                    (number(&values, row), number(&places.weights, row))
                else {
                    continue;
                };
                let size = match &sizes {
                    Some(sizes) => number(sizes, row).unwrap_or_default(),
                    None => 1.0,
                };
                if size > 0.0 || value > 0.0 {
                    self.add(&series, metric, &places.at(row), (weight, size, value));
                }
            }
        }
    }

    fn take_scores(
        &mut self,
        batch: &RecordBatch,
        places: &Places,
        wants: &dyn Fn(&str) -> bool,
    ) -> Option<()> {
        let names = column(batch, "name", &DataType::Utf8)?;
        let evaluators = column(batch, "evaluator", &DataType::Utf8)?;
        let scores = column(batch, "score", &DataType::Float64)?;
        let passed = column(batch, "passed", &DataType::Float64)?;
        for row in 0..batch.num_rows() {
            let name = text(&names, row);
            let observed: &[(&str, &ArrayRef)] = match name {
                "faithfulness" => &[("faithfulness", &scores), ("grounded", &passed)],
                "citation_validity" => &[("citation_validity", &scores)],
                _ => &[(PASSED, &passed)],
            };
            for (id, values) in observed {
                let Some(value) = number(values, row).filter(|_| wants(id)) else { continue };
                let found = self.metrics.iter().copied().enumerate().find(|m| m.1.id == *id);
                let (order, metric) = found.unwrap_or((self.metrics.len(), &PASSED_METRIC));
                let name =
                    if *id == PASSED { format!("{name} {PASSED}") } else { (*id).to_owned() };
                let series = Series { order, name, evaluator: text(&evaluators, row).to_owned() };
                match number(&places.weights, row) {
                    Some(weight) => {
                        self.add(&series, metric, &places.at(row), (weight, 1.0, value));
                    }
                    None => self.leave_out(&series, metric, places.at(row).side),
                }
            }
        }
        Some(())
    }

    fn compared(&mut self, series: &Series, metric: &'static Metric) -> &mut Compared {
        // Scores are of calls; a ratio has observations of its own.
        let total = match self.statement {
            SCORES => Some(0),
            statement => Some(statement).filter(|_| !RATIOS.contains(&metric.id)),
        };
        self.series.entry(series.clone()).or_insert_with(|| Compared {
            metric,
            total,
            sides: [Side::default(), Side::default()],
            strata: BTreeMap::new(),
        })
    }

    fn add(
        &mut self,
        series: &Series,
        metric: &'static Metric,
        place: &Place<'_>,
        (weight, size, value): (f64, f64, f64),
    ) {
        let compared = self.compared(series, metric);
        let (n, y) = (weight * size, weight * value);
        // Of a rate each of `size` observations is 0 or 1, so that their squares add up to `value`.
        let squared = if metric.unit == Unit::Rate { y } else { y * value };
        if let Some(side) = compared.sides.get_mut(place.side) {
            side.add(place.cluster, size, [n, y, squared]);
        }
        let key = (place.tenant.to_owned(), place.model.to_owned());
        let stratum = compared.strata.entry(key).or_default();
        let stratum = if place.side == 0 { &mut stratum.0 } else { &mut stratum.1 };
        stratum.n += n;
        stratum.sum += y;
    }

    fn leave_out(&mut self, series: &Series, metric: &'static Metric, side: usize) {
        if let Some(side) = self.compared(series, metric).sides.get_mut(side) {
            side.left_out += 1;
        }
    }

    /// Closes the last cluster of every side: the next statement begins anew.
    pub(super) fn end_of_statement(&mut self) {
        self.statement += 1;
        for compared in self.series.values_mut() {
            compared.sides.iter_mut().for_each(Side::close);
        }
    }
}
