//! How each workflow's instrumentation writes a model call and who made it.

pub(super) mod genai;
pub(super) mod langfuse;
pub(super) mod openinference;
pub(super) mod openllmetry;

use super::{
    call::{Attempt, Message, Origin},
    otlp::{SpanWriter, quote},
    registry::Flow,
    trace::Service,
};

/// The span of an attempt and where it comes from.
pub(super) fn model_call(attempt: &Attempt<'_>) -> (Origin, SpanWriter) {
    let anthropic = attempt.model.is_anthropic();
    match attempt.plan.flow {
        Flow::Support => {
            let scope = if anthropic {
                "openinference.instrumentation.anthropic"
            } else {
                "openinference.instrumentation.openai"
            };
            ((Service::SupportApi, scope), openinference::model_call(attempt))
        }
        Flow::Intent => ((Service::IntentRouter, "langfuse-sdk"), langfuse::model_call(attempt)),
        Flow::Invoice => {
            let scope = if anthropic {
                "opentelemetry.instrumentation.anthropic"
            } else {
                "opentelemetry.instrumentation.openai.v1"
            };
            ((Service::DocumentIntake, scope), openllmetry::model_call(attempt))
        }
        Flow::Summary => ((Service::TicketDesk, genai::SCOPE), genai::model_call(attempt)),
        Flow::Agent => ((Service::OrderAgent, genai::SCOPE), genai::model_call(attempt)),
    }
}

/// Appends `{"role":"user","content":"..."}` objects, system prompt first, without the brackets.
fn chat_messages(out: &mut String, system: &str, input: &[Message]) {
    out.push_str("{\"role\":\"system\",\"content\":");
    quote(out, system);
    out.push('}');
    for message in input {
        let (role, text) = plain(message);
        out.push_str(",{\"role\":\"");
        out.push_str(role);
        out.push_str("\",\"content\":");
        quote(out, text);
        out.push('}');
    }
}

/// Role and text of a message, for conventions in which no agent speaks here.
fn plain(message: &Message) -> (&'static str, &str) {
    match message {
        Message::User(text) => ("user", text),
        Message::Assistant(text) => ("assistant", text),
        Message::ToolCall { arguments, .. } => ("assistant", arguments),
        Message::ToolResult { result, .. } => ("tool", result),
    }
}
