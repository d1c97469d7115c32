//! OpenLLMetry (Traceloop), from the flattened legacy set to the current keys.

use super::Column as C;
use super::Convention;
use super::Source::Attr;

const SCHEMA: &str = "gen_ai.request.structured_output_schema";

pub(crate) static OPENLLMETRY: Convention = Convention {
    columns: &[
        (C::Kind, &[Attr("traceloop.span.kind")]),
        (
            C::SessionId,
            &[
                Attr("traceloop.association.properties.session_id"),
                Attr("traceloop.association.properties.sessionId"),
                Attr("traceloop.association.properties.thread_id"),
                Attr("traceloop.association.properties.chat_id"),
                Attr("traceloop.association.properties.conversation_id"),
            ],
        ),
        (
            C::UserId,
            &[
                Attr("traceloop.association.properties.user_id"),
                Attr("traceloop.association.properties.userId"),
                Attr("llm.user"),
            ],
        ),
        (
            C::TenantId,
            &[
                Attr("traceloop.association.properties.tenant"),
                Attr("traceloop.association.properties.tenant_id"),
                Attr("traceloop.association.properties.tenantId"),
            ],
        ),
        (C::Workflow, &[Attr("traceloop.workflow.name")]),
        (C::PromptName, &[Attr("traceloop.prompt.key"), Attr("traceloop.prompt.name")]),
        (
            C::PromptVersion,
            &[
                Attr("traceloop.prompt.version"),
                Attr("traceloop.prompt.version_name"),
                Attr("traceloop.prompt.version_hash"),
            ],
        ),
        (C::PromptTemplate, &[Attr("traceloop.prompt.template")]),
        (C::ReasoningTokens, &[Attr("llm.usage.reasoning_tokens")]),
        (C::CacheReadTokens, &[Attr("llm.usage.cache_read_input_tokens")]),
        (C::CacheWriteTokens, &[Attr("llm.usage.cache_creation_input_tokens")]),
        (C::InputTokens, &[Attr("llm.usage.prompt_tokens")]),
        (C::OutputTokens, &[Attr("llm.usage.completion_tokens")]),
        (C::RequestModel, &[Attr("llm.request.model")]),
        (C::ResponseModel, &[Attr("llm.response.model")]),
        (C::Provider, &[Attr("llm.vendor")]),
        (C::IsStreaming, &[Attr("gen_ai.is_streaming"), Attr("llm.is_streaming")]),
        (C::Temperature, &[Attr("llm.temperature")]),
        (C::TopP, &[Attr("llm.top_p")]),
        (C::MaxTokens, &[Attr("llm.request.max_tokens")]),
        (C::OutputSchema, &[Attr(SCHEMA), Attr("llm.request.structured_output_schema")]),
        (C::Endpoint, &[Attr("gen_ai.openai.api_base"), Attr("llm.openai.api_base")]),
        (C::FinishReasons, &[Attr("llm.response.finish_reason"), Attr("llm.response.stop_reason")]),
        (C::AgentName, &[Attr("traceloop.agent.name")]),
        (
            C::RetrievalTopK,
            &[
                Attr("db.vector.query.top_k"),
                Attr("pinecone.query.top_k"),
                Attr("db.pinecone.query.top_k"),
            ],
        ),
        (
            C::RetrievalIndex,
            &[
                Attr("db.pinecone.index_name"),
                Attr("pinecone.query.namespace"),
                Attr("db.pinecone.query.namespace"),
                Attr("db.collection.name"),
                Attr("db.chroma.query.collection_name"),
                Attr("db.qdrant.query.collection_name"),
                Attr("db.milvus.search.collection_name"),
                Attr("qdrant.search.collection_name"),
            ],
        ),
    ],
    params: &[
        ("llm.top_k", "top_k"),
        ("llm.frequency_penalty", "frequency_penalty"),
        ("llm.presence_penalty", "presence_penalty"),
        ("llm.chat.stop_sequences", "stop_sequences"),
        ("llm.request.repetition_penalty", "repetition_penalty"),
        ("gen_ai.request.reasoning_effort", "reasoning_level"),
    ],
};
