//! Every comparison of the report: one family, always-valid, corrected for its size.

use std::collections::{BTreeMap, BTreeSet};

use spanlake_functions::stats::{Adjustment, adjust};

use crate::metric::{ALPHA, MINIMUM_CLUSTERS, Metric, Unit};
use crate::report::facts::{Cell, Facts, Period, Place};
use crate::report::model::{Basis, Comparison, Outcome, Subject};
use crate::stats::{ClusterSums, round_places, round_significant};

/// Which cells one side of a comparison takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Selection {
    periods: &'static [Period],
    version: Option<String>,
    tenant: TenantFilter,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum TenantFilter {
    All,
    Only(String),
    Except(String),
}

impl Selection {
    fn holds(&self, cell: &Cell) -> bool {
        self.periods.contains(&cell.period)
            && self.version.as_ref().is_none_or(|version| *version == cell.version)
            && match &self.tenant {
                TenantFilter::All => true,
                TenantFilter::Only(tenant) => *tenant == cell.tenant,
                TenantFilter::Except(tenant) => *tenant != cell.tenant,
            }
    }

    fn except(&self, tenant: &str) -> Self {
        Self { tenant: TenantFilter::Except(tenant.to_owned()), ..self.clone() }
    }
}

/// A comparison with the cells it came from, so that it can be taken apart.
#[derive(Clone, Debug)]
pub(crate) struct Tested {
    /// The comparison as reported.
    pub(crate) shown: Comparison,
    /// Its metric.
    pub(crate) metric: &'static Metric,
    reference: Selection,
    current: Selection,
}

/// Cells by metric and place.
pub(crate) struct CellIndex<'a>(BTreeMap<(usize, &'a Place), Vec<&'a Cell>>);

impl<'a> CellIndex<'a> {
    /// Groups cells.
    pub(crate) fn new(cells: &'a [Cell]) -> Self {
        let mut index: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for cell in cells {
            let order = crate::metric::METRICS.iter().position(|metric| metric.id == cell.metric);
            if let Some(order) = order {
                index.entry((order, &cell.place)).or_default().push(cell);
            }
        }
        Self(index)
    }

    /// Visits groups in the order of the metrics.
    pub(crate) fn groups(&self) -> impl Iterator<Item = (&'static Metric, &'a Place, &[&'a Cell])> {
        self.0.iter().filter_map(|((order, place), cells)| {
            Some((crate::metric::METRICS.get(*order)?, *place, cells.as_slice()))
        })
    }

    fn of<'b>(&'b self, metric: &Metric, place: &'b Place) -> &'b [&'a Cell] {
        let order = crate::metric::METRICS.iter().position(|m| m.id == metric.id);
        order.and_then(|order| self.0.get(&(order, place))).map_or(&[], Vec::as_slice)
    }
}

/// Sums the cells of a filter.
pub(crate) fn sum<'a>(cells: impl IntoIterator<Item = &'a Cell>) -> ClusterSums {
    let mut sums = ClusterSums::default();
    for cell in cells {
        sums.add(&cell.sums);
    }
    sums
}

/// Makes every comparison and adjusts them together with `other_p`, the p-values of tests made
/// elsewhere in the report. Returns the comparisons and the adjusted `other_p`.
pub(crate) fn compare_all(
    facts: &Facts,
    index: &CellIndex<'_>,
    other_p: &[f64],
    arrived_after: spanlake_model::Micros,
) -> (Vec<Tested>, Vec<f64>) {
    let mut tested = Vec::new();
    for (metric, place, cells) in index.groups() {
        let tenants: BTreeSet<&str> =
            cells.iter().map(|c| c.tenant.as_str()).filter(|t| !t.is_empty()).collect();
        let mut filters = vec![TenantFilter::All];
        if tenants.len() > 1 {
            filters.extend(tenants.iter().map(|t| TenantFilter::Only((*t).to_owned())));
        }
        for filter in filters {
            for (basis, reference, current, words) in
                pairs(facts, place, cells, &filter, arrived_after)
            {
                let subject = Subject {
                    workflow: place.workflow.clone(),
                    prompt: place.prompt.clone(),
                    part: place.part.clone(),
                    version: current.version.clone().unwrap_or_default(),
                    tenant: match &filter {
                        TenantFilter::Only(tenant) => tenant.clone(),
                        _ => String::new(),
                    },
                };
                if let Some(shown) =
                    compare(metric, cells, subject, (basis, words), &reference, &current)
                {
                    tested.push(Tested { shown, metric, reference, current });
                }
            }
        }
    }
    let family: Vec<usize> = (0..tested.len())
        .filter(|&at| tested.get(at).is_some_and(|t| t.shown.outcome != Outcome::TooLittleData))
        .collect();
    let breakdown =
        |at: &&usize| tested.get(**at).is_some_and(|t| !t.shown.subject.tenant.is_empty());
    let tenants = family.iter().filter(breakdown).count();
    let weights = weights(family.len() + other_p.len() - tenants, tenants);
    let mut p_values: Vec<Option<f64>> = family
        .iter()
        .filter_map(|&at| tested.get(at))
        .map(|t| t.shown.p / if t.shown.subject.tenant.is_empty() { weights.0 } else { weights.1 })
        .map(Some)
        .collect();
    p_values.extend(other_p.iter().map(|p| Some(p / weights.0)));
    let adjusted = adjust(&p_values, Adjustment::BenjaminiHochberg);
    let adjusted: Vec<f64> = adjusted.into_iter().flatten().collect();
    for (&at, &p) in family.iter().zip(&adjusted) {
        if let Some(t) = tested.get_mut(at) {
            t.shown.p_adjusted = round_significant(p, 3);
            let bounds = (t.shown.low, t.shown.high);
            t.shown.outcome = t.metric.verdict(t.shown.effect, bounds, t.shown.p_adjusted);
        }
    }
    let others = adjusted.get(family.len()..).unwrap_or_default().to_vec();
    (tested, others.into_iter().map(|p| round_significant(p, 3)).collect())
}

