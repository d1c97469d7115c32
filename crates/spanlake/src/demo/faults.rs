//! The faults a demo can plant, and when and how strongly each acts.

use std::fmt;

use super::calendar::{Calendar, DAY, HOUR};

/// What can be planted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// A release of `invoice-extractor` whose output fails to parse more often.
    ParseFailures,
    /// A release of `support-answer` that invents facts for one tenant.
    FaithfulnessTenant,
    /// Intents and input lengths that drift over two weeks.
    SlowDrift,
    /// A release of `ticket-summary` with a much longer prompt.
    CostJump,
    /// A release of `order-agent` whose tool arguments break their schema, until it is rolled back.
    ToolArguments,
    /// A guardrail that errs and lets everything through.
    GuardrailOpen,
    /// A new index version that finds nothing, or the wrong documents, more often.
    IndexChange,
    /// A workflow that stops sending.
    SilentWorkflow,
    /// Secrets and personal data in what users type.
    SecretsInPrompts,
    /// Spans that arrive many hours late.
    LateSpans,
    /// Requests sent again after a lost acknowledgement.
    DuplicateSpans,
    /// Spans exported once at their start and again, complete, at their end.
    PartialSpans,
}

impl Fault {
    /// Every fault, in the order of `faults.json`.
    pub const ALL: [Self; 12] = [
        Self::ParseFailures,
        Self::FaithfulnessTenant,
        Self::SlowDrift,
        Self::CostJump,
        Self::ToolArguments,
        Self::GuardrailOpen,
        Self::IndexChange,
        Self::SilentWorkflow,
        Self::SecretsInPrompts,
        Self::LateSpans,
        Self::DuplicateSpans,
        Self::PartialSpans,
    ];

    /// The name on the command line and in `faults.json`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ParseFailures => "parse_failures",
            Self::FaithfulnessTenant => "faithfulness_tenant",
            Self::SlowDrift => "slow_drift",
            Self::CostJump => "cost_jump",
            Self::ToolArguments => "tool_arguments",
            Self::GuardrailOpen => "guardrail_open",
            Self::IndexChange => "index_change",
            Self::SilentWorkflow => "silent_workflow",
            Self::SecretsInPrompts => "secrets_in_prompts",
            Self::LateSpans => "late_spans",
            Self::DuplicateSpans => "duplicate_spans",
            Self::PartialSpans => "partial_spans",
        }
    }
}

/// A selection of faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultSet(u16);

impl FaultSet {
    /// Everything.
    pub const fn all() -> Self {
        Self((1 << Fault::ALL.len()) - 1)
    }

    /// Nothing: a month in which nothing is wrong.
    pub const fn none() -> Self {
        Self(0)
    }

    /// Reads `all`, `none`, or names separated by commas.
    ///
    /// # Errors
    /// Names the first unknown word.
    pub fn parse(text: &str) -> Result<Self, UnknownFault> {
        match text.trim() {
            "all" => return Ok(Self::all()),
            "none" | "" => return Ok(Self::none()),
            _ => {}
        }
        text.split(',').map(str::trim).filter(|name| !name.is_empty()).try_fold(
            Self::none(),
            |set, name| {
                let fault = Fault::ALL.into_iter().find(|fault| fault.name() == name);
                fault.map(|fault| set.with(fault)).ok_or_else(|| UnknownFault(name.to_owned()))
            },
        )
    }

    /// This selection and one more fault.
    #[must_use]
    pub const fn with(self, fault: Fault) -> Self {
        Self(self.0 | 1 << fault as u16)
    }

    /// Whether a fault is selected.
    pub const fn has(self, fault: Fault) -> bool {
        self.0 & 1 << fault as u16 != 0
    }
}

impl Default for FaultSet {
    fn default() -> Self {
        Self::all()
    }
}

impl std::str::FromStr for FaultSet {
    type Err = UnknownFault;

