//! From facts to the report. Pure: the same facts give the same report.

use std::collections::BTreeSet;

use crate::metric::{ALPHA, Better, METRICS, SPARK_DAYS, Severity};
use crate::render::format;
use crate::report::compare::{CellIndex, Tested, compare_all};
use crate::report::facts::{Facts, Place};
use crate::report::model::{
    Direction, Finding, Method, NextStep, Outcome, Release, Verdict, WeekInfo, WeeklyReport,
};
use crate::report::series::Series;
use crate::report::{drift, findings, health, sections, volume};
use crate::week::Week;

/// Makes the report of a week from facts. Example traces are filled in afterwards.
pub fn assemble(facts: &Facts, week: Week) -> WeeklyReport {
    let index = CellIndex::new(&facts.cells);
    let series = Series::new(&facts.bins, week);
    let mut drift = drift::drift_lines(&facts.distributions);
    let volumes = volume::volumes(series.days(), &series.traces());

    let others: Vec<f64> =
        drift.iter().map(|line| line.p).chain(volumes.iter().map(|v| v.p)).collect();
    let arrived_after = week.back(1).map_or(week.start(), Week::start);
    let (tested, adjusted) = compare_all(facts, &index, &others, arrived_after);
    for (line, p) in drift.iter_mut().zip(&adjusted) {
        drift::decide(line, *p);
    }

    let mut found = findings::findings(&index, &tested, &new_versions(facts, week));
    let silent = volumes
        .iter()
        .zip(adjusted.iter().skip(drift.len()))
        .filter_map(|(v, p)| volume::finding(v, *p));
    found.extend(silent);
    tell_drifts(&mut found, drift::findings(&drift));
    findings::rank(&mut found);

    let improvements = improvements(&tested);
    let mut workflows = sections::sections(facts, &index, &tested, &series);
    for v in &volumes {
        if let (Some(day), Some(section)) =
            (v.silent_from, workflows.iter_mut().find(|w| w.workflow == v.workflow))
        {
            section.silent_since = found
                .iter()
                .any(|f| f.metric == "volume" && f.subject.workflow == v.workflow)
                .then(|| day.to_string());
        }
    }
    let short = tested.iter().filter(|t| t.shown.outcome == Outcome::TooLittleData).count();
    let family = tested.len() - short + others.len();
    let mut comparisons: Vec<_> = tested.into_iter().map(|t| t.shown).collect();
    comparisons.sort_by(|a, b| {
        a.p_adjusted
            .total_cmp(&b.p_adjusted)
            .then_with(|| (&a.metric, &a.subject, a.basis).cmp(&(&b.metric, &b.subject, b.basis)))
    });
    let traces = series.total(|bin| bin.traces);
    WeeklyReport {
        format: 1,
        week: week_info(week, facts),
        verdict: verdict(&found, improvements.len(), family, traces, &workflows),
        signals: sections::signals(facts, &series),
        releases: releases(facts, week),
        next: next_steps(&found, week),
        findings: found,
        improvements,
        comparisons,
        drift,
        workflows,
        health: health::health(facts),
        method: method(family, short, facts),
    }
}

/// Adds drifts; one of a workflow that already has a finding is told
/// with that: what breaks answers changes their lengths too.
fn tell_drifts(found: &mut Vec<Finding>, drifts: Vec<Finding>) {
    for drift in drifts {
        let same = |f: &&mut Finding| {
            f.comparison.is_some() && f.subject.workflow == drift.subject.workflow
        };
        match found.iter_mut().find(same) {
            Some(f) => {
                let line = drift.title.split_once(": ").map_or("", |(_, line)| line);
                f.also.push(line.to_owned());
                f.also.extend(drift.also);
            }
            None => found.push(drift),
        }
    }
}

fn week_info(week: Week, facts: &Facts) -> WeekInfo {
    let (first, last) = week.days();
    let utc = |time: spanlake_model::Micros| {
        chrono::DateTime::from_timestamp_micros(time.0)
            .map_or_else(String::new, |t| t.format("%Y-%m-%dT%H:%M:%SZ").to_string())
    };
    WeekInfo {
        name: week.name(),
        first_day: first.to_string(),
        last_day: last.to_string(),
        time_zone: week.zone().name().to_owned(),
        start: utc(week.start()),
        end: utc(week.end()),
        spark_days: week.days_back(SPARK_DAYS).iter().map(ToString::to_string).collect(),
        reference_weeks: facts.reference_weeks,
    }
}