/// Weights of a whole's and of a tenant's test in the family: half of the error budget goes to the
/// wholes, half to the break-down, however many tenants there are. Weights average one, so the
/// false discovery rate stays what it is (Genovese, Roeder and Wasserman 2006).
fn weights(wholes: usize, tenants: usize) -> (f64, f64) {
    if wholes == 0 || tenants == 0 {
        return (1.0, 1.0);
    }
    let all = (wholes + tenants) as f64;
    (0.5 * all / wholes as f64, 0.5 * all / tenants as f64)
}

type Pair = (Basis, Selection, Selection, String);

const WEEK: &[Period] = &[Period::Week];
const BEFORE: &[Period] = &[Period::Before];
const EARLIER: &[Period] = &[Period::Earlier];
const ALL: &[Period] = &[Period::Week, Period::Before, Period::Earlier];

/// The comparisons of one metric at one place: with the week before, with the reference weeks,
/// and of every version that arrived in these two weeks with the one it follows. A version that is
/// older is not compared: its change this week is the week's, not the version's.
fn pairs(
    facts: &Facts,
    place: &Place,
    cells: &[&Cell],
    tenant: &TenantFilter,
    arrived_after: spanlake_model::Micros,
) -> Vec<Pair> {
    let select = |periods, version: Option<&str>| Selection {
        periods,
        version: version.map(str::to_owned),
        tenant: tenant.clone(),
    };
    let mut pairs = vec![
        (Basis::WeekBefore, select(BEFORE, None), select(WEEK, None), "the week before".to_owned()),
        (
            Basis::EarlierWeeks,
            select(EARLIER, None),
            select(WEEK, None),
            match facts.reference_weeks {
                1 => "the week before that".to_owned(),
                weeks => format!("the {weeks} weeks before that"),
            },
        ),
    ];
    let order = version_order(facts, place, cells);
    for window in order.windows(2) {
        let [(_, old), (arrived, new)] = window else { continue };
        if *arrived < arrived_after {
            continue;
        }
        let enough = |periods| {
            let side = select(periods, Some(old));
            sum(cells.iter().copied().filter(|cell| side.holds(cell))).clusters >= MINIMUM_CLUSTERS
        };
        let current = select(WEEK, Some(new));
        if enough(WEEK) {
            let words = format!("{old} in the same week");
            pairs.push((Basis::Concurrent, select(WEEK, Some(old)), current.clone(), words));
        }
        if enough(ALL) {
            let words = format!("{old} in these weeks");
            pairs.push((Basis::EarlierVersion, select(ALL, Some(old)), current, words));
        }
    }
    pairs
}

