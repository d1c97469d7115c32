//! `order_agent`: guardrail, plan, tools with approvals, answer, guardrail.

use super::super::{
    call::{Exchange, Failure, Message, call},
    conventions::genai::{self, identify},
    corpus::{
        CITIES,
        tickets::{self, Errand},
    },
    dice::Dice,
    faults::{Fault, rate},
    otlp::SpanWriter,
    people::{GPT_4O, Model, SONNET},
    templates::TOOLS,
    trace::{Plan, Service, Trace, World},
};
use super::{models, spill};

const APP: (Service, &str) = (Service::OrderAgent, genai::SCOPE);
const TOOL_SIDE: (Service, &str) = (Service::OrderTools, genai::SCOPE);

/// An agent run in the making.
struct Run<'r> {
    world: &'r World,
    plan: &'r Plan,
    /// The one in use and the one to fall back to.
    models: (&'static Model, &'static Model),
    root: Vec<u8>,
    /// Nanoseconds.
    now: i64,
    order: String,
    conversation: Vec<Message>,
    tools: String,
    steps: i64,
    is_escalated: bool,
    /// Decision on the last write.
    approval: Option<&'static str>,
    failure: Option<Failure>,
    last_call: Option<(Vec<u8>, i64)>,
}

pub(super) fn write(world: &World, plan: &Plan, trace: &mut Trace) {
    let start = plan.start_nanos();
    let root = trace.span_id();
    let errand = *trace.dice.pick(&[
        Errand::Refund,
        Errand::Refund,
        Errand::Status,
        Errand::Address,
        Errand::Cancel,
    ]);
    let order = tickets::order_id(&mut trace.dice);
    let mut request = String::with_capacity(120);
    tickets::request(&mut request, &mut trace.dice, errand, &order);
    spill(world, plan, trace, &mut request);
    let definitions: Vec<&str> = TOOLS.iter().map(|(_, definition)| *definition).collect();
    let mut run = Run {
        world,
        plan,
        models: models(plan, &SONNET, &GPT_4O),
        root,
        now: start + 2_000_000,
        order,
        conversation: vec![Message::User(request)],
        tools: ["[", &definitions.join(","), "]"].concat(),
        steps: 0,
        is_escalated: false,
        approval: None,
        failure: None,
        last_call: None,
    };
    let reason = run.work(trace, errand);
    run.finish(trace, start, reason);
}