/// Versions whose first span lies in the week, with their place.
fn new_versions(facts: &Facts, week: Week) -> BTreeSet<(Place, String)> {
    facts
        .versions
        .iter()
        .filter(|v| v.first >= week.start())
        .map(|v| (v.place.clone(), v.version.clone()))
        .collect()
}

/// What got better, once a metric and place, the most certain first.
fn improvements(tested: &[Tested]) -> Vec<crate::report::model::Comparison> {
    let mut seen = BTreeSet::new();
    let mut better: Vec<_> = tested
        .iter()
        .filter(|t| t.shown.outcome == Outcome::Better && t.shown.subject.tenant.is_empty())
        .collect();
    better
        .sort_by(|a, b| (a.shown.basis, &a.shown.subject).cmp(&(b.shown.basis, &b.shown.subject)));
    better.retain(|t| seen.insert((t.shown.subject.workflow.clone(), t.metric.theme)));
    better.into_iter().map(|t| t.shown.clone()).collect()
}

fn verdict(
    found: &[Finding],
    improvements: usize,
    family: usize,
    traces: f64,
    workflows: &[crate::report::model::WorkflowSection],
) -> Verdict {
    let worse: Vec<&Finding> = found.iter().filter(|f| f.severity < Severity::Review).collect();
    let touched: BTreeSet<&str> = worse.iter().map(|f| f.subject.workflow.as_str()).collect();
    let all = workflows.len();
    let fresh = worse.iter().filter(|f| f.is_new).count();
    let plural = |n: usize, one: &str, many: &str| {
        if n == 1 { format!("1 {one}") } else { format!("{n} {many}") }
    };
    let to_review = |n: usize| format!("{} to review", plural(n, "slow change", "slow changes"));
    let (direction, headline) = if family == 0 {
        (Direction::TooLittleData, "Too little data to compare this week with anything".to_owned())
    } else if !worse.is_empty() {
        let news = match fresh {
            0 => "none of them new".to_owned(),
            n if n == worse.len() => "all new".to_owned(),
            n => format!("{n} of them new"),
        };
        (
            Direction::Worse,
            format!(
                "Worse: {} in {} of {all} workflows, {news}{}",
                plural(worse.len(), "problem", "problems"),
                touched.len(),
                match found.len() - worse.len() {
                    0 => String::new(),
                    n => format!("; {}", to_review(n)),
                }
            ),
        )
    } else if !found.is_empty() {
        (Direction::Unchanged, format!("Nothing broke; {}", to_review(found.len())))
    } else if improvements > 0 {
        (Direction::Better, "Better: something improved and nothing got worse".to_owned())
    } else {
        (Direction::Unchanged, "Nothing wrong: no change that chance would not explain".to_owned())
    };
    let detail = if family == 0 {
        "No prompt, tool or tenant has 30 sessions or traces on both sides.".to_owned()
    } else {
        format!(
            "{} traces of {}, {} comparisons corrected together; a change counts when it is \
             certain (adjusted p < {ALPHA}) and large enough to matter.",
            format::count(traces as u64),
            plural(all, "workflow", "workflows"),
            format::count(family as u64),
        )
    };
    Verdict { direction, headline, detail }
}