    fn from_str(text: &str) -> Result<Self, UnknownFault> {
        Self::parse(text)
    }
}

/// A word that names no fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownFault(pub String);

impl fmt::Display for UnknownFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown fault `{}`; known are all, none", self.0)?;
        Fault::ALL.iter().try_for_each(|fault| write!(f, ", {}", fault.name()))
    }
}

impl std::error::Error for UnknownFault {}

/// How often things go wrong anyway, and how often where a fault acts; shares of the calls in scope.
pub(super) mod rate {
    /// JSON outputs that are not strict JSON.
    pub(crate) const PARSE: f64 = 0.02;
    pub(crate) const PARSE_PLANTED: f64 = 0.09;
    /// Answers with an invented sentence.
    pub(crate) const UNFAITHFUL: f64 = 0.03;
    pub(crate) const UNFAITHFUL_PLANTED: f64 = 0.38;
    /// Tool calls whose arguments break their schema.
    pub(crate) const TOOL_ARGUMENTS: f64 = 0.01;
    pub(crate) const TOOL_ARGUMENTS_PLANTED: f64 = 0.28;
    /// Guardrail checks that err and let the input through; zero otherwise.
    pub(crate) const GUARDRAIL_OPEN_PLANTED: f64 = 0.45;
    /// Retrievals that find nothing.
    pub(crate) const EMPTY: f64 = 0.012;
    pub(crate) const EMPTY_PLANTED: f64 = 0.09;
    /// Retrievals whose documents are about something else.
    pub(crate) const WRONG: f64 = 0.01;
    pub(crate) const WRONG_PLANTED: f64 = 0.12;
    /// Inputs that carry a secret or personal data.
    pub(crate) const SECRETS_PLANTED: f64 = 0.008;
    /// Spans that travel late, requests sent twice, agent runs exported at their start too.
    pub(crate) const LATE_PLANTED: f64 = 0.005;
    pub(crate) const DUPLICATE_PLANTED: f64 = 0.01;
    pub(crate) const PARTIAL_PLANTED: f64 = 0.04;
    /// The weight that the drifting intent gains, and how much longer inputs are, at the end.
    pub(crate) const DRIFT_WEIGHT: f64 = 0.34;
    pub(crate) const DRIFT_LENGTH: f64 = 0.9;
}

/// Days over which `slow_drift` grows.
const DRIFT_DAYS: i64 = 14;

/// The windows in which faults act.
impl Calendar {
    pub(super) fn window(&self, fault: Fault) -> (i64, i64) {
        match fault {
            Fault::ParseFailures => (self.weekday(0, 10), self.end),
            Fault::FaithfulnessTenant => (self.weekday(0, 9), self.end),
            Fault::SlowDrift => (self.weekday(7, 0) - DRIFT_DAYS * DAY, self.end),
            Fault::CostJump => (self.weekday(1, 10), self.end),
            Fault::ToolArguments => (self.weekday(1, 9), self.weekday(2, 21)),
            Fault::GuardrailOpen => (self.weekday(3, 9), self.weekday(3, 19)),
            Fault::IndexChange => (self.weekday(2, 8), self.end),
            Fault::SilentWorkflow => (self.weekday(4, 13), self.end),
            Fault::SecretsInPrompts
            | Fault::LateSpans
            | Fault::DuplicateSpans
            | Fault::PartialSpans => (self.start, self.end),
        }
    }

    /// Whether a fault's window holds an instant.
    pub(super) fn acts(&self, fault: Fault, time: i64) -> bool {
        let (from, to) = self.window(fault);
        from <= time && time < to
    }

    /// How far `slow_drift` has gone, 0 to 1.
    pub(super) fn drift(&self, time: i64) -> f64 {
        let (from, _) = self.window(Fault::SlowDrift);
        ((time - from) as f64 / (DRIFT_DAYS * 24 * HOUR) as f64).clamp(0.0, 1.0)
    }
}
