//! OpenTelemetry `GenAI` semantic conventions, as `semantic-conventions-genai` 0.1.0 names them.

use super::Column as C;
use super::Convention;
use super::Source::{Attr, Member, Seconds};

pub(crate) static GENAI: Convention = Convention {
    columns: &[
        (C::Kind, &[Attr("gen_ai.operation.name")]),
        (C::Operation, &[Attr("gen_ai.operation.name")]),
        (C::SessionId, &[Attr("gen_ai.conversation.id")]),
        (C::ConversationId, &[Attr("gen_ai.conversation.id")]),
        (C::ResponseId, &[Attr("gen_ai.response.id")]),
        (
            C::RequestModel,
            &[Member("gen_ai.request.parameters", "model"), Attr("gen_ai.request.model")],
        ),
        (C::ResponseModel, &[Attr("gen_ai.response.model")]),
        (C::Provider, &[Attr("gen_ai.provider.name")]),
        (C::PromptName, &[Attr("gen_ai.prompt.name")]),
        (C::PromptVersion, &[Attr("gen_ai.prompt.version")]),
        (C::InputTokens, &[Attr("gen_ai.usage.input_tokens")]),
        (C::OutputTokens, &[Attr("gen_ai.usage.output_tokens")]),
        (C::CacheReadTokens, &[Attr("gen_ai.usage.cache_read.input_tokens")]),
        (C::CacheWriteTokens, &[Attr("gen_ai.usage.cache_write.input_tokens")]),
        (C::ReasoningTokens, &[Attr("gen_ai.usage.reasoning.output_tokens")]),
        (
            C::TimeToFirstTokenMs,
            &[
                Seconds("gen_ai.response.time_to_first_chunk"),
                Seconds("gen_ai.client.operation.time_to_first_chunk"),
            ],
        ),
        (C::IsStreaming, &[Attr("gen_ai.request.stream")]),
        (C::Temperature, &[Attr("gen_ai.request.temperature")]),
        (C::TopP, &[Attr("gen_ai.request.top_p")]),
        (C::MaxTokens, &[Attr("gen_ai.request.max_tokens")]),
        (C::ResponseFormat, &[Attr("gen_ai.output.type")]),
        (C::FinishReasons, &[Attr("gen_ai.response.finish_reasons")]),
        (C::AgentName, &[Attr("gen_ai.agent.name")]),
        (C::ToolName, &[Attr("gen_ai.tool.name")]),
        (C::ToolCallId, &[Attr("gen_ai.tool.call.id")]),
        (C::ToolArguments, &[Attr("gen_ai.tool.call.arguments")]),
        (C::ToolResult, &[Attr("gen_ai.tool.call.result")]),
        (C::ToolDefinitions, &[Attr("gen_ai.tool.definitions")]),
        (
            C::RetrievalQuery,
            &[Attr("gen_ai.retrieval.query.text"), Attr("gen_ai.memory.query.text")],
        ),
        (C::RetrievalIndex, &[Attr("gen_ai.data_source.id"), Attr("gen_ai.memory.store.id")]),
        (C::RetrievalTopK, &[Attr("gen_ai.retrieval.top_k")]),
        (C::Documents, &[Attr("gen_ai.retrieval.documents")]),
        (C::GuardrailName, &[Attr("gen_ai.guardrail.component.name")]),
        (C::GuardrailPolicy, &[Attr("gen_ai.guardrail.policy.id")]),
        (
            C::GuardrailOutcome,
            &[Attr("gen_ai.guardrail.result.value"), Attr("gen_ai.guardrail.result.type")],
        ),
        (C::SystemInstructions, &[Attr("gen_ai.system_instructions")]),
        (C::InputMessages, &[Attr("gen_ai.input.messages")]),
        (C::OutputMessages, &[Attr("gen_ai.output.messages")]),
        (C::Workflow, &[Attr("gen_ai.workflow.name")]),
    ],
    params: &[
        ("gen_ai.request.top_k", "top_k"),
        ("gen_ai.request.seed", "seed"),
        ("gen_ai.request.stop_sequences", "stop_sequences"),
        ("gen_ai.request.frequency_penalty", "frequency_penalty"),
        ("gen_ai.request.presence_penalty", "presence_penalty"),
        ("gen_ai.request.choice.count", "choice_count"),
        ("gen_ai.request.encoding_formats", "encoding_formats"),
        ("gen_ai.request.reasoning.level", "reasoning_level"),
        ("gen_ai.request.previous_response.id", "previous_response_id"),
    ],
};
