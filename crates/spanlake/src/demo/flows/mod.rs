//! The five workflows: what one trace of each contains.

mod agent;
mod intent;
mod invoice;
mod summary;
mod support;

use super::{
    call::Outcome,
    corpus::secrets,
    dice::{Dice, Purpose},
    faults::{Fault, rate},
    otlp::SpanWriter,
    people::Model,
    registry::Flow,
    trace::{Plan, Trace, World},
};

/// Writes the trace of a plan.
pub(super) fn write(world: &World, plan: &Plan) -> Trace {
    let mut trace = Trace::new(Dice::new(world.seed, Purpose::Trace, plan.index));
    match plan.flow {
        Flow::Support => support::write(world, plan, &mut trace),
        Flow::Summary => summary::write(world, plan, &mut trace),
        Flow::Intent => intent::write(world, plan, &mut trace),
        Flow::Agent => agent::write(world, plan, &mut trace),
        Flow::Invoice => invoice::write(world, plan, &mut trace),
    }
    trace.truth.traces = 1;
    trace.truth.spans = trace.spans.len() as u64;
    trace
}

/// The model of a session and the one to fall back to: the main one serves most sessions, the other
/// the rest, whoever asks.
fn models(
    plan: &Plan,
    main: &'static Model,
    other: &'static Model,
) -> (&'static Model, &'static Model) {
    if plan.model_lot < 0.68 { (main, other) } else { (other, main) }
}

/// Lets a secret slip into a few inputs.
fn spill(world: &World, plan: &Plan, trace: &mut Trace, input: &mut String) {
    if !world.faults.has(Fault::SecretsInPrompts) {
        return;
    }
    let mut dice = Dice::new(world.seed, Purpose::Fault, plan.index);
    if dice.chance(rate::SECRETS_PLANTED) {
        secrets::leak(input, &mut dice);
        trace.truth.secrets += 1;
    }
}

/// Marks a root span by how its last call ended.
fn conclude(writer: SpanWriter, outcome: &Outcome) -> SpanWriter {
    match outcome.failure {
        Some(failure) => writer.failed(failure.kind, failure.message),
        None => writer.ok(),
    }
}
