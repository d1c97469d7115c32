//! Who asks what when: sessions of one or more turns, spread over the month's busy hours.

use std::{cmp::Reverse, collections::BinaryHeap};

use super::{
    calendar::{MINUTE, SECOND},
    dice::{Dice, Purpose, mix},
    faults::Fault,
    people::TENANTS,
    registry::{Flow, serving},
    trace::{Plan, World},
};

/// A workflow's share of sessions and its longest session.
const SESSIONS: [(Flow, f64, i64); 5] = [
    (Flow::Support, 0.20, 4),
    (Flow::Summary, 0.23, 1),
    (Flow::Intent, 0.23, 1),
    (Flow::Agent, 0.355, 2),
    (Flow::Invoice, 0.19, 1),
];
/// The workflow of `silent_workflow`.
pub(super) const SILENT: Flow = Flow::Summary;

/// Plans of all traces in the order of their start, held only while their session lasts.
pub(super) struct Plans {
    traces: u64,
    planned: u64,
    sessions: u64,
    waiting: BinaryHeap<Reverse<Waiting>>,
    /// Start of the newest session.
    opened: i64,
}

struct Waiting(Plan);

impl Waiting {
    fn order(&self) -> (i64, u64) {
        (self.0.start, self.0.index)
    }
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.order() == other.order()
    }
}

impl Eq for Waiting {}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.order().cmp(&other.order())
    }
}

impl Plans {
    pub(super) fn new(traces: u64) -> Self {
        let waiting = BinaryHeap::new();
        Self { traces, planned: 0, sessions: 0, waiting, opened: i64::MIN }
    }

    /// The next plan; traces that a silent workflow does not send are left out.
    pub(super) fn next(&mut self, world: &World) -> Option<Plan> {
        loop {
            while self.planned < self.traces
                && self.waiting.peek().is_none_or(|Reverse(first)| first.0.start >= self.opened)
            {
                self.open(world);
            }
            let Reverse(Waiting(mut plan)) = self.waiting.pop()?;
            let is_silent = plan.flow == SILENT
                && world.faults.has(Fault::SilentWorkflow)
                && world.calendar.acts(Fault::SilentWorkflow, plan.start);
            if is_silent || plan.start >= world.calendar.end {
                continue;
            }
            plan.version_index =
                serving(plan.flow, &world.calendar, world.faults, plan.start, plan.lot);
            return Some(plan);
        }
    }

    /// Opens the next session and queues its turns.
    fn open(&mut self, world: &World) {
        let mut dice = Dice::new(world.seed, Purpose::Session, self.sessions);
        let choice = dice.weighted(SESSIONS.iter().map(|(_, share, _)| *share));
        let (flow, _, longest) = *super::dice::nth(&SESSIONS, choice as u64);
        let which = dice.weighted(TENANTS.iter().map(|tenant| tenant.share)) as u64;
        let tenant = super::dice::nth(&TENANTS, which);
        let left = (self.traces - self.planned) as i64;
        let turns = dice.range(1, longest).min(left);
        let quantile = (self.planned as f64 + dice.unit() * turns as f64) / self.traces as f64;
        let start = world.calendar.time_at(quantile);
        // Few people ask much and many ask little.
        let rank = (tenant.users as f64 * dice.unit().powi(2)) as u64;
        let user = mix(world.seed ^ mix(which * 100_000 + rank));
        let mut plan = Plan {
            index: 0,
            flow,
            tenant,
            environment: if dice.chance(0.04) { "staging" } else { "production" },
            user: format!("u-{:08x}", user >> 32),
            session: ["s-", &dice.word(14)].concat(),
            lot: dice.unit(),
            model_lot: dice.unit(),
            start,
            version_index: 0,
        };
        for _ in 0..turns {
            plan.index = self.planned;
            self.waiting.push(Reverse(Waiting(plan.clone())));
            self.planned += 1;
            plan.start += dice.range(25 * SECOND, 4 * MINUTE);
        }
        self.opened = start;
        self.sessions += 1;
    }
}
