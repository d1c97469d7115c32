//! OpenInference (Arize Phoenix). Flattened lists are read in `crate::normalise`.

use super::Column as C;
use super::Convention;
use super::Source::{Attr, Member};

const INVOCATION: &str = "llm.invocation_parameters";

/// The raw answer, for counts that some instrumentations leave out.
const OUTPUT: &str = "output.value";

pub(crate) static OPENINFERENCE: Convention = Convention {
    columns: &[
        (C::Kind, &[Attr("openinference.span.kind")]),
        (C::SessionId, &[Member("metadata", "session_id"), Member("metadata", "thread_id")]),
        (C::UserId, &[Member("metadata", "user_id")]),
        (C::TenantId, &[Member("metadata", "tenant"), Member("metadata", "tenant_id")]),
        (
            C::RequestModel,
            &[
                Attr("llm.request.model_name"),
                Member(INVOCATION, "model"),
                Member(INVOCATION, "model_name"),
                Member(INVOCATION, "model_id"),
                Member("embedding.invocation_parameters", "model"),
                Attr("embedding.model_name"),
                Attr("reranker.model_name"),
                Attr("llm.model_name"),
            ],
        ),
        (
            C::ResponseModel,
            &[
                Attr("llm.response.model_name"),
                Attr("llm.model_name"),
                Attr("embedding.model_name"),
            ],
        ),
        (C::Provider, &[Attr("llm.provider"), Attr("llm.system")]),
        (C::PromptName, &[Attr("llm.prompt_template.name"), Attr("prompt.id")]),
        (C::PromptVersion, &[Attr("llm.prompt_template.version")]),
        (C::PromptTemplate, &[Attr("llm.prompt_template.template")]),
        (C::PromptVariables, &[Attr("llm.prompt_template.variables")]),
        (
            C::InputTokens,
            &[Attr("llm.token_count.prompt"), Member(OUTPUT, "meta.billed_units.input_tokens")],
        ),
        (C::OutputTokens, &[Attr("llm.token_count.completion")]),
        (
            C::CacheReadTokens,
            &[
                Attr("llm.token_count.prompt_details.cache_read"),
                Attr("llm.token_count.prompt_details.cache_input"),
                Member(OUTPUT, "usage.prompt_tokens_details.cached_tokens"),
                Member(OUTPUT, "usage.input_tokens_details.cached_tokens"),
            ],
        ),
        (C::CacheWriteTokens, &[Attr("llm.token_count.prompt_details.cache_write")]),
        (
            C::ReasoningTokens,
            &[
                Attr("llm.token_count.completion_details.reasoning"),
                Member(OUTPUT, "usage.completion_tokens_details.reasoning_tokens"),
                Member(OUTPUT, "usage.output_tokens_details.reasoning_tokens"),
            ],
        ),
        (C::Cost, &[Attr("llm.cost.total")]),
        (C::IsStreaming, &[Member(INVOCATION, "stream"), Member(INVOCATION, "streaming")]),
        (C::Temperature, &[Member(INVOCATION, "temperature")]),
        (C::TopP, &[Member(INVOCATION, "top_p")]),
        (
            C::MaxTokens,
            &[
                Member(INVOCATION, "max_tokens"),
                Member(INVOCATION, "max_completion_tokens"),
                Member(INVOCATION, "max_output_tokens"),
            ],
        ),
        (
            C::ResponseFormat,
            &[
                Member(INVOCATION, "response_format.type"),
                Member(INVOCATION, "text.format.type"),
                Member(INVOCATION, "response_format"),
            ],
        ),
        (
            C::OutputSchema,
            &[
                Member(INVOCATION, "response_format.json_schema.schema"),
                Member(INVOCATION, "text.format.schema"),
            ],
        ),
        (C::Params, &[Attr(INVOCATION), Attr("embedding.invocation_parameters")]),
        (C::FinishReasons, &[Attr("llm.finish_reason")]),
        (C::AgentName, &[Attr("agent.name")]),
        (C::ToolName, &[Attr("tool.name")]),
        (C::ToolCallId, &[Attr("tool.id"), Attr("tool_call.id")]),
        (C::ToolArguments, &[Attr("tool.parameters")]),
        (C::RetrievalQuery, &[Attr("reranker.query")]),
        (C::RetrievalTopK, &[Attr("reranker.top_k")]),
        (C::EmbeddingModel, &[Attr("embedding.model_name")]),
        (C::RerankerModel, &[Attr("reranker.model_name")]),
    ],
    params: &[],
};
