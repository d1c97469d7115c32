//! Names that earlier versions of the OpenTelemetry `GenAI` conventions used and SDKs still emit.

use super::Column as C;
use super::Convention;
use super::Source::Attr;

pub(crate) static GENAI_OLD: Convention = Convention {
    columns: &[
        (C::Provider, &[Attr("gen_ai.system")]),
        (
            C::InputTokens,
            &[Attr("gen_ai.usage.prompt_tokens"), Attr("gen_ai.response.prompt_tokens")],
        ),
        (
            C::OutputTokens,
            &[Attr("gen_ai.usage.completion_tokens"), Attr("gen_ai.response.completion_tokens")],
        ),
        (
            C::CacheReadTokens,
            &[
                Attr("gen_ai.usage.cache_read_input_tokens"),
                Attr("gen_ai.usage.cached_tokens"),
                Attr("gen_ai.usage.input_tokens.cached"),
                Attr("gen_ai.usage.input_tokens_details.cached_tokens"),
            ],
        ),
        (
            C::CacheWriteTokens,
            &[
                Attr("gen_ai.usage.cache_creation.input_tokens"),
                Attr("gen_ai.usage.cache_creation_input_tokens"),
                Attr("gen_ai.usage.cache_write_input_tokens"),
            ],
        ),
        (
            C::ReasoningTokens,
            &[Attr("gen_ai.usage.reasoning_tokens"), Attr("gen_ai.usage.output_tokens.reasoning")],
        ),
        (C::Cost, &[Attr("gen_ai.usage.cost"), Attr("gen_ai.usage.total_cost")]),
        (C::FinishReasons, &[Attr("gen_ai.response.finish_reason")]),
        (C::IsStreaming, &[Attr("gen_ai.request.is_stream")]),
        (
            C::ResponseFormat,
            &[
                Attr("gen_ai.request.response_format"),
                Attr("gen_ai.openai.request.response_format"),
            ],
        ),
        (C::ConversationId, &[Attr("gen_ai.thread.id"), Attr("gen_ai.session.id")]),
        (C::SessionId, &[Attr("gen_ai.session.id"), Attr("gen_ai.thread.id")]),
        (C::ToolArguments, &[Attr("gen_ai.tool.args"), Attr("gcp.vertex.agent.tool_call_args")]),
        (C::ToolResult, &[Attr("gcp.vertex.agent.tool_response")]),
        (C::RetrievalTopK, &[Attr("gen_ai.request.top_k_documents")]),
        (C::InputMessages, &[Attr("gcp.vertex.agent.llm_request")]),
        (C::OutputMessages, &[Attr("gcp.vertex.agent.llm_response")]),
    ],
    params: &[
        ("gen_ai.openai.request.seed", "seed"),
        ("gen_ai.openai.request.service_tier", "service_tier"),
        ("openai.request.service_tier", "service_tier"),
        ("gen_ai.request.n", "choice_count"),
    ],
};
