//! LangSmith's exporter. Its `gen_ai.operation.name` is often wrong, so its own kind wins.

use super::Column as C;
use super::Convention;
use super::Source::{Attr, Member};

const USAGE: &str = "langsmith.metadata.usage_metadata";
const INVOCATION: &str = "langsmith.metadata.ls_invocation_params";

pub(crate) static LANGSMITH: Convention = Convention {
    columns: &[
        (C::Kind, &[Attr("langsmith.span.kind")]),
        (C::Operation, &[Attr("langsmith.span.kind")]),
        (
            C::SessionId,
            &[
                Attr("langsmith.metadata.session_id"),
                Attr("langsmith.metadata.thread_id"),
                Attr("langsmith.metadata.conversation_id"),
            ],
        ),
        (C::ConversationId, &[Attr("langsmith.metadata.conversation_id")]),
        (C::UserId, &[Attr("langsmith.metadata.user_id")]),
        (C::TenantId, &[Attr("langsmith.metadata.tenant"), Attr("langsmith.metadata.tenant_id")]),
        (C::RequestModel, &[Attr("langsmith.metadata.ls_model_name")]),
        (C::Provider, &[Attr("langsmith.metadata.ls_provider")]),
        (
            C::PromptName,
            &[Attr("langsmith.metadata.lc_hub_repo"), Attr("langsmith.metadata.prompt_name")],
        ),
        (
            C::PromptVersion,
            &[
                Attr("langsmith.metadata.lc_hub_commit_hash"),
                Attr("langsmith.metadata.prompt_version"),
            ],
        ),
        (C::InputTokens, &[Member(USAGE, "input_tokens")]),
        (C::OutputTokens, &[Member(USAGE, "output_tokens")]),
        (C::CacheReadTokens, &[Member(USAGE, "input_token_details.cache_read")]),
        (C::CacheWriteTokens, &[Member(USAGE, "input_token_details.cache_creation")]),
        (C::ReasoningTokens, &[Member(USAGE, "output_token_details.reasoning")]),
        (C::Cost, &[Member(USAGE, "total_cost")]),
        (C::IsStreaming, &[Attr("langsmith.request.streaming")]),
        (C::Temperature, &[Attr("langsmith.metadata.ls_temperature")]),
        (C::MaxTokens, &[Attr("langsmith.metadata.ls_max_tokens")]),
        (
            C::ResponseFormat,
            &[
                Member(INVOCATION, "response_format.type"),
                Member("langsmith.metadata.ls_structured_output_format", "kwargs.method"),
            ],
        ),
        (
            C::OutputSchema,
            &[
                Member(INVOCATION, "response_format.json_schema.schema"),
                Member("langsmith.metadata.ls_structured_output_format", "schema"),
            ],
        ),
        (C::Params, &[Attr(INVOCATION)]),
        (C::AgentName, &[Attr("langsmith.metadata.lc_agent_name")]),
        (C::StepCount, &[Attr("langsmith.metadata.langgraph_step")]),
        (C::InputMessages, &[Attr("gen_ai.prompt")]),
        (C::OutputMessages, &[Attr("gen_ai.completion")]),
    ],
    params: &[("langsmith.metadata.ls_stop", "stop_sequences")],
};