/// Versions at a place in the order of their first appearance; those never seen with enough
/// traffic are left out, so that a canary of ten calls is not anybody's predecessor.
pub(crate) fn version_order(
    facts: &Facts,
    place: &Place,
    cells: &[&Cell],
) -> Vec<(spanlake_model::Micros, String)> {
    let mut clusters: BTreeMap<&str, f64> = BTreeMap::new();
    for cell in cells.iter().filter(|cell| !cell.version.is_empty()) {
        *clusters.entry(&cell.version).or_default() += cell.sums.clusters;
    }
    let mut seen: Vec<(spanlake_model::Micros, &str)> = facts
        .versions
        .iter()
        .filter(|v| v.place == *place)
        .filter(|v| clusters.get(v.version.as_str()).is_some_and(|n| *n >= MINIMUM_CLUSTERS))
        .map(|v| (v.first, v.version.as_str()))
        .collect();
    seen.sort_unstable();
    seen.into_iter().map(|(first, version)| (first, version.to_owned())).collect()
}

fn compare(
    metric: &'static Metric,
    cells: &[&Cell],
    subject: Subject,
    (basis, reference_words): (Basis, String),
    reference: &Selection,
    current: &Selection,
) -> Option<Comparison> {
    let before = sum(cells.iter().copied().filter(|cell| reference.holds(cell)));
    let after = sum(cells.iter().copied().filter(|cell| current.holds(cell)));
    if before.n <= 0.0 || after.n <= 0.0 {
        return None;
    }
    // Tightest where the sample is expected to end: at twice the reference, which is known
    // before the week begins and so may be used to choose it.
    let tuning = (2.0 * before.clusters).clamp(2.0 * MINIMUM_CLUSTERS, 5000.0);
    let difference = metric.difference(&before, &after, tuning);
    let enough = metric.has_enough(&before, &after);
    let (effect, low, high, p) = match difference {
        Some(d) if enough => (d.diff, d.low, d.high, d.p),
        _ => {
            let raw = metric.level(after.mean()?) - metric.level(before.mean()?);
            (raw, f64::NEG_INFINITY, f64::INFINITY, 1.0)
        }
    };
    let scale = |x: f64| metric.told(x);
    let standardised = standardise(metric, cells, reference, current).map(scale);
    let effect = round_places(scale(effect), 4);
    let bounded = |x: f64| {
        let widest = if metric.is_relative() { (-1.0, 99.0) } else { (-1.0, 1.0) };
        round_places(scale(x).clamp(widest.0, widest.1), 4)
    };
    let value = |mean: f64| match metric.unit {
        Unit::Rate | Unit::Score => round_places(mean, 4),
        Unit::Usd => round_significant(mean, 4),
        Unit::Milliseconds => round_places(mean.exp(), 0),
    };
    let standardised = standardised.map(|s| round_places(s, 4));
    Some(Comparison {
        metric: metric.id.to_owned(),
        subject,
        basis,
        reference: reference_words,
        unit: metric.unit,
        before: value(before.mean()?),
        after: value(after.mean()?),
        effect,
        low: bounded(low),
        high: bounded(high),
        n_before: before.n as u64,
        n_after: after.n as u64,
        effective_before: before.effective_n().round() as u64,
        effective_after: after.effective_n().round() as u64,
        p: round_significant(p, 3),
        p_adjusted: 1.0,
        standardised,
        sign_flip: standardised.is_some_and(|s| metric.flips(effect, s)),
        outcome: if enough { Outcome::NoEvidence } else { Outcome::TooLittleData },
    })
}

/// The change at the current side's shares of tenants and models, over the strata that both
/// sides have; `None` when they hold less than half of the observations.
fn standardise(
    metric: &Metric,
    cells: &[&Cell],
    reference: &Selection,
    current: &Selection,
) -> Option<f64> {
    let mut strata: BTreeMap<(&str, &str), (ClusterSums, ClusterSums)> = BTreeMap::new();
    for cell in cells {
        let stratum = strata.entry((&cell.tenant, &cell.model)).or_default();
        if reference.holds(cell) {
            stratum.0.add(&cell.sums);
        }
        if current.holds(cell) {
            stratum.1.add(&cell.sums);
        }
    }
    metric.standardise(strata.values())
}

/// Whether a comparison's change is one tenant's alone: without it the rest neither reaches the
/// minimum nor is significant on its own.
pub(crate) fn is_local_to(
    index: &CellIndex<'_>,
    place: &Place,
    whole: &Tested,
    tenant: &str,
) -> bool {
    let cells = index.of(whole.metric, place);
    let (reference, current) = (whole.reference.except(tenant), whole.current.except(tenant));
    let basis = (whole.shown.basis, String::new());
    compare(whole.metric, cells, whole.shown.subject.clone(), basis, &reference, &current)
        .is_some_and(|rest| {
            let harm = whole.metric.harm(rest.effect);
            harm < whole.metric.minimum / 2.0 || (harm < whole.metric.minimum && rest.p > ALPHA)
        })
}
