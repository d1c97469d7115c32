//! `ticket_summary`: one call that shortens a ticket.

use super::super::{
    call::{Exchange, Message, call},
    conventions::genai::{self, identify},
    corpus::tickets,
    faults::rate,
    otlp::SpanWriter,
    people::{GPT_41_MINI, HAIKU},
    trace::{Plan, Service, Trace, World},
};
use super::{conclude, models, spill};

const APP: (Service, &str) = (Service::TicketDesk, genai::SCOPE);

pub(super) fn write(world: &World, plan: &Plan, trace: &mut Trace) {
    let start = plan.start_nanos();
    let root = trace.span_id();
    let mut ticket = tickets::ticket(&mut trace.dice);
    spill(world, plan, trace, &mut ticket.text);
    let is_invented = trace.dice.chance(rate::UNFAITHFUL);
    let mut summary = String::with_capacity(420);
    for (index, line) in ticket.summary.iter().enumerate() {
        if index > 0 {
            summary.push(' ');
        }
        if is_invented && index == 1 {
            tickets::invent(&mut summary, &mut trace.dice);
        } else {
            summary.push_str(line);
        }
        summary.push('.');
    }
    let (model, fallback) = models(plan, &GPT_41_MINI, &HAIKU);
    let exchange = Exchange {
        model,
        fallback,
        input: &[Message::User(["Ticket:\n", &ticket.text].concat())],
        output: Message::Assistant(summary.clone()),
        finish: "stop",
        variable: Some(("context", &ticket.text)),
        tools: None,
        streaming: false,
    };
    let first = start + trace.nanos(0.006, 0.5);
    let outcome = call(world, plan, trace, &root, first, &exchange);
    if outcome.failure.is_none() {
        trace.truth.answers += 1;
        trace.truth.grounded_answers += 1;
        trace.truth.unfaithful += u64::from(is_invented);
        trace.judge(&outcome.span_id, outcome.end, "faithfulness", !is_invented);
    }
    let writer =
        SpanWriter::new("invoke_workflow ticket_summary", 1, start, outcome.end + 4_000_000)
            .text("gen_ai.operation.name", "invoke_workflow")
            .text("gen_ai.workflow.name", plan.flow.workflow())
            .text("spanlake.request_type", "handover");
    trace.push(APP, &root, &[], conclude(identify(writer, plan), &outcome));
}
