//! How spans travel: batched per kind of sender in the order of their end, some late, twice or in
//! parts when planted. A simulation of events in time, so that only what is under way is held.

use std::{cmp::Ordering, collections::BinaryHeap};

use opentelemetry_proto::tonic::{
    collector::{logs::v1::ExportLogsServiceRequest, trace::v1::ExportTraceServiceRequest},
    common::v1::InstrumentationScope,
    logs::v1::{LogRecord, ResourceLogs, ScopeLogs},
    resource::v1::Resource,
    trace::v1::{ResourceSpans, ScopeSpans, Span},
};
use prost::Message;

use super::{
    DemoRequest, SPANS_PER_TRACE, Signal,
    calendar::{DAY, HOUR, MINUTE, SECOND},
    dice::{Dice, Purpose},
    faults::{Fault, rate},
    flows,
    otlp::{double, text},
    registry::Flow,
    sessions::Plans,
    trace::{Emitted, Judgement, Plan, Service, World},
    truth::{Truth, TruthKey, TruthTable},
};

/// Spans after which an SDK's batch exporter sends at once.
const BATCH_MAX: usize = 512;
/// Spans that a batch should have gathered when its time is up.
const BATCH_AIM: f64 = 300.0;

/// The requests of a demo in the order of their receipt.
pub struct Requests<'d> {
    world: &'d World,
    plans: Plans,
    next: Option<Plan>,
    due: BinaryHeap<Due>,
    sequence: u64,
    batches: [Batch; 2],
    logs: Vec<Record>,
    /// Microseconds that a batch waits before it is sent.
    window: i64,
    transport: Dice,
    truth: TruthTable,
}

struct Due {
    at: i64,
    sequence: u64,
    event: Event,
}

enum Event {
    Span(Box<Travelling>),
    Log(Box<Record>),
    /// A batch's time is up, unless it has been sent since.
    Flush(usize, u64),
    FlushLogs,
    Resend(Signal, Vec<u8>),
}

struct Travelling {
    origin: Origin,
    scope: &'static str,
    span: Span,
}

struct Record {
    environment: &'static str,
    record: LogRecord,
}

/// What the resource attributes are made of.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Origin {
    service: Service,
    environment: &'static str,
    /// Only where the tenant is a resource attribute.
    tenant: Option<&'static str>,
    /// Week of the month, which is also the train of code releases.
    week: i64,
}

/// Spans of one instrumentation scope.
type Scoped = (&'static str, Vec<Span>);

#[derive(Default)]
struct Batch {
    groups: Vec<(Origin, Vec<Scoped>)>,
    spans: usize,
    generation: u64,
}

impl Due {
    fn order(&self) -> (i64, u64) {
        (self.at, self.sequence)
    }
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        self.order() == other.order()
    }
}

impl Eq for Due {}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Due {
    /// The earliest is the greatest, as the heap gives out the greatest.
    fn cmp(&self, other: &Self) -> Ordering {
        other.order().cmp(&self.order())
    }
}

impl<'d> Requests<'d> {
    pub(super) fn new(world: &'d World, traces: u64) -> Self {
        let seconds = (world.calendar.end - world.calendar.start) as f64 / SECOND as f64;
        let spans_per_second = traces as f64 * SPANS_PER_TRACE / seconds;
        let window = (BATCH_AIM / spans_per_second.max(1e-9) * SECOND as f64) as i64;
        let mut plans = Plans::new(traces);
        let next = plans.next(world);
        Self {
            world,
            plans,
            next,
            due: BinaryHeap::new(),
            sequence: 0,
            batches: Default::default(),
            logs: Vec::new(),
            window: window.clamp(5 * SECOND, 2 * HOUR),
            transport: Dice::new(world.seed, Purpose::Transport, 0),
            truth: TruthTable::new(),
        }
    }

    /// What was generated so far.
    pub fn truth(&self) -> &TruthTable {
        &self.truth
    }

    fn plant(&mut self, fault: Fault, probability: f64) -> bool {
        self.world.faults.has(fault) && self.transport.chance(probability)
    }

    fn schedule(&mut self, at: i64, event: Event) {
        self.due.push(Due { at, sequence: self.sequence, event });
        self.sequence += 1;
    }

