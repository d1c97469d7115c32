//! Agents, tools, retrieval, guardrails, and how an answer is judged.

use spanlake_model::{Kind, PayloadRow, SpanRow};

use super::labels;
use super::messages::Part;
use crate::attrs::Attrs;
use crate::context::{IngestContext, Schema};
use crate::conventions::Column;
use crate::derive;
use crate::otlp::Val;

/// Agents, tools, retrieval, guardrails.
pub(super) fn steps(attrs: &Attrs<'_, '_>, span: &mut SpanRow) {
    span.agent_name = attrs.text(Column::AgentName);
    let operation = operation_name(attrs);
    if span.agent_name.is_none() && span.kind == Kind::Agent {
        span.agent_name.clone_from(&operation);
    }
    if span.agent_name.is_none() && span.kind == Kind::Agent {
        let named = ["graph.node.name", "graph.node.id", "traceloop.entity.name"];
        span.agent_name = named
            .iter()
            .find_map(|key| attrs.peek(key).and_then(crate::attrs::text))
            .or_else(|| (!span.name.is_empty()).then(|| span.name.clone()));
    }
    span.step_count = attrs.int(Column::StepCount);
    span.termination_reason = attrs.text(Column::TerminationReason);
    span.tool_name = attrs.text(Column::ToolName);
    if span.tool_name.is_none() && span.kind == Kind::Tool {
        span.tool_name = attrs
            .peek("traceloop.entity.name")
            .and_then(crate::attrs::text)
            .or(operation)
            .or_else(|| (!span.name.is_empty()).then(|| span.name.clone()));
    }
    span.tool_call_id = attrs.text(Column::ToolCallId);
    span.is_write_action = attrs.flag(Column::IsWriteAction);
    span.approval = attrs.text(Column::Approval).map(|word| labels::approval(&word));
    span.is_escalated = attrs.flag(Column::IsEscalated);
    span.retry_count = attrs.int(Column::RetryCount).filter(|count| *count >= 0);
    span.fallback_from = attrs.text(Column::FallbackFrom);
    span.guardrail_name = attrs.text(Column::GuardrailName);
    if span.guardrail_name.is_none() && span.kind == Kind::Guardrail {
        span.guardrail_name = (!span.name.is_empty()).then(|| span.name.clone());
    }
    span.guardrail_policy = attrs.text(Column::GuardrailPolicy);
    span.guardrail_outcome =
        attrs.text(Column::GuardrailOutcome).map(|word| labels::guardrail_outcome(&word));
    if span.guardrail_outcome.is_none() && span.kind == Kind::Guardrail && span.is_error {
        span.guardrail_outcome = Some("error".to_owned());
    }
    span.retrieval_top_k = attrs.int(Column::RetrievalTopK);
    span.retrieval_index = attrs.text(Column::RetrievalIndex);
    span.retrieval_index_version = attrs.text(Column::RetrievalIndexVersion);
    span.embedding_model = attrs.text(Column::EmbeddingModel);
    if span.embedding_model.is_none() && matches!(span.kind, Kind::Embedding | Kind::Retriever) {
        span.embedding_model.clone_from(&span.request_model);
    }
    span.reranker_model = attrs.text(Column::RerankerModel);
    if span.reranker_model.is_none() && span.kind == Kind::Reranker {
        span.reranker_model.clone_from(&span.request_model);
    }
    span.context_chars = attrs.int(Column::ContextChars);
}

/// The name that `AgentOps` gives a decorated function, or Mastra an agent; the name of the span
/// says more than that.
fn operation_name(attrs: &Attrs<'_, '_>) -> Option<String> {
    let own = [("agentops.span.kind", "operation.name"), ("mastra.span.type", "gen_ai.agent.id")];
    let (_, key) = own.iter().find(|(sdk, _)| attrs.peek(sdk).is_some())?;
    attrs.peek(key).and_then(crate::attrs::text)
}

/// Judges the answer, where there is one.
pub(super) fn answer_facts(
    ctx: &IngestContext,
    attrs: &Attrs<'_, '_>,
    span: &mut SpanRow,
    payload: &PayloadRow,
) {
    if let Some(reason) = span.finish_reasons.first() {
        span.finish_reason = Some(labels::finish_reason(reason).to_owned());
    }
    if span.kind == Kind::Llm {
        let registered = match (&span.prompt_name, &span.prompt_version) {
            (Some(name), Some(version)) => ctx.schemas.registered(name, version),
            _ => None,
        };
        let sent = || -> Option<Schema> {
            attrs.first(Column::OutputSchema, |val| match val {
                Val::Str(text) if text.trim_start().starts_with('{') => {
                    Some(ctx.schemas.sent(text))
                }
                Val::Map(_) => Some(ctx.schemas.sent(&val.to_json().to_string())),
                _ => None,
            })
        };
        let schema = registered.cloned().or_else(sent);
        let compiled = schema.as_ref().and_then(Schema::compiled);
        derive::answer(span, payload.output_text.as_deref(), schema.is_some(), compiled);
    }
    if let (Some(definitions), Some(calls)) = (&payload.tool_definitions, &payload.tool_calls) {
        span.tool_args_status = derive::all_tool_args(definitions, calls).map(str::to_owned);
    }
}

/// Returns the names of the tools that calls ask for.
pub(crate) fn call_names<'p>(calls: impl Iterator<Item = &'p Part>) -> Vec<String> {
    calls
        .filter_map(|part| match part {
            Part::ToolCall { name, .. } => Some(name.clone()),
            _ => None,
        })
        .collect()
}
