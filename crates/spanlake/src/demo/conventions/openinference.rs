//! OpenInference.

use super::super::{
    call::Attempt,
    otlp::{SpanWriter, quote},
    trace::Plan,
};
use super::plain;

/// Kind of the span and who asked.
pub(in crate::demo) fn identify(writer: SpanWriter, kind: &str, plan: &Plan) -> SpanWriter {
    writer
        .text("openinference.span.kind", kind)
        .text("session.id", plan.session.as_str())
        .text("user.id", plan.user.as_str())
        .text("metadata", ["{\"tenant\":\"", plan.tenant.id, "\"}"].concat())
}

pub(super) fn model_call(attempt: &Attempt<'_>) -> SpanWriter {
    let (plan, exchange) = (attempt.plan, attempt.exchange);
    let model = attempt.model;
    let name = if model.is_anthropic() { "Messages" } else { "ChatCompletion" };
    let writer = SpanWriter::new(name, 1, attempt.start, attempt.end);
    let mut writer = identify(writer, "LLM", plan)
        .text("llm.system", model.provider)
        .text("llm.provider", model.provider)
        .text("llm.request.model_name", model.request)
        .text("llm.invocation_parameters", attempt.params)
        .text("prompt.id", plan.flow.prompt())
        .text("llm.prompt_template.version", plan.version())
        .text("llm.prompt_template.template", attempt.template)
        .text("llm.input_messages.0.message.role", "system")
        .text("llm.input_messages.0.message.content", attempt.system);
    if let Some((name, value)) = exchange.variable {
        let mut variables = String::from("{");
        quote(&mut variables, name);
        variables.push(':');
        quote(&mut variables, value);
        variables.push('}');
        writer = writer.text("llm.prompt_template.variables", variables);
    }
    for (index, message) in exchange.input.iter().enumerate() {
        let (role, text) = plain(message);
        let prefix = format!("llm.input_messages.{}.message.", index + 1);
        writer = writer
            .text(&[&prefix, "role"].concat(), role)
            .text(&[&prefix, "content"].concat(), text);
    }
    if attempt.resends > 0 {
        writer = writer.int("http.request.resend_count", attempt.resends);
    }
    if let Some(failure) = attempt.failure {
        return writer
            .text("llm.model_name", model.request)
            .text("error.type", failure.kind)
            .failed(failure.kind, failure.message);
    }
    let (_, text) = plain(&exchange.output);
    writer
        .text("llm.model_name", model.response)
        .text("llm.response.model_name", model.response)
        .text("gen_ai.response.id", attempt.response_id.as_str())
        .text("llm.output_messages.0.message.role", "assistant")
        .text("llm.output_messages.0.message.content", text)
        .text("output.value", text)
        .text("llm.finish_reason", exchange.finish)
        .int("llm.token_count.prompt", attempt.input_tokens)
        .int("llm.token_count.completion", attempt.output_tokens)
        .int("llm.token_count.total", attempt.input_tokens + attempt.output_tokens)
        .int("llm.token_count.prompt_details.cache_read", attempt.cached_tokens)
        .ok()
}
