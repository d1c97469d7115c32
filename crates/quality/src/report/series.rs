//! Daily series for sparklines: time bins of SQL on local days.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::metric::SPARK_DAYS;
use crate::report::facts::BinRow;
use crate::stats::round_significant;
use crate::week::Week;

/// Sums a day, by workflow.
pub(crate) struct Series {
    days: Vec<NaiveDate>,
    by_workflow: BTreeMap<String, Vec<BinRow>>,
}

impl Series {
    /// Assigns bins to the local days of the sparklines.
    pub(crate) fn new(bins: &[BinRow], week: Week) -> Self {
        let days = week.days_back(SPARK_DAYS);
        let mut by_workflow: BTreeMap<String, Vec<BinRow>> = BTreeMap::new();
        for bin in bins {
            let day = week.local_date(bin.start);
            let Some(at) = day.and_then(|day| days.binary_search(&day).ok()) else { continue };
            let row = by_workflow
                .entry(bin.workflow.clone())
                .or_insert_with(|| vec![BinRow::default(); days.len()]);
            if let Some(sum) = row.get_mut(at) {
                add(sum, bin);
            }
        }
        Self { days, by_workflow }
    }

    /// The days, oldest first; the week's seven are the last.
    pub(crate) fn days(&self) -> &[NaiveDate] {
        &self.days
    }

    /// Workflows seen.
    pub(crate) fn workflows(&self) -> impl Iterator<Item = &str> {
        self.by_workflow.keys().map(String::as_str)
    }

    /// Traces a day by workflow.
    pub(crate) fn traces(&self) -> BTreeMap<String, Vec<f64>> {
        let counts = |bins: &Vec<BinRow>| bins.iter().map(|bin| bin.traces).collect();
        self.by_workflow.iter().map(|(name, bins)| (name.clone(), counts(bins))).collect()
    }

    /// Sums the week (`back = 0`) or an earlier one over workflows.
    pub(crate) fn sum(&self, workflow: Option<&str>, back: usize) -> BinRow {
        let mut total = BinRow::default();
        let end = self.days.len().saturating_sub(7 * back);
        for (_, bins) in self.by_workflow.iter().filter(|(w, _)| workflow.is_none_or(|x| x == *w)) {
            for bin in bins.get(end.saturating_sub(7)..end).unwrap_or_default() {
                add(&mut total, bin);
            }
        }
        total
    }

    /// A total of the week over all workflows.
    pub(crate) fn total(&self, pick: fn(&BinRow) -> f64) -> f64 {
        pick(&self.sum(None, 0))
    }

    /// A value a day, of one workflow or all.
    pub(crate) fn spark(
        &self,
        workflow: Option<&str>,
        value: fn(&BinRow) -> Option<f64>,
    ) -> Vec<Option<f64>> {
        (0..self.days.len())
            .map(|at| {
                let mut total = BinRow::default();
                for (_, bins) in
                    self.by_workflow.iter().filter(|(w, _)| workflow.is_none_or(|x| x == *w))
                {
                    if let Some(bin) = bins.get(at) {
                        add(&mut total, bin);
                    }
                }
                value(&total).map(|x| round_significant(x, 5))
            })
            .collect()
    }
}

fn add(sum: &mut BinRow, bin: &BinRow) {
    sum.traces += bin.traces;
    sum.successes += bin.successes;
    sum.cost += bin.cost;
    sum.json += bin.json;
    sum.json_failures += bin.json_failures;
    sum.faith_n += bin.faith_n;
    sum.faith_sum += bin.faith_sum;
    sum.latency_n += bin.latency_n;
    sum.latency_log += bin.latency_log;
}

fn ratio(numerator: f64, denominator: f64) -> Option<f64> {
    (denominator > 0.0).then(|| numerator / denominator)
}

/// Mean faithfulness.
pub(crate) fn faithfulness(bin: &BinRow) -> Option<f64> {
    ratio(bin.faith_sum, bin.faith_n)
}

/// Share of expected JSON that parses.
pub(crate) fn parse_success(bin: &BinRow) -> Option<f64> {
    ratio(bin.json - bin.json_failures, bin.json)
}

/// Share of successful traces.
pub(crate) fn success(bin: &BinRow) -> Option<f64> {
    ratio(bin.successes, bin.traces)
}

/// Cost of a successful trace, US dollars.
pub(crate) fn cost_per_success(bin: &BinRow) -> Option<f64> {
    ratio(bin.cost, bin.successes)
}

/// Geometric mean of latency, milliseconds.
pub(crate) fn latency(bin: &BinRow) -> Option<f64> {
    ratio(bin.latency_log, bin.latency_n).map(f64::exp)
}

/// Traces; a day without any is zero.
#[expect(clippy::unnecessary_wraps, reason = "the signature of a daily value")]
pub(crate) fn traces(bin: &BinRow) -> Option<f64> {
    Some(bin.traces)
}
