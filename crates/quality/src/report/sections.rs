//! Signals and per-workflow tables.

use std::collections::{BTreeMap, BTreeSet};

use crate::metric::{ALPHA, Better, Metric, Unit};
use crate::render::format;
use crate::report::compare::{CellIndex, Tested, sum};
use crate::report::facts::{BinRow, Cell, Facts, Period, Place, WeekRow};
use crate::report::model::{
    Basis, Estimate, Outcome, PartLine, Signal, SignalUnit, VersionLine, WorkflowSection,
};
use crate::report::series::{self, Series};
use crate::stats::{ClusterSums, round_places, round_significant};

/// The four signals: quality, cost per success, latency, traffic.
pub(crate) fn signals(facts: &Facts, series: &Series) -> Vec<Signal> {
    let (week, before) = (series.sum(None, 0), series.sum(None, 1));
    let signal = |title: &str, unit, better, value: fn(&BinRow) -> Option<f64>, note| Signal {
        title: title.to_owned(),
        unit,
        value: value(&week).map(|x| round_significant(x, 4)),
        before: value(&before).map(|x| round_significant(x, 4)),
        better,
        spark: series.spark(None, value),
        note,
    };
    let (eligible, scored) =
        facts.week.iter().fold((0, 0), |sum, row| (sum.0 + row.eligible, sum.1 + row.scored));
    let parse = |bin: &BinRow| series::parse_success(bin).map(|x| format::rate(1.0 - x));
    let parse_note = match (parse(&week), parse(&before)) {
        (Some(now), Some(then)) => format!("JSON parse failures {now}, week before {then}"),
        (Some(now), None) => format!("JSON parse failures {now}"),
        _ => "no answer where JSON is expected".to_owned(),
    };
    let quality = if week.faith_n > 0.0 || before.faith_n > 0.0 {
        let coverage = if eligible > 0 {
            format!("; {} of {} answers scored", format::count(scored), format::count(eligible))
        } else {
            String::new()
        };
        let note = format!("{parse_note}{coverage}");
        signal("Faithfulness", SignalUnit::Score, Some(Better::Higher), series::faithfulness, note)
    } else {
        let note = format!("{parse_note}; no stored faithfulness");
        signal(
            "Parsed answers",
            SignalUnit::Rate,
            Some(Better::Higher),
            series::parse_success,
            note,
        )
    };
    let unpriced: u64 = facts.week.iter().map(|row| row.unpriced).sum();
    let cost_note = if unpriced == 0 {
        format!("total {}, every call priced", format::usd(round_significant(week.cost, 5)))
    } else {
        let (total, calls) =
            (format::usd(round_significant(week.cost, 5)), format::count(unpriced));
        format!("total {total}; {calls} calls without a price not counted")
    };
    let success_note = match (series::success(&week), series::success(&before)) {
        (Some(now), Some(then)) => {
            format!("{} successful, week before {}", format::rate(now), format::rate(then))
        }
        _ => String::new(),
    };
    vec![
        quality,
        signal(
            "Cost per successful trace",
            SignalUnit::Usd,
            Some(Better::Lower),
            series::cost_per_success,
            cost_note,
        ),
        signal(
            "Latency",
            SignalUnit::Milliseconds,
            Some(Better::Lower),
            series::latency,
            "geometric mean of successful model calls".to_owned(),
        ),
        signal("Traces", SignalUnit::Count, None, series::traces, success_note),
    ]
}

/// One section a workflow, sorted by name.
pub(crate) fn sections(
    facts: &Facts,
    index: &CellIndex<'_>,
    tested: &[Tested],
    series: &Series,
) -> Vec<WorkflowSection> {
    let names: BTreeSet<&str> =
        series.workflows().chain(facts.cells.iter().map(|c| c.place.workflow.as_str())).collect();
    names
        .into_iter()
        .map(|workflow| {
            let (week, before) = (series.sum(Some(workflow), 0), series.sum(Some(workflow), 1));
            let has_faith = week.faith_n + before.faith_n > 0.0;
            let (quality_name, quality): (_, fn(&BinRow) -> Option<f64>) = if has_faith {
                ("faithfulness", series::faithfulness)
            } else if week.json + before.json > 0.0 {
                ("parsed answers", series::parse_success)
            } else {
                ("successful traces", series::success)
            };
            WorkflowSection {
                workflow: workflow.to_owned(),
                traces: week.traces as u64,
                traces_before: before.traces as u64,
                spark_traces: series.spark(Some(workflow), series::traces),
                spark_quality: series.spark(Some(workflow), quality),
                quality_name: quality_name.to_owned(),
                spark_cost: series.spark(Some(workflow), series::cost_per_success),
                totals: totals(index, workflow),
                versions: versions(facts, index, tested, workflow),
                parts: parts(index, tested, workflow),
                silent_since: None,
            }
        })
        .collect()
}

