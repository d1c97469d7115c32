//! What the report's SQL returns, as plain rows. The report is a pure function of these.

use std::collections::BTreeMap;

use spanlake_model::Micros;

use crate::stats::ClusterSums;

/// Which part of the window a row is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Period {
    /// The report's week.
    Week,
    /// The week before it.
    Before,
    /// The weeks before those two that serve as reference.
    Earlier,
}

impl Facts {
    /// Derives when every version was seen from the cells.
    pub fn set_versions(&mut self) {
        let mut seen: BTreeMap<(&Place, &str), (Micros, Micros)> = BTreeMap::new();
        for cell in &self.cells {
            let entry =
                seen.entry((&cell.place, cell.version.as_str())).or_insert((cell.first, cell.last));
            *entry = (entry.0.min(cell.first), entry.1.max(cell.last));
        }
        self.versions = seen
            .into_iter()
            .map(|((place, version), (first, last))| VersionSeen {
                place: place.clone(),
                version: version.to_owned(),
                first,
                last,
            })
            .collect();
    }
}

impl Period {
    /// Reads the number that SQL gives it.
    pub fn from_number(number: i64) -> Option<Self> {
        match number {
            0 => Some(Self::Week),
            1 => Some(Self::Before),
            2 => Some(Self::Earlier),
            _ => None,
        }
    }
}

/// What a metric's observations are about. Empty text means "not known" or "does not apply".
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Workflow.
    pub workflow: String,
    /// Prompt name.
    pub prompt: String,
    /// Tool, guardrail, index or reranker.
    pub part: String,
}

/// Sums of one metric in the finest cell of the report.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// Metric id.
    pub metric: &'static str,
    /// What it is about.
    pub place: Place,
    /// Prompt version; the index version for retrieval metrics.
    pub version: String,
    /// Tenant.
    pub tenant: String,
    /// Model.
    pub model: String,
    /// Part of the window.
    pub period: Period,
    /// First observation.
    pub first: Micros,
    /// Last observation.
    pub last: Micros,
    /// The sums.
    pub sums: ClusterSums,
}

/// When a version was first and last seen in the window.
#[derive(Clone, Debug, PartialEq)]
pub struct VersionSeen {
    /// Workflow, prompt, part.
    pub place: Place,
    /// Version.
    pub version: String,
    /// First span.
    pub first: Micros,
    /// Last span.
    pub last: Micros,
}

/// One workflow and prompt version in the report's week; also one line of the tables.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WeekRow {
    /// Workflow.
    pub workflow: String,
    /// Prompt name.
    pub prompt: String,
    /// Prompt version.
    pub version: String,
    /// Models, sorted, joined by a comma.
    pub models: String,
    /// Leaf model calls.
    pub calls: u64,
    /// Calls without a price.
    pub unpriced: u64,
    /// Answers whose contexts are known, refusals excluded.
    pub eligible: u64,
    /// Of those, the ones with a stored faithfulness.
    pub scored: u64,
    /// Tenth percentile of faithfulness.
    pub faithfulness_p10: Option<f64>,
    /// Median latency of successful calls, milliseconds.
    pub latency_p50: Option<f64>,
    /// 95th percentile of it.
    pub latency_p95: Option<f64>,
    /// Input plus output tokens.
    pub tokens: u64,
}

/// One workflow in one time bin of the sparklines.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BinRow {
    /// Workflow.
    pub workflow: String,
    /// Start of the bin.
    pub start: Micros,
    /// Traces that began.
    pub traces: f64,
    /// Of those, successful.
    pub successes: f64,
    /// Cost, US dollars.
    pub cost: f64,
    /// Answers where JSON is expected.
    pub json: f64,
    /// Of those, unparseable.
    pub json_failures: f64,
    /// Answers with a stored faithfulness.
    pub faith_n: f64,
    /// Sum of it.
    pub faith_sum: f64,
    /// Successful calls.
    pub latency_n: f64,
    /// Sum of the natural logarithms of their durations in milliseconds.
    pub latency_log: f64,
}

/// Observations of one bin of a distribution.
#[derive(Clone, Debug, PartialEq)]
pub struct DistributionRow {
    /// Workflow and prompt.
    pub place: Place,
    /// Which distribution: `output class`, `input length`, `output length`.
    pub what: String,
    /// Name of the bin.
    pub bin: String,
    /// Part of the window.
    pub period: Period,
    /// Observations.
    pub n: f64,
    /// Sum over clusters of squared cluster sizes inside the bin.
    pub n_squared: f64,
}

/// A release or rollback.
#[derive(Clone, Debug, PartialEq)]
pub struct ReleaseFact {
    /// When.
    pub time: Micros,
    /// Prompt name.
    pub prompt: String,
    /// Prompt version.
    pub version: String,
    /// `release` or `rollback`.
    pub action: String,
    /// Environment.
    pub environment: String,
}

/// Everything that the report is made from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// Metric sums.
    pub cells: Vec<Cell>,
    /// Versions of prompts and indexes.
    pub versions: Vec<VersionSeen>,
    /// The week's lines.
    pub week: Vec<WeekRow>,
    /// Sparkline bins.
    pub bins: Vec<BinRow>,
    /// Distributions.
    pub distributions: Vec<DistributionRow>,
    /// Releases of the window.
    pub releases: Vec<ReleaseFact>,
    /// Values removed by redaction, by class: (the week, the week before).
    pub redactions: BTreeMap<String, (u64, u64)>,
    /// Policies that the week's rows were redacted with.
    pub policies: Vec<String>,
    /// Named counts of the week (see `sql/report/health.sql`).
    pub health: BTreeMap<String, u64>,
    /// Rejected input by code, of the whole store.
    pub ingest_errors: BTreeMap<String, u64>,
    /// Evaluators of the stored faithfulness: name@version, answers of the week and before.
    pub evaluators: BTreeMap<String, (u64, u64)>,
    /// Complete reference weeks that hold data.
    pub reference_weeks: u64,
}
