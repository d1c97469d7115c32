//! From many flagged comparisons to few findings: one cause is told once, where it is.

use std::collections::{BTreeMap, BTreeSet};

use crate::metric::{Metric, Severity, Unit};
use crate::render::format;
use crate::report::compare::{CellIndex, Tested, is_local_to};
use crate::report::facts::Place;
use crate::report::model::{Basis, Comparison, Finding, Outcome, Subject};

/// Chooses what to tell among the flagged comparisons for the worse.
///
/// 1. Of the comparisons of one metric at one place the one that names the culprit best is taken:
///    a version against another, else this week against the last, else against earlier weeks.
/// 2. A change that one tenant explains is told as that tenant's.
/// 3. A version is named only where its own week with the version before it agrees: a change that
///    both share is the week's.
/// 4. Metrics of one theme in one workflow are told together; success, its cost and escalations
///    are told on their own only when nothing else explains them.
pub(crate) fn findings(
    index: &CellIndex<'_>,
    tested: &[Tested],
    new_versions: &BTreeSet<(Place, String)>,
) -> Vec<Finding> {
    let mut chosen: BTreeMap<(String, &str, String), Vec<&Tested>> = BTreeMap::new();
    for (place, group) in by_place(tested) {
        for culprit in culprits(index, &place, &group) {
            let key = (
                place.workflow.clone(),
                culprit.metric.theme,
                culprit.shown.subject.tenant.clone(),
            );
            chosen.entry(key).or_default().push(culprit);
        }
    }
    // What follows from other failures is told only where nothing else explains it, else beside
    // a finding of the same version, or the workflow's first.
    let (causes, effects): (Vec<_>, Vec<_>) =
        chosen.iter().partition(|((_, theme, _), _)| !CONSEQUENCES.contains(theme));
    let mut findings: Vec<Finding> =
        causes.iter().filter_map(|(_, group)| finding(tested, group, new_versions)).collect();
    rank(&mut findings);
    for (_, group) in effects {
        let Some(effect) = finding(tested, group, new_versions) else { continue };
        let mine =
            |f: &Finding| f.subject.workflow == effect.subject.workflow && f.metric != "secrets";
        let version = &effect.subject.version;
        let at = findings
            .iter()
            .position(|f| mine(f) && !version.is_empty() && f.subject.version == *version)
            .or_else(|| findings.iter().position(mine));
        let first = at.and_then(|at| findings.get_mut(at));
        match (first, &effect.comparison) {
            (Some(first), Some(shown)) => {
                first.also.push(format!("{}: {}", metric_title(shown), format::change(shown)));
            }
            _ => findings.push(effect),
        }
    }
    drop_whole_where_tenant_told(&mut findings);
    findings
}

/// Themes that follow from others.
const CONSEQUENCES: [&str; 3] = ["success", "success_cost", "escalation"];

fn metric_title(shown: &Comparison) -> &'static str {
    Metric::find(&shown.metric).map_or("", |m| m.title)
}

fn by_place(tested: &[Tested]) -> BTreeMap<Place, Vec<&Tested>> {
    let mut places: BTreeMap<Place, Vec<&Tested>> = BTreeMap::new();
    for t in tested {
        let subject = &t.shown.subject;
        let place = Place {
            workflow: subject.workflow.clone(),
            prompt: subject.prompt.clone(),
            part: subject.part.clone(),
        };
        places.entry(place).or_default().push(t);
    }
    places
}

/// The flagged comparisons that name a culprit, per metric.
fn culprits<'a>(index: &CellIndex<'_>, place: &Place, group: &[&'a Tested]) -> Vec<&'a Tested> {
    let mut metrics: BTreeMap<&str, Vec<&'a Tested>> = BTreeMap::new();
    let worse = group.iter().filter(|t| t.shown.outcome == Outcome::Worse);
    for t in worse.filter(|t| !is_shared_with_old(t, group)) {
        metrics.entry(t.metric.id).or_default().push(t);
    }
    let mut chosen = Vec::new();
    for flagged in metrics.into_values() {
        let whole = best(flagged.iter().copied().filter(|t| t.shown.subject.tenant.is_empty()));
        let tenants: BTreeSet<&str> = flagged
            .iter()
            .map(|t| t.shown.subject.tenant.as_str())
            .filter(|tenant| !tenant.is_empty())
            .collect();
        let of_tenant = |tenant: &str| {
            best(flagged.iter().copied().filter(|t| t.shown.subject.tenant == tenant))
        };
        match whole {
            None => chosen.extend(tenants.into_iter().filter_map(of_tenant)),
            Some(whole) => {
                let local = tenants.into_iter().find(|t| is_local_to(index, place, whole, t));
                chosen.push(local.and_then(of_tenant).unwrap_or(whole));
            }
        }
    }
    chosen
}

/// Whether the version before shows the change as much in the same week.
fn is_shared_with_old(t: &Tested, group: &[&Tested]) -> bool {
    t.shown.basis == Basis::EarlierVersion
        && group.iter().any(|other| {
            other.metric.id == t.metric.id
                && other.shown.basis == Basis::Concurrent
                && other.shown.subject == t.shown.subject
                && t.metric.harm(other.shown.effect) < t.metric.harm(t.shown.effect) / 2.0
        })
}

/// The comparison that names the culprit best: by basis, then by certainty.
fn best<'a>(candidates: impl Iterator<Item = &'a Tested>) -> Option<&'a Tested> {
    candidates.min_by(|a, b| {
        (a.shown.basis, &a.shown.subject)
            .cmp(&(b.shown.basis, &b.shown.subject))
            .then(a.shown.p.total_cmp(&b.shown.p))
    })
}

