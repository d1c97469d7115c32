//! Traffic made up from a seed, with faults to order: facts without a store.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use spanlake_model::{Day, Micros};

use crate::metric::Metric;
use crate::report::facts::{
    BinRow, Cell, DistributionRow, Facts, Period, Place, ReleaseFact, WeekRow,
};
use crate::stats::ClusterSums;
use crate::week::Week;

/// `SplitMix64` (Steele, Lea and Flood 2014).
pub(super) struct Dice(pub(super) u64);

impl Dice {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * self.next().max(1e-300).ln()).sqrt() * (std::f64::consts::TAU * self.next()).cos()
    }
}

/// What to plant.
#[derive(Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent switches")]
pub(super) struct Faults {
    /// A release of extraction's prompt whose parse failures rise.
    pub(super) parse: bool,
    /// Faithfulness of support answers for tenant-2 only.
    pub(super) tenant: bool,
    /// Cost of summaries doubles.
    pub(super) cost: bool,
    /// Agent's tool arguments.
    pub(super) tool: bool,
    /// Classification's labels move.
    pub(super) drift: bool,
    /// The agent goes silent on the last three days.
    pub(super) silent: bool,
}

pub(super) const WORKFLOWS: [&str; 5] = [
    "intent_classification",
    "invoice_extraction",
    "order_agent",
    "support_answers",
    "ticket_summary",
];
const TENANTS: usize = 6;

pub(super) fn week() -> Week {
    let sunday = Day::parse_iso("2026-11-15").map(Day::start).unwrap_or_default();
    Week::holding(sunday, Tz::UTC).unwrap_or_else(|| unreachable!("a date has a week"))
}

/// A month of traffic. Sessions hold 1–4 calls that share a part of their luck.
pub(super) fn traffic(seed: u64, faults: Faults) -> Facts {
    let mut dice = Dice(seed);
    let mut facts = Facts { reference_weeks: 2, ..Facts::default() };
    for workflow in WORKFLOWS {
        for period in [Period::Earlier, Period::Before, Period::Week] {
            workflow_cells(&mut facts, &mut dice, faults, workflow, period);
        }
        bins(&mut facts, &mut dice, faults, workflow);
        facts.week.push(WeekRow {
            workflow: workflow.to_owned(),
            prompt: workflow.to_owned(),
            version: "1.0.0".to_owned(),
            models: "gpt-4o-mini".to_owned(),
            calls: 1800,
            eligible: if workflow == "support_answers" { 1800 } else { 0 },
            scored: if workflow == "support_answers" { 1764 } else { 0 },
            faithfulness_p10: (workflow == "support_answers").then_some(0.71),
            latency_p50: Some(812.0),
            latency_p95: Some(2410.0),
            ..WeekRow::default()
        });
    }
    facts.releases.push(ReleaseFact {
        time: Micros(week().start().plus_days(2).0 + 9 * 3_600_000_000),
        prompt: "invoice_extraction".to_owned(),
        version: "1.1.0".to_owned(),
        action: "release".to_owned(),
        environment: "production".to_owned(),
    });
    facts.policies = vec!["3f9c2ab1".to_owned()];
    facts.redactions =
        BTreeMap::from([("email".to_owned(), (412, 398)), ("api_key".to_owned(), (3, 2))]);
    for (name, n) in [
        ("spans", 41_233),
        ("traces", 9031),
        ("late_spans", 12),
        ("partial_spans", 3),
        ("orphan_spans", 9),
    ] {
        facts.health.insert(name.to_owned(), n);
    }
    facts.ingest_errors.insert("invalid_trace_id".to_owned(), 2);
    facts.evaluators.insert("spanlake qa@1".to_owned(), (1764, 1720));
    facts.set_versions();
    facts
}

fn place(workflow: &str, prompt: &str, part: &str) -> Place {
    Place { workflow: workflow.to_owned(), prompt: prompt.to_owned(), part: part.to_owned() }
}

