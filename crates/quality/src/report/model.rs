//! The report as data: what `report.json` holds and both renderings show.
//!
//! Every number is rounded to the digits it is shown with or a few more before anything is
//! compared or rendered, so that the same store gives the same bytes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::metric::{Better, Severity, Unit};

/// The weekly quality report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WeeklyReport {
    /// Version of this format.
    pub format: u32,
    /// The period.
    pub week: WeekInfo,
    /// The answer to "is it better or worse".
    pub verdict: Verdict,
    /// The four signals.
    pub signals: Vec<Signal>,
    /// Releases and first appearances of the week and the week before it.
    pub releases: Vec<Release>,
    /// What somebody should look at, most urgent first.
    pub findings: Vec<Finding>,
    /// What got better.
    pub improvements: Vec<Comparison>,
    /// Every comparison made, the most certain first.
    pub comparisons: Vec<Comparison>,
    /// Distributions against the reference weeks.
    pub drift: Vec<DriftLine>,
    /// One section a workflow.
    pub workflows: Vec<WorkflowSection>,
    /// Whether the data can be trusted.
    pub health: Health,
    /// How it was computed.
    pub method: Method,
    /// Commands to run next.
    pub next: Vec<NextStep>,
}

/// The period of a report.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WeekInfo {
    /// ISO week, `2026-W46`.
    pub name: String,
    /// Monday, local date.
    pub first_day: String,
    /// Sunday, local date.
    pub last_day: String,
    /// Time zone.
    pub time_zone: String,
    /// First instant, UTC.
    pub start: String,
    /// First instant after it, UTC.
    pub end: String,
    /// Local dates of the sparklines, oldest first.
    pub spark_days: Vec<String>,
    /// Complete weeks before the week before that serve as reference.
    pub reference_weeks: u64,
}

/// The direction of the whole week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Something got worse.
    Worse,
    /// Something got better and nothing worse.
    Better,
    /// Neither.
    Unchanged,
    /// No comparison was possible.
    TooLittleData,
}

/// The first lines of the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// Direction.
    pub direction: Direction,
    /// One line.
    pub headline: String,
    /// What it rests on.
    pub detail: String,
}

/// One of the four signals.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Signal {
    /// Name.
    pub title: String,
    /// Unit of the values.
    pub unit: SignalUnit,
    /// The week's value.
    pub value: Option<f64>,
    /// The week before's.
    pub before: Option<f64>,
    /// Which way is better; `None` when neither is.
    pub better: Option<Better>,
    /// A value a day, as `WeekInfo::spark_days`.
    pub spark: Vec<Option<f64>>,
    /// A second line.
    pub note: String,
}

/// Unit of a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignalUnit {
    /// Share.
    Rate,
    /// Score.
    Score,
    /// US dollars.
    Usd,
    /// Milliseconds.
    Milliseconds,
    /// Number of things.
    Count,
}

/// A release, a rollback, or a version that traffic showed without one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Release {
    /// Local time.
    pub time: String,
    /// Local date.
    pub day: String,
    /// Prompt or index.
    pub name: String,
    /// Version.
    pub version: String,
    /// `release`, `rollback` or `first seen`.
    pub action: String,
    /// Environment, or the workflow for `first seen`.
    pub place: String,
}

/// What a comparison is about. Empty text: not restricted.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Subject {
    /// Workflow.
    pub workflow: String,
    /// Prompt name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub prompt: String,
    /// Prompt version, or index version.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// Tool, guardrail, index or reranker.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub part: String,
    /// Tenant.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub tenant: String,
}

/// What a week is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Another version's calls of the same week: the only comparison free of time effects.
    Concurrent,
    /// The earlier version's calls of earlier weeks.
    EarlierVersion,
    /// The week before.
    WeekBefore,
    /// The reference weeks.
    EarlierWeeks,
}

impl Basis {
    /// Returns `concurrent` or `before/after`.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Concurrent => "concurrent",
            _ => "before/after",
        }
    }
}

/// The outcome of a comparison.
pub use crate::metric::Verdict as Outcome;

/// One comparison of one metric.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Metric id.
    pub metric: String,
    /// What it is about.
    pub subject: Subject,
    /// What it is compared with.
    pub basis: Basis,
    /// The reference in words.
    pub reference: String,
    /// Unit of `before` and `after`.
    pub unit: Unit,
    /// Reference value.
    pub before: f64,
    /// Value now.
    pub after: f64,
    /// Change: absolute for rates and scores, relative for money and time.
    pub effect: f64,
    /// Always-valid interval of it.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
    /// Observations before.
    pub n_before: u64,
    /// Observations now.
    pub n_after: u64,
    /// Effective number of independent observations before.
    pub effective_before: u64,
    /// The same now.
    pub effective_after: u64,
    /// Always-valid p-value.
    pub p: f64,
    /// Adjusted for every comparison of the report.
    pub p_adjusted: f64,
    /// The change at equal shares of tenants and models, where it can be computed.
    pub standardised: Option<f64>,
    /// Whether standardising turns the sign: the mix of tenants and models changed.
    pub sign_flip: bool,
    /// Outcome.
    pub outcome: Outcome,
}