fn finding(
    tested: &[Tested],
    group: &[&Tested],
    new_versions: &BTreeSet<(Place, String)>,
) -> Option<Finding> {
    let order = |t: &&&Tested| {
        let at = crate::metric::METRICS.iter().position(|m| m.id == t.metric.id);
        (t.metric.severity, t.shown.basis, at, t.shown.subject.clone())
    };
    let main = group.iter().min_by_key(order)?;
    let shown = &main.shown;
    // The same metric of the workflow's other tools or guardrails.
    let others = group
        .iter()
        .filter(|t| {
            let (part, mine) = (&t.shown.subject.part, &shown.subject.part);
            t.metric.id == main.metric.id && part != mine && !part.is_empty() && !mine.is_empty()
        })
        .count();
    let mut also: Vec<String> = Vec::new();
    for other in
        group.iter().filter(|t| t.metric.id != main.metric.id || t.shown.subject != shown.subject)
    {
        let line = format!(
            "{}: {}",
            format::subject_short(&other.shown, shown),
            format::change(&other.shown)
        );
        if !also.contains(&line) {
            also.push(line);
        }
    }
    also.truncate(4);
    let began = tested.iter().any(|t| {
        t.metric.id == main.metric.id
            && t.shown.basis == Basis::WeekBefore
            && t.shown.outcome == Outcome::Worse
            && Subject { version: String::new(), ..shown.subject.clone() } == t.shown.subject
    });
    let place = Place {
        workflow: shown.subject.workflow.clone(),
        prompt: shown.subject.prompt.clone(),
        part: shown.subject.part.clone(),
    };
    let is_new = began || new_versions.contains(&(place, shown.subject.version.clone()));
    Some(Finding {
        severity: main.metric.severity,
        title: title(main.metric, shown, others),
        evidence: format::evidence(shown),
        is_new,
        affected: affected(main.metric, shown),
        subject: shown.subject.clone(),
        metric: main.metric.id.to_owned(),
        comparison: Some(shown.clone()),
        also,
        bin: String::new(),
        warnings: warnings(shown),
        traces: Vec::new(),
        sql: String::new(),
    })
}

/// A sentence that a manager understands.
fn title(metric: &Metric, shown: &Comparison, others: usize) -> String {
    let mut subject = shown.subject.clone();
    if others > 0 {
        subject.part = format!("{} and {others} more", subject.part);
    }
    let mut who = format::place_words(&subject);
    if !subject.tenant.is_empty() {
        who = format!("{who}, for {} only", subject.tenant);
    }
    let verb = if shown.effect > 0.0 { "rose" } else { "fell" };
    let (before, after) =
        (format::value(metric.unit, shown.before), format::value(metric.unit, shown.after));
    let against = match shown.basis {
        Basis::Concurrent | Basis::EarlierVersion | Basis::EarlierWeeks => {
            format!(" against {}", shown.reference)
        }
        Basis::WeekBefore => String::new(),
    };
    format!("{who}: {} {verb} from {before} to {after}{against}", metric.title)
}

fn warnings(shown: &Comparison) -> Vec<String> {
    let mut warnings = Vec::new();
    if shown.sign_flip {
        warnings.push(format!(
            "At equal shares of tenants and models the change is {}: the mix changed, which can \
             make the raw figure mislead.",
            format::effect(shown.unit, shown.standardised.unwrap_or(0.0))
        ));
    }
    warnings
}

/// Observations that would be better had nothing changed, an estimate.
fn affected(metric: &Metric, shown: &Comparison) -> u64 {
    let n = shown.n_after as f64;
    match metric.unit {
        Unit::Rate | Unit::Score => (n * shown.effect.abs()).round() as u64,
        Unit::Usd | Unit::Milliseconds => shown.n_after,
    }
}

/// Drops a workflow-wide finding when a tenant's finding of the same metric is told: the tenant
/// was found to explain it.
fn drop_whole_where_tenant_told(findings: &mut Vec<Finding>) {
    let told: BTreeSet<(String, String)> = findings
        .iter()
        .filter(|f| !f.subject.tenant.is_empty())
        .map(|f| (f.subject.workflow.clone(), theme(&f.metric).to_owned()))
        .collect();
    findings.retain(|f| {
        !f.subject.tenant.is_empty()
            || f.severity == Severity::Page
            || !told.contains(&(f.subject.workflow.clone(), theme(&f.metric).to_owned()))
    });
}

fn theme(metric: &str) -> &'static str {
    Metric::find(metric).map_or("", |m| m.theme)
}

/// Orders findings: severity, then new before old, then by what they touch.
pub(crate) fn rank(findings: &mut [Finding]) {
    findings.sort_by(|a, b| {
        (a.severity, !a.is_new, std::cmp::Reverse(a.affected), &a.subject, &a.metric).cmp(&(
            b.severity,
            !b.is_new,
            std::cmp::Reverse(b.affected),
            &b.subject,
            &b.metric,
        ))
    });
}
