//! What the observations of two versions show: one family of comparisons.

use spanlake_functions::stats::{Adjustment, ClusterSums, adjust};

use super::Window;
use super::fold::{Compared, Fold, Series, Side};
use crate::metric::{Metric, Unit, Verdict};

/// Clusters of both sides together at which the confidence sequence is tightest.
const TUNING: f64 = 1_000.0;

/// One side of a comparison.
#[derive(Debug, Default)]
pub(super) struct SideRow {
    pub(super) n: u64,
    pub(super) effective_n: f64,
    pub(super) clusters: u64,
    pub(super) coverage: Option<f64>,
    pub(super) value: Option<f64>,
}

/// One row of the result.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) metric: &'static Metric,
    pub(super) name: String,
    pub(super) evaluator: String,
    pub(super) sides: [SideRow; 2],
    pub(super) difference: Option<f64>,
    /// The confidence sequence at this look, where there is enough data.
    pub(super) bounds: Option<(f64, f64)>,
    pub(super) p: Option<f64>,
    pub(super) p_adjusted: Option<f64>,
    pub(super) minimum_detectable: Option<f64>,
    pub(super) standardised: Option<f64>,
    pub(super) sign_flips: Option<bool>,
    pub(super) window: Window,
    pub(super) verdict: Verdict,
    pub(super) notes: Vec<String>,
}

/// Compares every series and adjusts all of them together.
pub(super) fn compare(mut fold: Fold, window: Window) -> Vec<Row> {
    let series = std::mem::take(&mut fold.series);
    let mut rows: Vec<Row> = series
        .into_iter()
        .map(|(series, compared)| row(series, &compared, &fold.totals, window))
        .collect();
    let p_values: Vec<Option<f64>> = rows.iter().map(|row| row.p).collect();
    let adjusted = adjust(&p_values, Adjustment::BenjaminiHochberg);
    for (row, p_adjusted) in rows.iter_mut().zip(adjusted) {
        row.p_adjusted = p_adjusted;
        if let (Some(effect), Some(bounds), Some(p)) = (row.difference, row.bounds, p_adjusted) {
            row.verdict = row.metric.verdict(effect, bounds, p);
        }
    }
    note_changed_evaluators(&mut rows);
    rows
}

fn row(series: Series, compared: &Compared, totals: &[[f64; 2]; 2], window: Window) -> Row {
    let metric = compared.metric;
    let [first, second] = &compared.sides;
    let sums = |side: &Side| side.sums.scaled_to(side.rows);
    let (before, after) = (sums(first), sums(second));
    let total = compared.total.and_then(|at| totals.get(at)).copied();
    let side = |side: &Side, sums: &ClusterSums, total: Option<f64>| SideRow {
        n: side.rows as u64,
        effective_n: sums.effective_n(),
        clusters: sums.clusters as u64,
        coverage: total.filter(|total| *total > 0.0).map(|total| (side.rows / total).min(1.0)),
        value: sums.mean().map(|mean| value(metric, mean)),
    };
    let difference = if metric.has_enough(&before, &after) {
        metric.difference(&before, &after, TUNING)
    } else {
        None
    };
    let raw = before.mean().zip(after.mean()).map(|(a, b)| metric.level(b) - metric.level(a));
    let effect = raw.map(|raw| metric.told(raw));
    let standardised =
        metric.standardise(compared.strata.values()).map(|difference| metric.told(difference));
    let sign_flips =
        effect.zip(standardised).map(|(effect, standard)| metric.flips(effect, standard));
    let detectable = difference.and_then(|_| metric.minimum_detectable(&before, &after, TUNING));
    let mut notes = Vec::new();
    if sign_flips == Some(true) {
        notes.push(
            "at equal shares of tenants and models the change turns round: their mix changed"
                .to_owned(),
        );
    }
    let left_out = first.left_out + second.left_out;
    if left_out > 0 {
        notes.push(format!("{left_out} scores drawn with no known probability are left out"));
    }
    let totals = total.map_or([None; 2], |[a, b]| [Some(a), Some(b)]);
    Row {
        metric,
        name: series.name,
        evaluator: series.evaluator,
        sides: [side(first, &before, totals[0]), side(second, &after, totals[1])],
        difference: effect,
        bounds: difference.map(|found| (metric.told(found.low), metric.told(found.high))),
        p: difference.map(|found| found.p),
        p_adjusted: None,
        minimum_detectable: detectable.map(|least| metric.told(least)),
        standardised,
        sign_flips,
        window,
        verdict: Verdict::TooLittleData,
        notes,
    }
}

/// A mean as it is told: latencies are summed as logarithms.
fn value(metric: &Metric, mean: f64) -> f64 {
    if metric.unit == Unit::Milliseconds { mean.exp() } else { mean }
}

/// A version that one evaluator version judged and another did not cannot be compared by it.
fn note_changed_evaluators(rows: &mut [Row]) {
    let judged: Vec<(String, String, [bool; 2])> = rows
        .iter()
        .map(|row| {
            let [a, b] = &row.sides;
            (row.name.clone(), row.evaluator.clone(), [a.n > 0, b.n > 0])
        })
        .collect();
    for row in rows.iter_mut().filter(|row| !row.evaluator.is_empty()) {
        let [a, b] = &row.sides;
        let missing = match (a.n > 0, b.n > 0) {
            (true, false) => 1,
            (false, true) => 0,
            _ => continue,
        };
        let others: Vec<&str> = judged
            .iter()
            .filter(|other| {
                other.0 == row.name
                    && other.1 != row.evaluator
                    && other.2.get(missing) == Some(&true)
            })
            .map(|other| other.1.as_str())
            .collect();
        if !others.is_empty() {
            row.notes.push(format!(
                "evaluator changed: the other version was judged by {}",
                others.join(", ")
            ));
        }
    }
}