    /// Generates a trace and puts its spans and judgements on their way.
    fn start(&mut self, plan: &Plan) {
        let trace = flows::write(self.world, plan);
        let mut truth = trace.truth;
        let is_partial =
            plan.flow == Flow::Agent && self.plant(Fault::PartialSpans, rate::PARTIAL_PLANTED);
        for emitted in trace.spans {
            let Emitted { service, scope, span } = emitted;
            let origin = Origin {
                service,
                environment: plan.environment,
                tenant: (plan.flow == Flow::Invoice).then_some(plan.tenant.id),
                week: (plan.start - self.world.calendar.start) / (7 * DAY),
            };
            if is_partial && span.parent_span_id.is_empty() {
                truth.partial_spans += 1;
                let (at, span) = (plan.start + 2 * SECOND, started(&span));
                self.schedule(at, Event::Span(Box::new(Travelling { origin, scope, span })));
            }
            let end = (span.end_time_unix_nano / 1000) as i64;
            let late = end + self.transport.range(6 * 60, 40 * 60) * MINUTE;
            let is_late =
                self.plant(Fault::LateSpans, rate::LATE_PLANTED) && late < self.world.calendar.end;
            truth.late_spans += u64::from(is_late);
            let at = if is_late { late } else { end };
            self.schedule(at, Event::Span(Box::new(Travelling { origin, scope, span })));
        }
        for judgement in trace.judgements {
            if judgement.time < self.world.calendar.end {
                let record = record(plan, &trace.id, judgement);
                self.schedule(
                    (record.record.time_unix_nano / 1000) as i64,
                    Event::Log(Box::new(record)),
                );
            } else {
                truth.evals -= 1;
            }
        }
        let key = TruthKey {
            workflow: plan.flow.workflow(),
            prompt_version: plan.version(),
            tenant: plan.tenant.id,
            last_week: plan.start >= self.world.calendar.week,
        };
        self.truth.entry(key).or_default().add(&truth);
    }

    fn gather(&mut self, at: i64, travelling: Travelling) -> Option<DemoRequest> {
        let sender = usize::from(travelling.origin.service.is_backend());
        let window = self.window;
        let batch = self.batches.get_mut(sender)?;
        let is_first = batch.spans == 0;
        batch.add(travelling);
        let (generation, is_full) = (batch.generation, batch.spans >= BATCH_MAX);
        if is_full {
            return self.flush(at, sender);
        }
        if is_first {
            self.schedule(at + window, Event::Flush(sender, generation));
        }
        None
    }

    fn flush(&mut self, at: i64, sender: usize) -> Option<DemoRequest> {
        let body = self.batches.get_mut(sender)?.take().encode_to_vec();
        if self.plant(Fault::DuplicateSpans, rate::DUPLICATE_PLANTED) {
            let delay = self.transport.range(5, 90) * SECOND;
            self.schedule(at + delay, Event::Resend(Signal::Traces, body.clone()));
        }
        Some(DemoRequest { received: at, signal: Signal::Traces, body })
    }

    fn flush_logs(&mut self, at: i64) -> DemoRequest {
        let mut resource_logs: Vec<ResourceLogs> = Vec::new();
        for environment in ["production", "staging"] {
            let records: Vec<_> = self
                .logs
                .extract_if(.., |record| record.environment == environment)
                .map(|record| record.record)
                .collect();
            if !records.is_empty() {
                resource_logs.push(log_group(environment, records));
            }
        }
        let body = ExportLogsServiceRequest { resource_logs }.encode_to_vec();
        DemoRequest { received: at, signal: Signal::Logs, body }
    }
}

impl Iterator for Requests<'_> {
    type Item = DemoRequest;

    fn next(&mut self) -> Option<DemoRequest> {
        loop {
            while let Some(plan) =
                self.next.take_if(|plan| self.due.peek().is_none_or(|first| plan.start <= first.at))
            {
                self.start(&plan);
                self.next = self.plans.next(self.world);
            }
            let Due { at, event, .. } = self.due.pop()?;
            let request = match event {
                Event::Span(travelling) => self.gather(at, *travelling),
                Event::Flush(sender, generation) => {
                    let batch = self.batches.get(sender)?;
                    let is_open = batch.generation == generation && batch.spans > 0;
                    if is_open { self.flush(at, sender) } else { None }
                }
                Event::Log(record) => {
                    if self.logs.is_empty() {
                        self.schedule(at + self.window, Event::FlushLogs);
                    }
                    self.logs.push(*record);
                    None
                }
                Event::FlushLogs => Some(self.flush_logs(at)),
                Event::Resend(signal, body) => Some(DemoRequest { received: at, signal, body }),
            };
            if request.is_some() {
                return request;
            }
        }
    }
}

impl Batch {
    fn add(&mut self, travelling: Travelling) {
        let Travelling { origin, scope, span } = travelling;
        self.spans += 1;
        if !self.groups.iter().any(|(known, _)| *known == origin) {
            self.groups.push((origin, Vec::new()));
        }
        let group = self.groups.iter_mut().find(|(known, _)| *known == origin);
        let Some((_, scopes)) = group else {
            return;
        };
        match scopes.iter_mut().find(|(known, _)| *known == scope) {
            Some((_, spans)) => spans.push(span),
            None => scopes.push((scope, vec![span])),
        }
    }

