//! Workflows that fall silent or lose most of their traffic.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use statrs::distribution::{ContinuousCDF, Normal};

use crate::metric::{ALPHA, MINIMUM_VOLUME_FALL, Severity};
use crate::render::format;
use crate::report::model::{Finding, Subject};
use crate::stats::round_significant;

/// A workflow's volume against what the same weekdays had before.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Volume {
    /// Workflow.
    pub(crate) workflow: String,
    /// Traces of the week.
    pub(crate) week: f64,
    /// Traces a week before, on average.
    pub(crate) expected: f64,
    /// First of the days at the week's end without any trace.
    pub(crate) silent_from: Option<NaiveDate>,
    /// Traces that the silent days would have had.
    pub(crate) missing: f64,
    /// p-value of a fall.
    pub(crate) p: f64,
}

/// Tests every workflow's week. `days` are the sparkline days (oldest first, the week's seven
/// last) and `counts` a workflow's traces a day.
///
/// Weekdays are compared with the same weekdays of earlier weeks, counts with their own
/// overdispersion (Pearson), and silence with the quietest earlier week.
pub(crate) fn volumes(days: &[NaiveDate], counts: &BTreeMap<String, Vec<f64>>) -> Vec<Volume> {
    counts.iter().filter_map(|(workflow, counts)| volume(days, workflow, counts)).collect()
}

fn volume(days: &[NaiveDate], workflow: &str, counts: &[f64]) -> Option<Volume> {
    let first = counts.iter().position(|&n| n > 0.0)?;
    let week_start = days.len().checked_sub(7)?;
    let week = counts.get(week_start..)?;
    // Complete earlier weeks since the workflow was first seen.
    let earlier: Vec<&[f64]> = (1..)
        .map_while(|back| week_start.checked_sub(7 * back))
        .take_while(|start| *start >= first)
        .filter_map(|start| counts.get(start..start + 7))
        .collect();
    if earlier.is_empty() {
        return None;
    }
    let weeks = earlier.len() as f64;
    let mut chi = 0.0;
    for weekday in 0..7 {
        let values: Vec<f64> =
            earlier.iter().filter_map(|week| week.get(weekday)).copied().collect();
        let mean = values.iter().sum::<f64>() / weeks;
        chi += values.iter().map(|n| (n - mean).powi(2) / mean.max(0.5)).sum::<f64>();
    }
    let degrees = 7.0 * (weeks - 1.0);
    let dispersion = if degrees > 0.0 { (chi / degrees).max(1.0) } else { 3.0 };

    let total: f64 = week.iter().sum();
    let expected = earlier.iter().map(|w| w.iter().sum::<f64>()).sum::<f64>() / weeks;
    let silent_days = week.iter().rev().take_while(|n| **n == 0.0).count();
    let missing = earlier
        .iter()
        .map(|w| w.iter().rev().take(silent_days).sum::<f64>())
        .fold(f64::INFINITY, f64::min);
    let fall = {
        let variance = dispersion * (1.0 / (total + 1.0) + 1.0 / (expected * weeks).max(1.0));
        let z = ((total + 1.0) / expected.max(1.0)).ln() / variance.sqrt();
        Normal::standard().cdf(z)
    };
    let silence = if silent_days > 0 { (-missing / dispersion).exp() } else { 1.0 };
    // Two looks at one workflow: the smaller, doubled.
    let p = (2.0 * fall.min(silence)).min(1.0);
    Some(Volume {
        workflow: workflow.to_owned(),
        week: total,
        expected,
        silent_from: (silent_days > 0 && missing > 0.0)
            .then(|| days.get(days.len() - silent_days).copied())
            .flatten(),
        missing,
        p: round_significant(p, 3),
    })
}

/// Tells a silent or shrunken workflow as a finding.
pub(crate) fn finding(volume: &Volume, p_adjusted: f64) -> Option<Finding> {
    let share = volume.week / volume.expected.max(1.0);
    let silent = volume.silent_from.filter(|_| volume.missing >= 1.0);
    let fell = share <= 1.0 - MINIMUM_VOLUME_FALL;
    if p_adjusted >= ALPHA || !(fell || silent.is_some()) {
        return None;
    }
    let (week, expected) =
        (format::count(volume.week as u64), format::count(volume.expected.round() as u64));
    let title = match silent {
        Some(day) => format!("{}: silent since {day}, no trace at all", volume.workflow),
        None => format!("{}: traffic fell to {}", volume.workflow, format::rate(share)),
    };
    Some(Finding {
        severity: Severity::Notify,
        title,
        evidence: format!(
            "{week} traces this week against {expected} in an ordinary week; the same weekdays of \
             earlier weeks, own overdispersion; adjusted p {}",
            format::p_value(p_adjusted)
        ),
        is_new: true,
        affected: (volume.expected - volume.week).max(0.0).round() as u64,
        subject: Subject { workflow: volume.workflow.clone(), ..Subject::default() },
        metric: "volume".to_owned(),
        comparison: None,
        also: Vec::new(),
        bin: String::new(),
        warnings: Vec::new(),
        traces: Vec::new(),
        sql: String::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Days;

    fn days() -> Vec<NaiveDate> {
        let first = NaiveDate::from_ymd_opt(2026, 10, 17).unwrap();
        (0..30).map(|day| first + Days::new(day)).collect()
    }

    /// 30 days that end on a Sunday, quiet at week-ends.
    fn counts(edit: impl Fn(usize, f64) -> f64) -> BTreeMap<String, Vec<f64>> {
        let day = |at: usize| {
            let wobble = (at * 7 % 5) as f64;
            edit(at, if (at + 5) % 7 >= 5 { 0.0 } else { 40.0 + wobble })
        };
        BTreeMap::from([("w".to_owned(), (0..30).map(day).collect())])
    }

    #[test]
    fn a_quiet_week_end_is_not_silence() {
        let found = volumes(&days(), &counts(|_, n| n));
        assert!(found[0].p > 0.05, "{found:?}");
        assert!(finding(&found[0], found[0].p).is_none());
    }

    #[test]
    fn silence_since_thursday_is_told_with_its_day() {
        let found = volumes(&days(), &counts(|at, n| if at >= 26 { 0.0 } else { n }));
        let told = finding(&found[0], found[0].p).unwrap();
        assert!(told.title.contains("silent since 2026-11-12"), "{}", told.title);
        assert!(found[0].p < 1e-6);
    }

    #[test]
    fn half_the_traffic_is_a_fall_and_a_tenth_less_is_not() {
        let half = volumes(&days(), &counts(|at, n| if at >= 23 { n * 0.4 } else { n }));
        assert!(finding(&half[0], half[0].p).unwrap().title.contains("traffic fell"));
        let tenth = volumes(&days(), &counts(|at, n| if at >= 23 { n * 0.9 } else { n }));
        assert!(finding(&tenth[0], tenth[0].p).is_none());
    }
}