impl Comparison {
    /// Returns the outcome in words; a certain change below the minimum is called what it is.
    pub fn words(&self) -> &'static str {
        if self.outcome == Outcome::NoEvidence && self.p_adjusted < crate::metric::ALPHA {
            return "too small to matter";
        }
        self.outcome.words()
    }
}

/// Something to act on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Severity.
    pub severity: Severity,
    /// One sentence.
    pub title: String,
    /// How it is known.
    pub evidence: String,
    /// Whether it began this week.
    pub is_new: bool,
    /// Calls or traces touched, an estimate.
    pub affected: u64,
    /// What it is about.
    pub subject: Subject,
    /// Metric, `volume` or `drift`.
    pub metric: String,
    /// The comparison, where there is one.
    pub comparison: Option<Comparison>,
    /// Other metrics that moved with it.
    pub also: Vec<String>,
    /// For a drift, the bin that grew most.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub bin: String,
    /// Warnings about the comparison.
    pub warnings: Vec<String>,
    /// Traces to look at.
    pub traces: Vec<Example>,
    /// A statement that shows the cases.
    pub sql: String,
}

/// A trace to look at.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Example {
    /// Trace id.
    pub trace_id: String,
    /// When, local time.
    pub time: String,
    /// What is wrong with it.
    pub what: String,
    /// Start of the redacted output; empty when the report's content is `none`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub preview: String,
}

/// One distribution against its reference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DriftLine {
    /// Workflow and prompt.
    pub subject: Subject,
    /// Which distribution.
    pub what: String,
    /// Population stability index.
    pub psi: f64,
    /// p-value (two-sample chi-squared at the effective counts).
    pub p: f64,
    /// Adjusted for every comparison of the report.
    pub p_adjusted: f64,
    /// Effective observations: reference, week.
    pub n: (u64, u64),
    /// Whether it is reported as drift.
    pub flagged: bool,
    /// Shares by bin: name, reference, week.
    pub shares: Vec<(String, f64, f64)>,
}

/// A value with its interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Value.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Observations.
    pub n: u64,
    /// Effective observations.
    pub effective_n: u64,
}

/// One workflow.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WorkflowSection {
    /// Workflow.
    pub workflow: String,
    /// Traces of the week.
    pub traces: u64,
    /// Traces of the week before.
    pub traces_before: u64,
    /// Traces a day.
    pub spark_traces: Vec<Option<f64>>,
    /// Quality a day: faithfulness, else parse success.
    pub spark_quality: Vec<Option<f64>>,
    /// What `spark_quality` shows.
    pub quality_name: String,
    /// Cost per successful trace a day.
    pub spark_cost: Vec<Option<f64>>,
    /// Workflow-wide metrics.
    pub totals: BTreeMap<String, Estimate>,
    /// One line a prompt version.
    pub versions: Vec<VersionLine>,
    /// One line a tool, guardrail, index version or reranker.
    pub parts: Vec<PartLine>,
    /// Last trace of the workflow, when it has fallen silent.
    pub silent_since: Option<String>,
}

/// One prompt version in the week.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct VersionLine {
    /// Prompt name.
    pub prompt: String,
    /// Version.
    pub version: String,
    /// Models.
    pub models: String,
    /// Leaf calls.
    pub calls: u64,
    /// Metrics by id.
    pub metrics: BTreeMap<String, Estimate>,
    /// Tenth percentile of faithfulness.
    pub faithfulness_p10: Option<f64>,
    /// Answers with a stored faithfulness / answers that could have one.
    pub coverage: Option<f64>,
    /// Median latency, milliseconds.
    pub latency_p50: Option<f64>,
    /// 95th percentile.
    pub latency_p95: Option<f64>,
    /// Outcome against the week before by metric, only what is flagged.
    pub flags: BTreeMap<String, Outcome>,
}

/// One tool, guardrail, index version or reranker.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PartLine {
    /// Metric id.
    pub metric: String,
    /// Name.
    pub part: String,
    /// Version, for an index.
    pub version: String,
    /// The week.
    pub now: Estimate,
    /// The week before.
    pub before: Option<f64>,
    /// Outcome.
    pub outcome: Option<Outcome>,
}

/// Whether the data can be trusted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Health {
    /// Named counts.
    pub counts: BTreeMap<String, u64>,
    /// Rejected input by code.
    pub rejected: BTreeMap<String, u64>,
    /// Values removed by redaction, by class: week, week before.
    pub redactions: BTreeMap<String, (u64, u64)>,
    /// Redaction policies of the week.
    pub policies: Vec<String>,
    /// Evaluators: answers scored in the week and before.
    pub evaluators: BTreeMap<String, (u64, u64)>,
    /// What a reader must know.
    pub warnings: Vec<String>,
}

/// How the report was computed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Method {
    /// Level.
    pub alpha: f64,
    /// Comparisons in the family.
    pub comparisons: u64,
    /// Comparisons not made for lack of data.
    pub too_little_data: u64,
    /// Paragraphs.
    pub notes: Vec<String>,
}

/// A command to copy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NextStep {
    /// What for.
    pub why: String,
    /// Command.
    pub command: String,
}
