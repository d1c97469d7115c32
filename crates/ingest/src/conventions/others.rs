//! Names of further SDKs, each used by one of them alone: Laminar, Genkit, `LangWatch`,
//! Braintrust, Spring AI, Mastra, Future AGI's traceAI, `AgentOps`, vLLM, `BeeAI`.

use super::Column as C;
use super::Convention;
use super::Source::{Attr, Member, Seconds};

pub(crate) static OTHERS: Convention = Convention {
    columns: &[
        (
            C::Kind,
            &[
                Attr("lmnr.span.type"),
                Attr("gen_ai.span.kind"),
                Attr("fi.span.kind"),
                Attr("langwatch.span.type"),
                Attr("genkit:metadata:subtype"),
                Member("braintrust.span_attributes", "type"),
                Attr("mastra.span.type"),
                Attr("agentops.span.kind"),
                Attr("spring.ai.kind"),
            ],
        ),
        (
            C::SessionId,
            &[
                Attr("lmnr.association.properties.session_id"),
                Attr("langwatch.thread.id"),
                Attr("genkit:sessionId"),
                Attr("spring.ai.chat.client.conversation.id"),
            ],
        ),
        (C::ConversationId, &[Attr("spring.ai.chat.client.conversation.id")]),
        (C::UserId, &[Attr("lmnr.association.properties.user_id"), Attr("langwatch.user.id")]),
        (
            C::TenantId,
            &[
                Attr("langwatch.customer.id"),
                Member("metadata", "customer_id"),
                Attr("lmnr.association.properties.metadata.tenant"),
                Attr("lmnr.association.properties.metadata.tenant_id"),
            ],
        ),
        (
            C::RequestModel,
            &[Member("braintrust.metadata", "model"), Attr("llm.model"), Attr("ls_model_name")],
        ),
        (C::Provider, &[Member("braintrust.metadata", "provider"), Attr("ls_provider")]),
        (
            C::IsStreaming,
            &[
                Attr("gen_ai.request.streaming"),
                Attr("spring.ai.chat.client.stream"),
                Member("langwatch.params", "stream"),
            ],
        ),
        (
            C::TimeToFirstTokenMs,
            &[
                Seconds("gen_ai.streaming.time_to_first_token"),
                Seconds("gen_ai.latency.time_to_first_token"),
            ],
        ),
        (
            C::InputTokens,
            &[
                Member("genkit:output", "usage.inputTokens"),
                Member("braintrust.metrics", "prompt_tokens"),
                Member("langwatch.metrics", "value.promptTokens"),
                Member("langwatch.metrics", "prompt_tokens"),
            ],
        ),
        (
            C::OutputTokens,
            &[
                Member("genkit:output", "usage.outputTokens"),
                Member("braintrust.metrics", "completion_tokens"),
                Member("langwatch.metrics", "value.completionTokens"),
                Member("langwatch.metrics", "completion_tokens"),
            ],
        ),
        (
            C::CacheReadTokens,
            &[
                Member("genkit:output", "usage.cachedContentTokens"),
                Member("braintrust.metrics", "prompt_cached_tokens"),
                Attr("gen_ai.usage.input_tokens.cache_read"),
                Attr("gen_ai.usage.cached_input_tokens"),
                Attr("metadata.usage.cached_prompt_tokens"),
            ],
        ),
        (
            C::ReasoningTokens,
            &[
                Member("genkit:output", "usage.thoughtsTokens"),
                Member("langwatch.metrics", "reasoning_tokens"),
                Member("langwatch.metrics", "value.reasoningTokens"),
            ],
        ),
        (C::FinishReasons, &[Member("genkit:output", "finishReason")]),
        (C::ToolName, &[Attr("spring.ai.tool.definition.name")]),
        (
            C::ToolArguments,
            &[
                Attr("spring.ai.tool.call.arguments"),
                Attr("agentops.tool.input"),
                Attr("gen_ai.tool.input"),
            ],
        ),
        (
            C::ToolResult,
            &[
                Attr("spring.ai.tool.call.result"),
                Attr("agentops.tool.output"),
                Attr("gen_ai.tool.output"),
            ],
        ),
        (C::RetrievalQuery, &[Attr("db.vector.query.content")]),
        (
            C::Documents,
            &[Attr("db.vector.query.response.documents"), Attr("langwatch.rag_contexts")],
        ),
        (
            C::InputMessages,
            &[
                Attr("lmnr.span.input"),
                Attr("langwatch.input"),
                Attr("genkit:input"),
                Attr("braintrust.input_json"),
            ],
        ),
        (
            C::OutputMessages,
            &[
                Attr("lmnr.span.output"),
                Attr("langwatch.output"),
                Attr("genkit:output"),
                Attr("braintrust.output_json"),
            ],
        ),
    ],
    params: &[],
};