impl Run<'_> {
    /// Runs to the end; returns why it ended.
    fn work(&mut self, trace: &mut Trace, errand: Errand) -> &'static str {
        if !self.guardrail(trace, "prompt_injection", "input-safety@3") {
            return "guardrail";
        }
        let loops = trace.dice.chance(0.006);
        if !self.use_tool(trace, "get_order", true) {
            return self.stopped();
        }
        if loops {
            for _ in 0..6 {
                if !self.use_tool(trace, "get_order", false) {
                    return self.stopped();
                }
            }
            return "max_steps";
        }
        let wanted = match errand {
            Errand::Status => None,
            Errand::Refund => Some("issue_refund"),
            Errand::Address => Some("update_address"),
            Errand::Cancel => Some("cancel_order"),
        };
        if let Some(tool) = wanted
            && !self.use_tool(trace, tool, false)
        {
            return self.stopped();
        }
        if trace.dice.chance(0.03) && !self.use_tool(trace, "escalate_to_human", false) {
            return self.stopped();
        }
        let text = closing(errand, &self.order, self.approval);
        if self.ask(trace, None, Message::Assistant(text.clone()), "stop").is_none() {
            return "error";
        }
        self.conversation.push(Message::Assistant(text));
        trace.truth.answers += 1;
        if let Some((span_id, end)) = self.last_call.take() {
            trace.judge(&span_id, end, "task_completion", !self.is_escalated);
        }
        self.guardrail(trace, "personal_data", "output-privacy@2");
        if self.is_escalated { "escalated" } else { "final_answer" }
    }

    fn stopped(&self) -> &'static str {
        if self.failure.is_some() { "error" } else { "escalated" }
    }

    /// Has the model call a tool and runs it. Arguments that break the schema are sent back, and
    /// corrected or handed to a person. False if the run cannot go on.
    fn use_tool(&mut self, trace: &mut Trace, tool: &'static str, is_plan: bool) -> bool {
        let is_hit = self.plan.is_newest();
        let planted = if is_hit { rate::TOOL_ARGUMENTS_PLANTED } else { rate::TOOL_ARGUMENTS };
        let fault = Fault::ToolArguments;
        let broken = self.world.rate(fault, self.plan, rate::TOOL_ARGUMENTS, planted);
        let is_broken = tool != "escalate_to_human" && trace.dice.chance(broken);
        if !self.step(trace, tool, is_plan, is_broken) {
            return false;
        }
        if !is_broken {
            return true;
        }
        if trace.dice.chance(0.75) {
            return self.step(trace, tool, false, false);
        }
        self.step(trace, "escalate_to_human", false, false);
        false
    }

    /// One model call that asks for a tool, and the tool's execution.
    fn step(
        &mut self,
        trace: &mut Trace,
        tool: &'static str,
        is_plan: bool,
        is_broken: bool,
    ) -> bool {
        let id = ["call_", &trace.dice.word(16)].concat();
        let arguments = arguments(tool, &self.order, &mut trace.dice, is_broken);
        let ask = || Message::ToolCall { id: id.clone(), name: tool, arguments: arguments.clone() };
        let planner = is_plan.then(|| (trace.span_id(), self.now));
        let parent = planner.as_ref().map(|(span_id, _)| span_id.as_slice());
        let asked = self.ask(trace, parent, ask(), "tool_calls");
        if let Some((span_id, start)) = planner {
            let writer = SpanWriter::new("plan order_agent", 1, start, self.now + 500_000)
                .text("gen_ai.operation.name", "plan")
                .text("gen_ai.agent.name", "order_agent");
            trace.push(APP, &span_id, &self.root, identify(writer, self.plan));
            self.now += 500_000;
        }
        if asked.is_none() {
            return false;
        }
        self.conversation.push(ask());
        let result = self.execute(trace, tool, (&id, &arguments), is_broken);
        self.conversation.push(Message::ToolResult { id, result });
        true
    }

    /// Calls the model on the conversation so far.
    fn ask(
        &mut self,
        trace: &mut Trace,
        parent: Option<&[u8]>,
        output: Message,
        finish: &'static str,
    ) -> Option<()> {
        let exchange = Exchange {
            model: self.models.0,
            fallback: self.models.1,
            input: &self.conversation,
            output,
            finish,
            variable: None,
            tools: Some(&self.tools),
            streaming: finish == "stop",
        };
        let parent = parent.unwrap_or(&self.root);
        let outcome = call(self.world, self.plan, trace, parent, self.now + 1_000_000, &exchange);
        self.now = outcome.end;
        self.steps += 1;
        self.failure = outcome.failure;
        self.last_call = Some((outcome.span_id, outcome.end));
        if self.failure.is_none() { Some(()) } else { None }
    }

    /// Executes a tool; returns its result, JSON.
    fn execute(
        &mut self,
        trace: &mut Trace,
        tool: &'static str,
        (id, arguments): (&str, &str),
        is_broken: bool,
    ) -> String {
        let is_write = matches!(tool, "issue_refund" | "update_address" | "cancel_order");
        let lot = trace.dice.unit();
        let approval = match lot {
            _ if !is_write || is_broken => None,
            lot if lot < 0.94 => Some("approved"),
            lot if lot < 0.985 => Some("rejected"),
            _ => Some("pending"),
        };
        self.approval = approval.or(self.approval);
        let start = self.now + 2_000_000;
        let wait = if is_write && !is_broken { 1.4 } else { 0.16 };
        let end = start + trace.nanos(wait, 0.5);
        let definition = TOOLS.iter().find(|(name, _)| *name == tool).map_or("", |tool| tool.1);
        let result = match approval {
            _ if is_broken => r#"{"error":"invalid_arguments"}"#.to_owned(),
            Some("rejected") => r#"{"status":"rejected","by":"reviewer"}"#.to_owned(),
            Some("pending") => r#"{"status":"waiting_for_approval"}"#.to_owned(),
            _ => result(tool, &self.order, &mut trace.dice),
        };
        let mut writer = SpanWriter::new(["execute_tool ", tool].concat(), 1, start, end)
            .text("gen_ai.operation.name", "execute_tool")
            .text("gen_ai.tool.name", tool)
            .text("gen_ai.tool.type", "function")
            .text("gen_ai.tool.call.id", id)
            .text("gen_ai.tool.call.arguments", arguments)
            .text("gen_ai.tool.call.result", result.as_str())
            .text("gen_ai.tool.definitions", ["[", definition, "]"].concat())
            .text("gen_ai.prompt.name", self.plan.flow.prompt())
            .text("gen_ai.prompt.version", self.plan.version())
            .flag("spanlake.tool.is_write_action", is_write);
        writer = identify(writer, self.plan);
        if let Some(approval) = approval {
            writer = writer.text("spanlake.approval", approval);
        }
        if is_broken {
            writer = writer
                .text("error.type", "invalid_arguments")
                .failed("invalid_arguments", "the arguments do not match the tool's schema");
        }
        self.is_escalated |= tool == "escalate_to_human";
        self.steps += 1;
        self.now = end;
        trace.truth.tool_calls += 1;
        trace.truth.tool_argument_failures += u64::from(is_broken);
        let span_id = trace.span_id();
        trace.push(TOOL_SIDE, &span_id, &self.root, writer);
        result
    }

    /// Checks a text; an erring check lets it through. False if the text is blocked.
    fn guardrail(&mut self, trace: &mut Trace, name: &'static str, policy: &'static str) -> bool {
        let open =
            self.world.rate(Fault::GuardrailOpen, self.plan, 0.0, rate::GUARDRAIL_OPEN_PLANTED);
        let is_open = trace.dice.chance(open);
        let is_blocked = trace.dice.chance(0.008) && !is_open;
        let start = self.now + 400_000;
        let end = start + trace.nanos(if is_open { 2.0 } else { 0.038 }, 0.25);
        let outcome = match (is_open, is_blocked) {
            (true, _) => "error",
            (_, true) => "block",
            _ => "pass",
        };
        let mut writer = SpanWriter::new(["apply_guardrail ", name].concat(), 1, start, end)
            .text("gen_ai.operation.name", "apply_guardrail")
            .text("spanlake.guardrail.name", name)
            .text("spanlake.guardrail.policy", policy)
            .text("spanlake.guardrail.outcome", outcome);
        writer = identify(writer, self.plan);
        if is_open {
            writer = writer
                .text("error.type", "timeout")
                .failed("timeout", "the policy service did not answer; the text was let through");
        }
        self.now = end;
        trace.truth.guardrail_checks += 1;
        trace.truth.guardrail_open += u64::from(is_open);
        let span_id = trace.span_id();
        trace.push(APP, &span_id, &self.root, writer);
        !is_blocked
    }

    fn finish(self, trace: &mut Trace, start: i64, reason: &'static str) {
        let errand = match self.conversation.last() {
            Some(Message::Assistant(text)) => text.as_str(),
            _ => "",
        };
        let writer = SpanWriter::new("invoke_agent order_agent", 1, start, self.now + 3_000_000)
            .text("gen_ai.operation.name", "invoke_agent")
            .text("gen_ai.agent.name", "order_agent")
            .text("spanlake.workflow", self.plan.flow.workflow())
            .text("spanlake.request_type", "order-change")
            .int("spanlake.agent.step_count", self.steps)
            .text("spanlake.agent.termination_reason", reason)
            .flag("spanlake.escalated", self.is_escalated)
            .text("output.value", errand);
        let mut writer = identify(writer, self.plan);
        if let Some(failure) = self.failure {
            writer = writer.text("error.type", failure.kind).failed(failure.kind, failure.message);
        }
        trace.push(APP, &self.root, &[], writer);
    }
}