/// The window's releases from the week before on, and versions that came without one.
fn releases(facts: &Facts, week: Week) -> Vec<Release> {
    let from = week.back(1).map_or(week.start(), Week::start);
    let mut releases: Vec<(spanlake_model::Micros, Release)> = Vec::new();
    let line = |time, name: &str, version: &str, action: &str, place: &str| {
        let text = week.local_text(time);
        Release {
            day: text.get(..10).unwrap_or_default().to_owned(),
            time: text,
            name: name.to_owned(),
            version: version.to_owned(),
            action: action.to_owned(),
            place: place.to_owned(),
        }
    };
    // Where there is a production environment, what happens in others is not news.
    let has_production = facts.releases.iter().any(|r| r.environment == "production");
    let counts = |r: &&crate::report::facts::ReleaseFact| {
        r.time < week.end() && (!has_production || r.environment == "production")
    };
    for fact in facts.releases.iter().filter(counts) {
        let release = line(fact.time, &fact.prompt, &fact.version, &fact.action, &fact.environment);
        releases.push((fact.time, release));
    }
    let window = week
        .days_back(SPARK_DAYS)
        .first()
        .map_or(from, |day| crate::week::midnight(*day, week.zone()));
    let started = facts.versions.iter().map(|v| v.first).min().unwrap_or(window);
    let mut seen: BTreeSet<(&str, &str)> = BTreeSet::new();
    let mut versions: Vec<_> = facts.versions.iter().collect();
    versions.sort_by(|a, b| (a.first, &a.place, &a.version).cmp(&(b.first, &b.place, &b.version)));
    for v in versions {
        let name = if v.place.prompt.is_empty() { &v.place.part } else { &v.place.prompt };
        // Tools and traces carry their prompt's version, rerankers their index's.
        let known = facts.releases.iter().any(|r| r.version == v.version);
        // What the window begins with is not news.
        let new = v.first >= started.plus_days(1) && v.first < week.end();
        let named = !v.version.is_empty() && !name.is_empty();
        if !known && new && named && seen.insert((&v.place.workflow, &v.version)) {
            releases
                .push((v.first, line(v.first, name, &v.version, "first seen", &v.place.workflow)));
        }
    }
    releases.sort_by(|a, b| (b.0, &a.1.name, &a.1.version).cmp(&(a.0, &b.1.name, &b.1.version)));
    releases.into_iter().map(|(_, release)| release).collect()
}

/// Commands to copy.
pub(crate) fn next_steps(found: &[Finding], week: Week) -> Vec<NextStep> {
    let mut steps = Vec::new();
    if let Some(first) = found.iter().find(|f| !f.sql.is_empty()) {
        steps.push(NextStep {
            why: "See the cases behind the first finding".to_owned(),
            command: format!("spanlake sql -c \"{}\"", first.sql),
        });
    }
    let (first, last) = week.days();
    steps.push(NextStep {
        why: "Quality by prompt version of this week".to_owned(),
        command: format!(
            "spanlake sql -c \"SELECT workflow, prompt_version, count(*) AS calls, \
             parse_failure_rate(parse_status) AS parse_failures, avg(cost_usd) AS cost_per_call \
             FROM llm_calls WHERE date BETWEEN '{first}' AND '{last}' GROUP BY 1, 2 ORDER BY 1, 2\""
        ),
    });
    steps
}

fn method(family: usize, short: usize, facts: &Facts) -> Method {
    let mut notes = vec![
        "Intervals and tests take a session (else a trace) as the unit, because calls of one \
         session are not independent; the effective n says how many independent calls they are \
         worth."
            .to_owned(),
        "Comparisons use an asymptotic confidence sequence (Waudby-Smith et al. 2023), which \
         stays valid however often the report is looked at. Intervals in the tables are 95 % \
         Wilson (rates) and Student's t (means) at the week's end."
            .to_owned(),
        format!(
            "All {} tests of this report are one family: p-values are adjusted by \
             Benjamini\u{2013}Hochberg. {} more were not made for lack of data (fewer than 30 sessions or \
             traces on a side).",
            format::count(family as u64),
            format::count(short as u64)
        ),
        "\u{201c}Concurrent\u{201d} compares versions in the same week; \u{201c}before/after\u{201d} compares in \
         time and cannot rule out that something else changed."
            .to_owned(),
    ];
    if facts.reference_weeks == 0 {
        notes.push("There is no earlier week to serve as a reference for slow changes.".to_owned());
    }
    notes.extend(METRICS.iter().filter(|m| facts.cells.iter().any(|c| c.metric == m.id)).map(
        |m| {
            let minimum = if m.is_relative() {
                format!("{:.0} %", m.minimum * 100.0)
            } else if m.unit == crate::metric::Unit::Rate {
                format!("{:.0} points", m.minimum * 100.0)
            } else {
                format!("{:.2}", m.minimum)
            };
            let better = if m.better == Better::Lower { "lower" } else { "higher" };
            format!("{}: {}; {better} is better, reported from {minimum}.", m.title, m.definition)
        },
    ));
    Method { alpha: ALPHA, comparisons: family as u64, too_little_data: short as u64, notes }
}
