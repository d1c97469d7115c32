//! A month of invented LLM traffic as OTLP requests, with faults planted in it that are written
//! down.
//!
//! ```text
//! sessions (who, when) ─▶ flows (spans of a trace) ─▶ conventions (attributes) ─▶ export (requests)
//!                              ▲ corpus (texts)   ▲ faults (rates and windows)
//! ```
//!
//! The same options give the same bytes, and requests come in the order of their receipt while only
//! what is under way is held in memory. Each fault can be switched off by itself; without faults
//! the month is stationary: prompt versions differ in nothing but their wording.

mod calendar;
mod call;
mod conventions;
mod corpus;
mod dice;
mod export;
mod faults;
mod flows;
mod otlp;
mod people;
mod planted;
mod registry;
mod sessions;
mod templates;
#[cfg(test)]
mod tests;
mod trace;
mod truth;

use chrono::NaiveDate;

use self::{calendar::Calendar, trace::World};
pub use self::{
    export::Requests,
    faults::{Fault, FaultSet, UnknownFault},
    planted::PlantedFault,
    registry::{DemoPrompt, DemoRelease, DemoWorkflow},
    truth::{Truth, TruthKey, TruthTable},
};

/// Spans of an average trace, re-exports excluded.
const SPANS_PER_TRACE: f64 = 5.0;

/// What to generate.
#[derive(Clone, Copy, Debug)]
pub struct DemoOptions {
    /// Traces of the month; a little fewer are sent when a workflow goes silent.
    pub traces: u64,
    /// Seed of all randomness.
    pub seed: u64,
    /// First day after the month.
    pub end: NaiveDate,
    /// Length of the month; faults need at least the three weeks before `end`.
    pub days: u32,
    /// What to plant.
    pub faults: FaultSet,
}

impl Default for DemoOptions {
    /// 20,000 traces of the 30 days before Monday, 29 June 2026, with every fault.
    fn default() -> Self {
        Self {
            traces: 20_000,
            seed: 42,
            end: NaiveDate::from_ymd_opt(2026, 6, 29).unwrap_or_default(),
            days: 30,
            faults: FaultSet::all(),
        }
    }
}

/// The OTLP signal of a request body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// An `ExportTraceServiceRequest`.
    Traces,
    /// An `ExportLogsServiceRequest`.
    Logs,
}

/// A request as a collector sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemoRequest {
    /// When it arrives, microseconds, UTC; at most a few hours after the month's end.
    pub received: i64,
    /// What the body is.
    pub signal: Signal,
    /// Protobuf.
    pub body: Vec<u8>,
}

/// A month of traffic.
pub struct Demo {
    options: DemoOptions,
    world: World,
}

impl Demo {
    /// Prepares a month; nothing is generated yet.
    pub fn new(options: DemoOptions) -> Self {
        let calendar = Calendar::new(options.end, options.days);
        Self { options, world: World::new(calendar, options.faults, options.seed) }
    }

    /// Generates the requests in the order of their receipt.
    pub fn requests(&self) -> Requests<'_> {
        Requests::new(&self.world, self.options.traces)
    }

    /// About how many spans will come, re-exports excluded.
    pub fn estimated_spans(&self) -> u64 {
        (self.options.traces as f64 * SPANS_PER_TRACE) as u64
    }

    /// First and last instant of the month, microseconds, UTC.
    pub fn bounds(&self) -> (i64, i64) {
        (self.world.calendar.start, self.world.calendar.end)
    }

    /// Monday 00:00 of the last complete ISO week, microseconds, UTC.
    pub fn week(&self) -> i64 {
        self.world.calendar.week
    }

    /// What was planted, where it acts, and how to see it.
    pub fn faults(&self) -> Vec<PlantedFault> {
        planted::catalogue(&self.world.calendar, self.options.faults)
    }

    /// The prompt versions.
    pub fn prompts(&self) -> Vec<DemoPrompt> {
        registry::prompts(&self.world.calendar, self.options.faults)
    }

    /// Releases and rollbacks in the order of their time.
    pub fn releases(&self) -> Vec<DemoRelease> {
        registry::releases(&self.world.calendar, self.options.faults)
    }

    /// The workflows.
    pub fn workflows(&self) -> Vec<DemoWorkflow> {
        registry::workflows()
    }
}