fn closing(errand: Errand, order: &str, approval: Option<&str>) -> String {
    let text = match (approval, errand) {
        (Some("rejected"), _) => "stays as it is, because the request was declined after a review",
        (Some("pending"), _) => "waits for an approval. You hear from us within one working day",
        (_, Errand::Status) => {
            "was looked up and is in good order. The carrier sends you the day of delivery"
        }
        (_, Errand::Refund) => {
            "has been refunded. The money is back on your account within five days"
        }
        (_, Errand::Address) => {
            "will be delivered to the pickup point you named. You get a code by message"
        }
        (_, Errand::Cancel) => "is cancelled. Nothing will be charged for it",
    };
    format!("Order {order} {text}.")
}

/// Arguments of a tool call; broken ones break the schema in one of the usual ways.
fn arguments(tool: &str, order: &str, dice: &mut Dice, is_broken: bool) -> String {
    let amount = format!("{}.{:02}", dice.range(8, 240), dice.range(0, 99));
    let way = if is_broken { dice.range(1, 4) } else { 0 };
    let id = match way {
        1 => format!("\"order_id\":{}", order.trim_start_matches("ORD-")),
        2 => format!("\"order\":\"{order}\""),
        _ => format!("\"order_id\":\"{order}\""),
    };
    let extra = match way {
        3 => ",\"confirmed\":true",
        4 if tool == "get_order" => ",\"verbose\":1",
        _ => "",
    };
    match tool {
        "issue_refund" => {
            let reason = *dice.pick(&["damaged", "not_received", "late", "wrong_item"]);
            let amount = if way == 4 { format!("\"{amount} EUR\"") } else { amount };
            format!(
                "{{{id},\"amount\":{amount},\"currency\":\"EUR\",\"reason\":\"{reason}\"{extra}}}"
            )
        }
        "update_address" => {
            let country = if way == 4 { "Germany" } else { *dice.pick(&["DE", "FR", "NL"]) };
            let point = *dice.pick(&CITIES);
            format!(
                "{{{id},\"pickup_point\":\"{point} central\",\"country\":\"{country}\"{extra}}}"
            )
        }
        "cancel_order" => {
            let usual = *dice.pick(&["changed_mind", "ordered_twice", "too_late"]);
            let reason = if way == 4 { "the customer does not need it" } else { usual };
            format!("{{{id},\"reason\":\"{reason}\"{extra}}}")
        }
        "escalate_to_human" => format!("{{\"summary\":\"needs a person: order {order}\"}}"),
        _ => format!("{{{id}{extra}}}"),
    }
}

fn result(tool: &str, order: &str, dice: &mut Dice) -> String {
    match tool {
        "get_order" => {
            let state = *dice.pick(&["delivered", "shipped", "packed", "paid"]);
            let (total, day) = (dice.range(20, 480), dice.range(1, 28));
            let city = *dice.pick(&CITIES);
            format!(
                "{{\"order_id\":\"{order}\",\"state\":\"{state}\",\"total\":{total}.00,\"currency\":\"EUR\",\"placed\":\"2026-05-{day:02}\",\"warehouse\":\"{city}\",\"items\":1}}"
            )
        }
        "escalate_to_human" => r#"{"status":"queued","queue":"orders-tier-2"}"#.to_owned(),
        _ => format!("{{\"status\":\"done\",\"order_id\":\"{order}\"}}"),
    }
}
