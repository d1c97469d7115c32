//! `intent_classification`: one small call with a JSON answer.

use super::super::{
    call::{Exchange, Message, call},
    conventions::langfuse::identify,
    corpus::{
        invoices::damage,
        tickets::{self, INTENTS},
    },
    dice::nth,
    faults::{Fault, rate},
    otlp::SpanWriter,
    people::{GPT_4O_MINI, GPT_41_MINI},
    trace::{Plan, Service, Trace, World},
};
use super::{conclude, models, spill};

const APP: (Service, &str) = (Service::IntentRouter, "langfuse-sdk");
/// The intent that gains weight in `slow_drift`.
const DRIFTING: &str = "complaint";

pub(super) fn write(world: &World, plan: &Plan, trace: &mut Trace) {
    let start = plan.start_nanos();
    let root = trace.span_id();
    let has_drift = world.faults.has(Fault::SlowDrift);
    let drift = if has_drift { world.calendar.drift(plan.start) } else { 0.0 };
    let weights = INTENTS.iter().map(|(name, weight, _)| {
        if *name == DRIFTING { weight + drift * rate::DRIFT_WEIGHT } else { *weight }
    });
    let intent = trace.dice.weighted(weights);
    let asides = trace.dice.log_normal(2.2 * (1.0 + drift * rate::DRIFT_LENGTH), 0.35) as usize;
    let mut message = tickets::message(&mut trace.dice, intent, asides);
    spill(world, plan, trace, &mut message);

    let (name, ..) = *nth(&INTENTS, intent as u64);
    let is_right = trace.dice.chance(0.94);
    let said =
        if is_right { name } else { nth(&INTENTS, intent as u64 + 1 + trace.dice.bits() % 7).0 };
    let confidence = trace.dice.range(if is_right { 80 } else { 55 }, 99);
    let mut json =
        format!("{{\"intent\":\"{said}\",\"confidence\":0.{confidence},\"language\":\"en\"}}");
    let is_broken = trace.dice.chance(rate::PARSE);
    let is_cut = is_broken && damage(&mut json, &mut trace.dice);

    let (model, fallback) = models(plan, &GPT_41_MINI, &GPT_4O_MINI);
    let exchange = Exchange {
        model,
        fallback,
        input: &[Message::User(["Message: ", &message].concat())],
        output: Message::Assistant(json.clone()),
        finish: if is_cut { "length" } else { "stop" },
        variable: None,
        tools: None,
        streaming: false,
    };
    let first = start + trace.nanos(0.003, 0.4);
    let outcome = call(world, plan, trace, &root, first, &exchange);
    let writer = SpanWriter::new("route-message", 1, start, outcome.end + 1_000_000);
    let mut writer = identify(writer, "chain", plan)
        .text("langfuse.observation.input", message)
        .flag("langfuse.internal.is_app_root", true);
    if outcome.failure.is_none() {
        writer = writer.text("langfuse.observation.output", json);
        trace.truth.answers += 1;
        trace.truth.json_outputs += 1;
        trace.truth.parse_failures += u64::from(is_broken);
        trace.judge(&outcome.span_id, outcome.end, "correctness", is_right && !is_broken);
    }
    trace.push(APP, &root, &[], conclude(writer, &outcome));
}
