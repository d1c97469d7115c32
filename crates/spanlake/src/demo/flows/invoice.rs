//! `invoice_extraction`: one call that reads an invoice into JSON, and the parser behind it.

use super::super::{
    call::{Exchange, Message, call},
    conventions::openllmetry::entity,
    corpus::invoices,
    faults::{Fault, rate},
    otlp::{SpanWriter, quote},
    people::{GPT_4O, HAIKU},
    trace::{Plan, Service, Trace, World},
};
use super::{conclude, models, spill};

const APP: (Service, &str) = (Service::DocumentIntake, "traceloop.tracer");

pub(super) fn write(world: &World, plan: &Plan, trace: &mut Trace) {
    let start = plan.start_nanos();
    let root = trace.span_id();
    let mut invoice = invoices::invoice(&mut trace.dice);
    spill(world, plan, trace, &mut invoice.text);
    let planted = if plan.is_newest() { rate::PARSE_PLANTED } else { rate::PARSE };
    let broken = world.rate(Fault::ParseFailures, plan, rate::PARSE, planted);
    let is_broken = trace.dice.chance(broken);
    let is_cut = is_broken && invoices::damage(&mut invoice.json, &mut trace.dice);

    let (model, fallback) = models(plan, &GPT_4O, &HAIKU);
    let exchange = Exchange {
        model,
        fallback,
        input: &[Message::User(["Invoice:\n", &invoice.text].concat())],
        output: Message::Assistant(invoice.json.clone()),
        finish: if is_cut { "length" } else { "stop" },
        variable: None,
        tools: None,
        streaming: false,
    };
    let first = start + trace.nanos(0.012, 0.4);
    let outcome = call(world, plan, trace, &root, first, &exchange);
    let mut end = outcome.end;
    if outcome.failure.is_none() {
        trace.truth.answers += 1;
        trace.truth.json_outputs += 1;
        trace.truth.parse_failures += u64::from(is_broken);
        trace.judge(&outcome.span_id, outcome.end, "correctness", !is_broken);
        end = parse(plan, trace, &root, end, is_broken);
    }
    let mut input = String::from("{\"args\":[");
    quote(&mut input, &format!("upload-{}", plan.index));
    input.push_str("],\"kwargs\":{}}");
    let writer = SpanWriter::new("invoice_extraction.workflow", 1, start, end + 3_000_000);
    let writer = entity(writer, "workflow", "invoice_extraction", plan)
        .text("traceloop.entity.input", input)
        .text("spanlake.request_type", "supplier-invoice");
    trace.push(APP, &root, &[], conclude(writer, &outcome));
}

/// The parser that runs on the output; returns when it ended.
fn parse(plan: &Plan, trace: &mut Trace, root: &[u8], start: i64, is_broken: bool) -> i64 {
    let end = start + trace.nanos(0.002, 0.3);
    let writer = SpanWriter::new("parse_invoice.task", 1, start, end);
    let mut writer = entity(writer, "task", "parse_invoice", plan);
    if is_broken {
        writer = writer.failed("JSONDecodeError", "the output is not valid JSON");
    }
    let span_id = trace.span_id();
    trace.push(APP, &span_id, root, writer);
    end
}
