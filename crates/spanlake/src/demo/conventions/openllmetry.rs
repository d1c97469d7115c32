//! OpenLLMetry with the flattened message keys.

use super::super::{call::Attempt, otlp::SpanWriter, trace::Plan};
use super::plain;

/// Workflow and who asked; the tenant is a resource attribute.
pub(in crate::demo) fn identify(writer: SpanWriter, plan: &Plan) -> SpanWriter {
    writer
        .text("traceloop.workflow.name", plan.flow.workflow())
        .text("traceloop.association.properties.user_id", plan.user.as_str())
        .text("traceloop.association.properties.session_id", plan.session.as_str())
}

/// A workflow or task span.
pub(in crate::demo) fn entity(
    writer: SpanWriter,
    kind: &str,
    name: &str,
    plan: &Plan,
) -> SpanWriter {
    identify(writer, plan).text("traceloop.span.kind", kind).text("traceloop.entity.name", name)
}

pub(super) fn model_call(attempt: &Attempt<'_>) -> SpanWriter {
    let (plan, exchange) = (attempt.plan, attempt.exchange);
    let model = attempt.model;
    let (name, system) = if model.is_anthropic() {
        ("anthropic.chat", "Anthropic")
    } else {
        ("openai.chat", "OpenAI")
    };
    let writer = SpanWriter::new(name, 3, attempt.start, attempt.end);
    let mut writer = identify(writer, plan)
        .text("llm.request.type", "chat")
        .text("gen_ai.system", system)
        .text("gen_ai.request.model", model.request)
        .double("gen_ai.request.temperature", 0.0)
        .int("gen_ai.request.max_tokens", 900)
        .flag("llm.is_streaming", false)
        .text("gen_ai.output.type", "json")
        .text("traceloop.prompt.key", plan.flow.prompt())
        .int("traceloop.prompt.version", plan.version().parse().unwrap_or(0))
        .text("traceloop.prompt.template", attempt.template)
        .text("gen_ai.prompt.0.role", "system")
        .text("gen_ai.prompt.0.content", attempt.system);
    for (index, message) in exchange.input.iter().enumerate() {
        let (role, text) = plain(message);
        writer = writer
            .text(&format!("gen_ai.prompt.{}.role", index + 1), role)
            .text(&format!("gen_ai.prompt.{}.content", index + 1), text);
    }
    if attempt.resends > 0 {
        writer = writer.int("http.request.resend_count", attempt.resends);
    }
    if let Some(failure) = attempt.failure {
        return writer.text("error.type", failure.kind).failed(failure.kind, failure.message);
    }
    let (_, text) = plain(&exchange.output);
    writer
        .text("gen_ai.response.model", model.response)
        .text("gen_ai.response.id", attempt.response_id.as_str())
        .text("gen_ai.completion.0.role", "assistant")
        .text("gen_ai.completion.0.content", text)
        .text("gen_ai.completion.0.finish_reason", exchange.finish)
        .int("gen_ai.usage.prompt_tokens", attempt.input_tokens)
        .int("gen_ai.usage.completion_tokens", attempt.output_tokens)
        .int("llm.usage.total_tokens", attempt.input_tokens + attempt.output_tokens)
        .int("gen_ai.usage.cache_read_input_tokens", attempt.cached_tokens)
}