#[expect(clippy::too_many_lines, reason = "one list of cells")]
fn workflow_cells(
    facts: &mut Facts,
    dice: &mut Dice,
    faults: Faults,
    workflow: &str,
    period: Period,
) {
    for tenant in 0..TENANTS {
        let name = format!("tenant-{tenant}");
        let sessions = if period == Period::Earlier { 300 } else { 150 } / (1 + tenant % 3);
        let versions: &[&str] = if workflow == "invoice_extraction" && period == Period::Week {
            &["1.0.0", "1.1.0"]
        } else {
            &["1.0.0"]
        };
        for version in versions {
            let sick = |on: bool| on && period == Period::Week;
            let mut rates = vec![("error", 0.01), ("refusal", 0.03)];
            match workflow {
                "invoice_extraction" => {
                    rates.push((
                        "parse_failure",
                        if faults.parse && *version == "1.1.0" { 0.12 } else { 0.02 },
                    ));
                }
                "order_agent" => {
                    rates.push(("tool_arguments", if sick(faults.tool) { 0.10 } else { 0.02 }));
                }
                _ => {}
            }
            for (metric, rate) in rates {
                let part = if metric == "tool_arguments" { "create_order" } else { "" };
                let prompt = if part.is_empty() { workflow } else { "" };
                push(
                    facts,
                    metric,
                    place(workflow, prompt, part),
                    version,
                    &name,
                    period,
                    clusters(dice, sessions, |dice, luck| {
                        f64::from(u8::from(dice.next() < rate * luck))
                    }),
                );
            }
            if workflow == "support_answers" {
                let mean = if sick(faults.tenant) && tenant == 2 { 0.72 } else { 0.90 };
                push(
                    facts,
                    "faithfulness",
                    place(workflow, workflow, ""),
                    version,
                    &name,
                    period,
                    clusters(dice, sessions, |dice, luck| {
                        (mean + 0.02 * luck + 0.08 * dice.normal()).min(1.0)
                    }),
                );
            }
            let cost =
                if sick(faults.cost) && workflow == "ticket_summary" { 0.004 } else { 0.002 };
            push(
                facts,
                "cost_per_call",
                place(workflow, workflow, ""),
                version,
                &name,
                period,
                clusters(dice, sessions, |dice, luck| {
                    cost * (0.5 * dice.normal() + 0.1 * luck).exp()
                }),
            );
            push(
                facts,
                "latency",
                place(workflow, workflow, ""),
                version,
                &name,
                period,
                clusters(dice, sessions, |dice, luck| 6.7 + 0.1 * luck + 0.5 * dice.normal()),
            );
        }
    }
    let moved = if faults.drift && period == Period::Week { 0.12 } else { 0.0 };
    if workflow == "intent_classification" {
        let shares =
            [("billing", 0.4 - moved), ("delivery", 0.3), ("returns", 0.2 + moved), ("other", 0.1)];
        let n = if period == Period::Earlier { 3000 } else { 1500 };
        let mut counts = BTreeMap::new();
        for _ in 0..n {
            let mut u = dice.next();
            let bin = shares
                .iter()
                .find(|(_, s)| {
                    u -= s;
                    u < 0.0
                })
                .map_or("other", |(b, _)| b);
            *counts.entry(bin).or_insert(0.0) += 1.0;
        }
        for (bin, n) in counts {
            facts.distributions.push(DistributionRow {
                place: place(workflow, workflow, ""),
                what: "output class".to_owned(),
                bin: bin.to_owned(),
                period,
                n,
                n_squared: n * 1.1,
            });
        }
    }
}

fn clusters(
    dice: &mut Dice,
    sessions: usize,
    mut draw: impl FnMut(&mut Dice, f64) -> f64,
) -> ClusterSums {
    ClusterSums::from_clusters(
        (0..sessions)
            .map(|_| {
                let n = 1 + (dice.next() * 4.0) as usize;
                let luck = (0.5 * dice.normal()).exp() / 1.133;
                let values: Vec<f64> = (0..n).map(|_| draw(dice, luck)).collect();
                (n as f64, values.iter().sum(), values.iter().map(|y| y * y).sum())
            })
            .collect::<Vec<_>>(),
    )
}

fn push(
    facts: &mut Facts,
    metric: &str,
    place: Place,
    version: &str,
    tenant: &str,
    period: Period,
    sums: ClusterSums,
) {
    let metric = Metric::find(metric).map_or("", |m| m.id);
    let age = match period {
        Period::Earlier => -23,
        Period::Before => -7,
        Period::Week => {
            if version == "1.1.0" {
                2
            } else {
                0
            }
        }
    };
    let first = week().start().plus_days(age);
    facts.cells.push(Cell {
        first,
        last: first.plus_days(4),
        metric,
        place,
        version: version.to_owned(),
        tenant: tenant.to_owned(),
        model: "gpt-4o-mini".to_owned(),
        period,
        sums,
    });
}

fn bins(facts: &mut Facts, dice: &mut Dice, faults: Faults, workflow: &str) {
    for day in 0..30_i64 {
        let start = week().end().plus_days(day - 30);
        let silent = faults.silent && workflow == "order_agent" && day >= 27;
        let traces = if silent { 0.0 } else { (200.0 + 14.0 * dice.normal()).round() };
        let sick = day >= 23;
        let cost = if faults.cost && sick && workflow == "ticket_summary" { 0.004 } else { 0.002 };
        let json = if workflow == "invoice_extraction" { traces } else { 0.0 };
        let bad = if faults.parse && day >= 25 { 0.1 } else { 0.02 };
        let faith = if workflow == "support_answers" { traces } else { 0.0 };
        facts.bins.push(BinRow {
            workflow: workflow.to_owned(),
            start,
            traces,
            successes: (traces * 0.95).round(),
            cost: traces * cost * (1.0 + 0.03 * dice.normal()),
            json,
            json_failures: (json * bad).round(),
            faith_n: faith,
            faith_sum: faith
                * (0.9 + 0.004 * dice.normal() - if faults.tenant && sick { 0.04 } else { 0.0 }),
            latency_n: traces,
            latency_log: traces * (6.7 + 0.02 * dice.normal()),
        });
    }
}
