//! One trace in the making: who asked, which version answers, and the spans so far.

use opentelemetry_proto::tonic::trace::v1::Span;

use super::{
    calendar::{Calendar, MINUTE, SECOND},
    dice::Dice,
    faults::{Fault, FaultSet},
    otlp::SpanWriter,
    people::Tenant,
    registry::{Flow, Version},
    templates,
    truth::Truth,
};

/// What stays the same for the whole month.
pub(super) struct World {
    pub(super) calendar: Calendar,
    pub(super) faults: FaultSet,
    pub(super) seed: u64,
    /// System prompt of each flow's versions.
    systems: Vec<Vec<String>>,
    templates: Vec<Vec<String>>,
}

impl World {
    pub(super) fn new(calendar: Calendar, faults: FaultSet, seed: u64) -> Self {
        let table = |text: fn(Flow, &str, FaultSet) -> String| {
            let row = |flow: Flow| {
                flow.versions().iter().map(|version| text(flow, version.name, faults)).collect()
            };
            Flow::ALL.into_iter().map(row).collect()
        };
        let (systems, templates) = (table(templates::system), table(templates::template));
        Self { calendar, faults, seed, systems, templates }
    }

    pub(super) fn system(&self, plan: &Plan) -> &str {
        lookup(&self.systems, plan)
    }

    pub(super) fn template(&self, plan: &Plan) -> &str {
        lookup(&self.templates, plan)
    }

    /// `planted` where the fault acts on this trace, else `base`.
    pub(super) fn rate(&self, fault: Fault, plan: &Plan, base: f64, planted: f64) -> f64 {
        if self.faults.has(fault) && self.calendar.acts(fault, plan.start) { planted } else { base }
    }
}

fn lookup<'t>(table: &'t [Vec<String>], plan: &Plan) -> &'t str {
    table.get(plan.flow as usize).and_then(|row| row.get(plan.version_index)).map_or("", |t| t)
}

/// The circumstances of one trace.
#[derive(Clone)]
pub(super) struct Plan {
    /// Number of the trace.
    pub(super) index: u64,
    pub(super) flow: Flow,
    pub(super) tenant: &'static Tenant,
    pub(super) environment: &'static str,
    pub(super) user: String,
    pub(super) session: String,
    /// Draw that decides which of two live versions serves the session.
    pub(super) lot: f64,
    /// Which of the flow's models serves the session.
    pub(super) model_lot: f64,
    /// Microseconds, UTC.
    pub(super) start: i64,
    pub(super) version_index: usize,
}

impl Plan {
    pub(super) fn version(&self) -> &'static str {
        self.flow.versions().get(self.version_index).map_or("", |version: &Version| version.name)
    }

    /// Whether the newest version of the prompt serves this trace.
    pub(super) fn is_newest(&self) -> bool {
        self.version_index + 1 == self.flow.versions().len()
    }

    /// Start in nanoseconds.
    pub(super) fn start_nanos(&self) -> i64 {
        self.start * 1000
    }
}

/// A process that exports spans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Service {
    SupportApi,
    Retrieval,
    TicketDesk,
    IntentRouter,
    OrderAgent,
    OrderTools,
    DocumentIntake,
}

impl Service {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::SupportApi => "support-api",
            Self::Retrieval => "retrieval",
            Self::TicketDesk => "ticket-desk",
            Self::IntentRouter => "intent-router",
            Self::OrderAgent => "order-agent",
            Self::OrderTools => "order-tools",
            Self::DocumentIntake => "document-intake",
        }
    }

    /// Whether its spans travel apart from those of the applications that call it.
    pub(super) const fn is_backend(self) -> bool {
        matches!(self, Self::Retrieval | Self::OrderTools)
    }
}

/// A finished span and where it comes from.
pub(super) struct Emitted {
    pub(super) service: Service,
    pub(super) scope: &'static str,
    pub(super) span: Span,
}

/// A judgement on a span, sent as a log record.
pub(super) struct Judgement {
    pub(super) time: i64,
    pub(super) span_id: Vec<u8>,
    pub(super) name: &'static str,
    pub(super) score: f64,
    pub(super) label: &'static str,
    pub(super) explanation: &'static str,
    /// `model` or `human`.
    pub(super) evaluator_type: &'static str,
    pub(super) evaluator: &'static str,
}

/// A trace being written.
pub(super) struct Trace {
    pub(super) id: Vec<u8>,
    pub(super) dice: Dice,
    pub(super) spans: Vec<Emitted>,
    pub(super) judgements: Vec<Judgement>,
    pub(super) truth: Truth,
}

impl Trace {
    pub(super) fn new(mut dice: Dice) -> Self {
        let id = dice.id::<16>();
        let (spans, judgements, truth) = (Vec::new(), Vec::new(), Truth::default());
        Self { id, dice, spans, judgements, truth }
    }

    pub(super) fn span_id(&mut self) -> Vec<u8> {
        self.dice.id::<8>()
    }

    /// Finishes a span.
    pub(super) fn push(
        &mut self,
        (service, scope): (Service, &'static str),
        span_id: &[u8],
        parent: &[u8],
        writer: SpanWriter,
    ) {
        let mut span = writer.0;
        span.trace_id.clone_from(&self.id);
        span.span_id = span_id.to_vec();
        span.parent_span_id = parent.to_vec();
        self.spans.push(Emitted { service, scope, span });
    }

    /// Nanoseconds drawn around a median of seconds.
    pub(super) fn nanos(&mut self, median_s: f64, sigma: f64) -> i64 {
        (self.dice.log_normal(median_s, sigma) * 1e9) as i64 + 1
    }

    /// Has a few answers judged, by a model soon or by a person some time later.
    pub(super) fn judge(&mut self, span_id: &[u8], ended: i64, name: &'static str, is_good: bool) {
        if !self.dice.chance(0.05) {
            return;
        }
        let ended = ended / 1000;
        let is_human = self.dice.chance(0.4);
        let agrees = self.dice.chance(if is_human { 0.93 } else { 0.9 });
        let verdict = is_good == agrees;
        let delay = match (is_human, self.dice.chance(0.3)) {
            (false, _) => self.dice.range(2, 90) * SECOND,
            (true, false) => self.dice.range(1, 40) * MINUTE,
            (true, true) => self.dice.range(24 * 60, 4 * 24 * 60) * MINUTE,
        };
        let score = match (is_human, verdict) {
            (true, true) => 1.0,
            (true, false) => 0.0,
            (false, true) => (self.dice.log_normal(0.93, 0.04) * 100.0).round().min(100.0) / 100.0,
            (false, false) => (self.dice.log_normal(0.44, 0.2) * 100.0).round().min(69.0) / 100.0,
        };
        self.truth.evals += 1;
        self.judgements.push(Judgement {
            time: ended + delay,
            span_id: span_id.to_vec(),
            name: if is_human { "helpfulness" } else { name },
            score,
            label: if verdict { "pass" } else { "fail" },
            explanation: if verdict {
                "every statement is supported"
            } else {
                "a statement lacks support"
            },
            evaluator_type: if is_human { "human" } else { "model" },
            evaluator: if is_human { "reviewers" } else { "judge-gpt-4o" },
        });
    }
}