    /// The request of what was gathered; the batch is empty afterwards.
    fn take(&mut self) -> ExportTraceServiceRequest {
        self.spans = 0;
        self.generation += 1;
        let resource_spans = self
            .groups
            .drain(..)
            .map(|(origin, scopes)| ResourceSpans {
                resource: Some(origin.resource()),
                scope_spans: scopes
                    .into_iter()
                    .map(|(name, spans)| ScopeSpans {
                        scope: Some(scope(name)),
                        spans,
                        schema_url: String::new(),
                    })
                    .collect(),
                schema_url: String::new(),
            })
            .collect();
        ExportTraceServiceRequest { resource_spans }
    }
}

impl Origin {
    fn resource(&self) -> Resource {
        let mut attributes = vec![
            text("service.name", self.service.name()),
            text("service.version", format!("2026.{}", 22 + self.week)),
            text("deployment.environment.name", self.environment),
            text("telemetry.sdk.language", "python"),
            text("telemetry.sdk.name", "opentelemetry"),
        ];
        if let Some(tenant) = self.tenant {
            attributes.push(text("tenant.id", tenant));
        }
        Resource { attributes, ..Resource::default() }
    }
}

fn scope(name: &str) -> InstrumentationScope {
    InstrumentationScope { name: name.to_owned(), ..InstrumentationScope::default() }
}

/// The span as it stood right after its start.
fn started(span: &Span) -> Span {
    Span {
        trace_id: span.trace_id.clone(),
        span_id: span.span_id.clone(),
        parent_span_id: span.parent_span_id.clone(),
        name: span.name.clone(),
        kind: span.kind,
        flags: span.flags,
        start_time_unix_nano: span.start_time_unix_nano,
        attributes: span
            .attributes
            .iter()
            .filter(|attribute| {
                matches!(
                    attribute.key.as_str(),
                    "gen_ai.operation.name"
                        | "gen_ai.agent.name"
                        | "gen_ai.conversation.id"
                        | "spanlake.workflow"
                        | "spanlake.tenant"
                )
            })
            .cloned()
            .collect(),
        ..Span::default()
    }
}

fn record(plan: &Plan, trace_id: &[u8], judgement: Judgement) -> Record {
    let nanos = (judgement.time * 1000) as u64;
    let record = LogRecord {
        time_unix_nano: nanos,
        observed_time_unix_nano: nanos,
        trace_id: trace_id.to_vec(),
        span_id: judgement.span_id,
        event_name: "gen_ai.evaluation.result".to_owned(),
        attributes: vec![
            text("gen_ai.evaluation.name", judgement.name),
            double("gen_ai.evaluation.score.value", judgement.score),
            text("gen_ai.evaluation.score.label", judgement.label),
            text("gen_ai.evaluation.explanation", judgement.explanation),
            text("gen_ai.evaluation.evaluator.type", judgement.evaluator_type),
            text("gen_ai.evaluation.evaluator.name", judgement.evaluator),
            text("spanlake.evaluator_version", "1"),
            text("spanlake.tenant", plan.tenant.id),
            text("spanlake.workflow", plan.flow.workflow()),
        ],
        ..LogRecord::default()
    };
    Record { environment: plan.environment, record }
}

fn log_group(environment: &str, log_records: Vec<LogRecord>) -> ResourceLogs {
    let attributes = vec![
        text("service.name", "quality-review"),
        text("deployment.environment.name", environment),
    ];
    ResourceLogs {
        resource: Some(Resource { attributes, ..Resource::default() }),
        scope_logs: vec![ScopeLogs {
            scope: Some(scope("quality-review")),
            log_records,
            schema_url: String::new(),
        }],
        schema_url: String::new(),
    }
}

impl Truth {
    fn add(&mut self, other: &Self) {
        let Self {
            traces,
            spans,
            answers,
            input_tokens,
            json_outputs,
            parse_failures,
            grounded_answers,
            unfaithful,
            tool_calls,
            tool_argument_failures,
            guardrail_checks,
            guardrail_open,
            retrievals,
            empty_retrievals,
            wrong_retrievals,
            refusals,
            failed_calls,
            secrets,
            evals,
            late_spans,
            partial_spans,
        } = self;
        for (sum, more) in [
            (traces, other.traces),
            (spans, other.spans),
            (answers, other.answers),
            (input_tokens, other.input_tokens),
            (json_outputs, other.json_outputs),
            (parse_failures, other.parse_failures),
            (grounded_answers, other.grounded_answers),
            (unfaithful, other.unfaithful),
            (tool_calls, other.tool_calls),
            (tool_argument_failures, other.tool_argument_failures),
            (guardrail_checks, other.guardrail_checks),
            (guardrail_open, other.guardrail_open),
            (retrievals, other.retrievals),
            (empty_retrievals, other.empty_retrievals),
            (wrong_retrievals, other.wrong_retrievals),
            (refusals, other.refusals),
            (failed_calls, other.failed_calls),
            (secrets, other.secrets),
            (evals, other.evals),
            (late_spans, other.late_spans),
            (partial_spans, other.partial_spans),
        ] {
            *sum += more;
        }
    }
}
