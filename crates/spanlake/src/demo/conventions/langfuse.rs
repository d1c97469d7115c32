//! Langfuse.

use chrono::{DateTime, SecondsFormat};

use super::super::{call::Attempt, otlp::SpanWriter, trace::Plan};
use super::{chat_messages, plain};

/// Kind of the observation and who asked.
pub(in crate::demo) fn identify(writer: SpanWriter, kind: &str, plan: &Plan) -> SpanWriter {
    writer
        .text("langfuse.observation.type", kind)
        .text("langfuse.trace.name", plan.flow.workflow())
        .text("langfuse.environment", plan.environment)
        .text("session.id", plan.session.as_str())
        .text("user.id", plan.user.as_str())
        .text("langfuse.trace.metadata.tenant", ["\"", plan.tenant.id, "\""].concat())
}

pub(super) fn model_call(attempt: &Attempt<'_>) -> SpanWriter {
    let (plan, exchange) = (attempt.plan, attempt.exchange);
    let model = attempt.model;
    let mut input = String::with_capacity(1024);
    input.push('[');
    chat_messages(&mut input, attempt.system, exchange.input);
    input.push(']');
    let writer = SpanWriter::new("classify", 1, attempt.start, attempt.end);
    let mut writer = identify(writer, "generation", plan)
        .text("langfuse.observation.input", input)
        .text("langfuse.observation.model.parameters", attempt.params)
        .text("gen_ai.provider.name", model.provider)
        .text("langfuse.observation.prompt.name", plan.flow.prompt())
        .int("langfuse.observation.prompt.version", plan.version().parse().unwrap_or(0))
        .text("spanlake.prompt.template", attempt.template);
    if attempt.resends > 0 {
        writer = writer.int("http.request.resend_count", attempt.resends);
    }
    if let Some(failure) = attempt.failure {
        return writer
            .text("langfuse.observation.model.name", model.request)
            .text("langfuse.observation.level", "ERROR")
            .text("langfuse.observation.status_message", failure.message)
            .text("error.type", failure.kind)
            .failed(failure.kind, failure.message);
    }
    if exchange.streaming {
        let first = attempt.start + (attempt.first_token_s * 1e9) as i64;
        let first = DateTime::from_timestamp_nanos(first);
        let first = first.to_rfc3339_opts(SecondsFormat::Micros, true);
        writer = writer.text("langfuse.observation.completion_start_time", format!("\"{first}\""));
    }
    let cached = attempt.cached_tokens;
    let usage = format!(
        "{{\"input\":{},\"output\":{},\"input_cached_tokens\":{cached},\"total\":{}}}",
        attempt.input_tokens - cached,
        attempt.output_tokens,
        attempt.input_tokens + attempt.output_tokens
    );
    let (_, text) = plain(&exchange.output);
    writer
        .text("langfuse.observation.model.name", model.response)
        .text("langfuse.observation.output", text)
        .text("langfuse.observation.usage_details", usage)
        .text("langfuse.observation.metadata.finish_reason", ["\"", exchange.finish, "\""].concat())
}
