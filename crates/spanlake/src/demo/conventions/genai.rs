//! OpenTelemetry `GenAI`, current keys.

use super::super::{
    call::{Attempt, Message},
    otlp::{SpanWriter, quote},
    registry::Flow,
    trace::Plan,
};

pub(in crate::demo) const SCOPE: &str = "opentelemetry.util.genai";

/// Who asked.
pub(in crate::demo) fn identify(writer: SpanWriter, plan: &Plan) -> SpanWriter {
    writer
        .text("gen_ai.conversation.id", plan.session.as_str())
        .text("user.id", plan.user.as_str())
        .text("spanlake.tenant", plan.tenant.id)
}

pub(super) fn model_call(attempt: &Attempt<'_>) -> SpanWriter {
    let (plan, exchange) = (attempt.plan, attempt.exchange);
    let model = attempt.model;
    let name = ["chat ", model.request].concat();
    let (temperature, max_tokens) = if plan.flow == Flow::Agent { (0.1, 600) } else { (0.3, 300) };
    let mut writer = SpanWriter::new(name, 3, attempt.start, attempt.end)
        .text("gen_ai.operation.name", "chat")
        .text("gen_ai.provider.name", model.provider)
        .text("gen_ai.request.model", model.request)
        .text("server.address", model.host)
        .double("gen_ai.request.temperature", temperature)
        .int("gen_ai.request.max_tokens", max_tokens)
        .text("gen_ai.prompt.name", plan.flow.prompt())
        .text("gen_ai.prompt.version", plan.version())
        .text("spanlake.prompt.template", attempt.template);
    writer = identify(writer, plan);
    if let Some((name, value)) = exchange.variable {
        writer = writer.text(&["gen_ai.prompt.variable.", name].concat(), value);
    }
    if exchange.streaming {
        writer = writer.flag("gen_ai.request.stream", true);
    }
    if let Some(tools) = exchange.tools {
        writer = writer.text("gen_ai.tool.definitions", tools);
    }
    if attempt.resends > 0 {
        writer = writer.int("http.request.resend_count", attempt.resends);
    }
    let mut system = String::from("[{\"type\":\"text\",\"content\":");
    quote(&mut system, attempt.system);
    system.push_str("}]");
    writer = writer
        .text("gen_ai.system_instructions", system)
        .text("gen_ai.input.messages", messages(exchange.input, None));
    if let Some(failure) = attempt.failure {
        return writer
            .text("error.type", failure.kind)
            .int("http.response.status_code", failure.http_status)
            .failed(failure.kind, failure.message);
    }
    if exchange.streaming {
        writer = writer.double("gen_ai.response.time_to_first_chunk", attempt.first_token_s);
    }
    let output = std::slice::from_ref(&exchange.output);
    writer
        .text("gen_ai.output.messages", messages(output, Some(exchange.finish)))
        .text("gen_ai.response.id", attempt.response_id.as_str())
        .text("gen_ai.response.model", model.response)
        .list("gen_ai.response.finish_reasons", &[exchange.finish])
        .int("gen_ai.usage.input_tokens", attempt.input_tokens)
        .int("gen_ai.usage.output_tokens", attempt.output_tokens)
        .int("gen_ai.usage.cache_read.input_tokens", attempt.cached_tokens)
}

/// Messages with parts, as the `GenAI` message schema has them.
fn messages(list: &[Message], finish: Option<&str>) -> String {
    let mut out = String::with_capacity(1024);
    out.push('[');
    for (index, message) in list.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        match message {
            Message::User(text) | Message::Assistant(text) => {
                let is_user = matches!(message, Message::User(_));
                out.push_str("{\"role\":\"");
                out.push_str(if is_user { "user" } else { "assistant" });
                out.push_str("\",\"parts\":[{\"type\":\"text\",\"content\":");
                quote(&mut out, text);
            }
            Message::ToolCall { id, name, arguments } => {
                out.push_str(r#"{"role":"assistant","parts":[{"type":"tool_call","id":"#);
                quote(&mut out, id);
                out.push_str(",\"name\":");
                quote(&mut out, name);
                out.push_str(",\"arguments\":");
                out.push_str(arguments);
            }
            Message::ToolResult { id, result } => {
                out.push_str(r#"{"role":"tool","parts":[{"type":"tool_call_response","id":"#);
                quote(&mut out, id);
                out.push_str(",\"response\":");
                out.push_str(result);
            }
        }
        out.push_str("}]");
        if let Some(finish) = finish {
            out.push_str(",\"finish_reason\":");
            quote(&mut out, finish);
        }
        out.push('}');
    }
    out.push(']');
    out
}