/// An estimate with the interval of its kind; money and time are means of positive values.
pub(crate) fn estimate(metric: &Metric, sums: &ClusterSums) -> Option<Estimate> {
    let mean = sums.mean()?;
    let interval = match metric.unit {
        Unit::Rate => sums.rate_interval(ALPHA),
        _ => sums.mean_interval(ALPHA),
    };
    let (low, high) = interval.map_or((mean, mean), |i| (i.low, i.high));
    let show = |x: f64| match metric.unit {
        Unit::Rate | Unit::Score => round_places(x.clamp(0.0, 1.0), 4),
        Unit::Usd => round_significant(x.max(0.0), 4),
        Unit::Milliseconds => round_places(x.exp(), 0),
    };
    Some(Estimate {
        value: show(mean),
        low: show(low),
        high: show(high),
        n: sums.n as u64,
        effective_n: sums.effective_n().round() as u64,
    })
}

fn totals(index: &CellIndex<'_>, workflow: &str) -> BTreeMap<String, Estimate> {
    let mut sums: BTreeMap<&str, (&Metric, ClusterSums)> = BTreeMap::new();
    for (metric, place, cells) in index.groups().filter(|(_, p, _)| p.workflow == workflow) {
        if place.part.is_empty() {
            let entry = sums.entry(metric.id).or_insert((metric, ClusterSums::default()));
            entry.1.add(&sum(week(cells)));
        }
    }
    sums.into_iter()
        .filter_map(|(id, (metric, sums))| Some((id.to_owned(), estimate(metric, &sums)?)))
        .collect()
}

fn week<'a>(cells: &'a [&'a Cell]) -> impl Iterator<Item = &'a Cell> {
    cells.iter().copied().filter(|cell| cell.period == Period::Week)
}

fn versions(
    facts: &Facts,
    index: &CellIndex<'_>,
    tested: &[Tested],
    workflow: &str,
) -> Vec<VersionLine> {
    let rows: Vec<&WeekRow> = facts.week.iter().filter(|row| row.workflow == workflow).collect();
    rows.into_iter()
        .map(|row| {
            let mut metrics = BTreeMap::new();
            for (metric, place, cells) in index.groups() {
                if place.workflow == workflow && place.prompt == row.prompt && place.part.is_empty()
                {
                    let sums = sum(week(cells).filter(|c| c.version == row.version));
                    if let Some(estimate) = estimate(metric, &sums) {
                        metrics.insert(metric.id.to_owned(), estimate);
                    }
                }
            }
            let flags = tested
                .iter()
                .map(|t| &t.shown)
                .filter(|shown| {
                    let s = &shown.subject;
                    s.workflow == workflow
                        && s.prompt == row.prompt
                        && s.part.is_empty()
                        && s.tenant.is_empty()
                        && s.version == row.version
                        && matches!(shown.outcome, Outcome::Worse | Outcome::Better)
                })
                .map(|shown| (shown.metric.clone(), shown.outcome))
                .collect();
            VersionLine {
                prompt: row.prompt.clone(),
                version: row.version.clone(),
                models: row.models.clone(),
                calls: row.calls,
                metrics,
                faithfulness_p10: row.faithfulness_p10.map(|x| round_places(x, 3)),
                coverage: (row.eligible > 0)
                    .then(|| round_places(row.scored as f64 / row.eligible as f64, 3)),
                latency_p50: row.latency_p50.map(|x| round_places(x, 0)),
                latency_p95: row.latency_p95.map(|x| round_places(x, 0)),
                flags,
            }
        })
        .collect()
}

fn parts(index: &CellIndex<'_>, tested: &[Tested], workflow: &str) -> Vec<PartLine> {
    let mut lines = Vec::new();
    for (metric, place, cells) in index.groups() {
        if place.workflow != workflow || place.part.is_empty() {
            continue;
        }
        let versions: BTreeSet<&str> = week(cells).map(|cell| cell.version.as_str()).collect();
        for version in versions {
            let of = |period| {
                sum(cells.iter().copied().filter(|c| c.period == period && c.version == version))
            };
            let Some(now) = estimate(metric, &of(Period::Week)) else { continue };
            lines.push(PartLine {
                metric: metric.id.to_owned(),
                part: place.part.clone(),
                version: version.to_owned(),
                now,
                before: estimate(metric, &of(Period::Before)).map(|e| e.value),
                outcome: part_outcome(tested, metric, place, version),
            });
        }
    }
    lines
}

/// The outcome of a part's best comparison: its version's own, else its week against the last.
fn part_outcome(
    tested: &[Tested],
    metric: &Metric,
    place: &Place,
    version: &str,
) -> Option<Outcome> {
    let mut outcomes: Vec<(Outcome, Basis)> = tested
        .iter()
        .filter(|t| {
            let s = &t.shown.subject;
            t.metric.id == metric.id
                && s.workflow == place.workflow
                && s.part == place.part
                && s.prompt == place.prompt
                && s.tenant.is_empty()
                && (s.version == version || s.version.is_empty())
        })
        .map(|t| (t.shown.outcome, t.shown.basis))
        .collect();
    outcomes.sort_unstable();
    outcomes.first().map(|(outcome, _)| *outcome)
}
