//! The metrics that versions and weeks are compared by, what counts as a change worth reporting, and
//! how a change is judged. One place, so that the report, SQL and alerts say the same.

mod change;

pub use change::Verdict;

use serde::{Deserialize, Serialize};

/// How a metric's values are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Share of observations, shown in per cent.
    Rate,
    /// Score between 0 and 1.
    Score,
    /// US dollars.
    Usd,
    /// Milliseconds (stored as the mean of the natural logarithm: a geometric mean).
    Milliseconds,
}

/// Which way is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    /// Lower values.
    Lower,
    /// Higher values.
    Higher,
}

/// How soon somebody should act; the classes of the alert defaults.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// At once.
    Page,
    /// In business hours.
    Notify,
    /// In the weekly review.
    Review,
}

/// A metric's settings.
#[derive(Debug)]
pub struct Metric {
    /// Name in SQL.
    pub id: &'static str,
    /// Name in headings.
    pub title: &'static str,
    /// Unit.
    pub unit: Unit,
    /// Which way is better.
    pub better: Better,
    /// Smallest change worth reporting: absolute for rates and scores, relative (0.2 = 20 %) for
    /// money and time.
    pub minimum: f64,
    /// Non-inferiority margin for "not worse", same scale.
    pub margin: f64,
    /// Severity of a change for the worse.
    pub severity: Severity,
    /// Metrics of one theme have one cause more often than not and are told as one finding.
    pub theme: &'static str,
    /// Definition, one line.
    pub definition: &'static str,
}

macro_rules! metrics {
    ($($id:ident $unit:ident $better:ident $minimum:literal $margin:literal $severity:ident $theme:literal $title:literal $definition:literal;)+) => {
        /// Every metric, in the order of the report.
        pub const METRICS: &[Metric] = &[$(Metric {
            id: stringify!($id), title: $title, unit: Unit::$unit, better: Better::$better,
            minimum: $minimum, margin: $margin, severity: Severity::$severity, theme: $theme,
            definition: $definition,
        },)+];
    };
}

// The minimum effects follow the starting thresholds of the alert defaults where there is one
// (cost +20 %, tool arguments 5 %), else a change that one reviewer of 50 answers would notice.
metrics! {
    parse_failure     Rate  Lower  0.02 0.01 Notify "format"     "JSON parse failures"    "strict JSON status not ok / answers where JSON is expected";
    schema_pass       Rate  Higher 0.02 0.01 Notify "format"     "schema pass"            "valid / (valid + invalid); an unparseable answer is invalid";
    faithfulness      Score Higher 0.03 0.02 Notify "grounding"  "faithfulness"           "mean stored score of answers with known contexts, refusals excluded";
    grounded          Rate  Higher 0.05 0.02 Notify "grounding"  "grounded answers"       "score at or above the profile's threshold / scored answers";
    citation_validity Score Higher 0.03 0.02 Notify "grounding"  "citation validity"      "in-range markers / markers, mean over answers that cite";
    refusal           Rate  Lower  0.03 0.02 Notify "refusal"    "refusals"               "full and partial refusals / final answers";
    tool_arguments    Rate  Lower  0.02 0.01 Page   "tools"      "tool-argument failures" "arguments that break the tool's schema / calls with a schema";
    guardrail_block   Rate  Higher 0.03 0.02 Page   "guardrail"  "guardrail blocks"       "blocked or modified / guardrail checks; a fall can mean that the filter fails open";
    guardrail_error   Rate  Lower  0.01 0.01 Page   "guardrail"  "guardrail errors"       "checks that ended in an error / guardrail checks";
    empty_retrieval   Rate  Lower  0.03 0.02 Notify "retrieval"  "empty retrievals"       "no document / retrievals that succeeded and report a count";
    rerank_score      Score Higher 0.05 0.03 Notify "retrieval"  "reranker score"         "mean of the best score, one reranker model at a time";
    error             Rate  Lower  0.02 0.01 Notify "errors"     "call errors"            "failed leaf calls / leaf calls";
    timeout           Rate  Lower  0.01 0.01 Notify "errors"     "timeouts"               "timed-out leaf calls / leaf calls";
    fallback          Rate  Lower  0.02 0.01 Review "errors"     "fallbacks"              "leaf calls that replaced another model / leaf calls";
    escalation        Rate  Lower  0.03 0.02 Review "escalation" "escalations"            "traces handed to a person / traces";
    cost_per_call     Usd   Lower  0.20 0.10 Notify "cost"       "cost per call"          "US dollars of priced leaf calls / priced leaf calls";
    cost_per_success  Usd   Lower  0.20 0.10 Notify "success_cost"       "cost per successful trace" "US dollars of all traces / successful traces";
    latency           Milliseconds Lower 0.20 0.10 Notify "latency" "latency"             "geometric mean of leaf calls that succeeded";
    success           Rate  Higher 0.03 0.02 Notify "success"    "successful traces"      "root without error, no failed evaluation, no parse failure, not escalated / traces";
    secrets           Rate  Lower  0.01 0.01 Notify "privacy"    "traces with secrets"    "traces in which redaction removed a secret / traces";
}

impl Metric {
    /// Finds a metric by name.
    pub fn find(id: &str) -> Option<&'static Self> {
        METRICS.iter().find(|metric| metric.id == id)
    }

    /// Whether changes are relative (money, time) and not absolute (rates, scores).
    pub fn is_relative(&self) -> bool {
        matches!(self.unit, Unit::Usd | Unit::Milliseconds)
    }

    /// Turns a change of the metric into "for the worse" (positive) or "for the better".
    pub fn harm(&self, change: f64) -> f64 {
        match self.better {
            Better::Lower => change,
            Better::Higher => -change,
        }
    }
}

/// Level of the whole family of comparisons.
pub const ALPHA: f64 = 0.05;
/// Fewest clusters on each side of a comparison; below it the verdict is "too little data".
pub const MINIMUM_CLUSTERS: f64 = 30.0;
/// Fewest events, and fewest non-events, of a rate on both sides together.
pub const MINIMUM_EVENTS: f64 = 8.0;
/// Smallest PSI worth reporting; 0.1 is the customary threshold for one jump, a drift is caught
/// before it gets there.
pub const MINIMUM_PSI: f64 = 0.05;

#[cfg(test)]
mod tests;
