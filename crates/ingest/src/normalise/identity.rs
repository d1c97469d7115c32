//! What a span is and whose: kind, convention, tenant, user, session, workflow.

use spanlake_model::{Kind, SpanRow};

use super::labels;
use crate::attrs::{Attrs, Family};
use crate::context::IngestContext;
use crate::conventions::Column;
use crate::otlp::RawScope;

pub(super) fn convention(attrs: &Attrs<'_, '_>, scope: &RawScope<'_>) -> Option<&'static str> {
    let seen = attrs.seen;
    let scope = scope.name.as_ref();
    Some(if seen.langfuse {
        "langfuse"
    } else if seen.langsmith {
        "langsmith"
    } else if seen.mlflow {
        "mlflow"
    } else if seen.litellm || scope == "litellm" {
        "litellm"
    } else if seen.vercel {
        "vercel-ai"
    } else if attrs.has("openinference.span.kind") {
        "openinference"
    } else if seen.logfire || scope == "pydantic-ai" || scope == "logfire" {
        "logfire/pydantic-ai"
    } else if seen.traceloop || attrs.has("llm.request.type") {
        "openllmetry"
    } else if seen.gen_ai {
        "otel-genai"
    } else {
        return None;
    })
}

pub(super) fn kind(attrs: &Attrs<'_, '_>, name: &str) -> Kind {
    if attrs.peek("pydantic_ai.model_request.attempt").is_some() {
        return Kind::Other;
    }
    let mut named = false;
    let found = attrs.first(Column::Kind, |val| {
        let word = crate::attrs::text(val)?;
        named |= !word.eq_ignore_ascii_case("unknown");
        labels::kind(&word)
    });
    let operation = attrs.peek_str("gen_ai.operation.name").and_then(labels::kind);
    if let (Some(Kind::Chain), Some("task")) = (found, attrs.peek_str("traceloop.span.kind")) {
        // Traceloop's task is any step; the operation may say which, of those that Traceloop has no
        // word of its own for.
        let other = operation.filter(|kind| !matches!(kind, Kind::Agent | Kind::Tool));
        return other.unwrap_or(Kind::Chain);
    }
    if let Some(kind) = found {
        // Laminar has no word for an embedding.
        let is_embedding = kind == Kind::Llm
            && attrs.peek("lmnr.span.type").is_some()
            && name.ends_with(".embeddings");
        return match kind {
            _ if is_embedding => Kind::Embedding,
            // Spring AI has one word for everything that a vector store does.
            Kind::Retriever if is_change_of_store(attrs) => Kind::Other,
            kind => kind,
        };
    }
    if attrs.peek("gen_ai.tool.name").is_some() {
        return Kind::Tool;
    }
    if attrs.has_family(Family::OiDocuments) {
        return Kind::Retriever;
    }
    // Pydantic AI's earlier agent runs have no operation.
    if attrs.peek("agent_name").is_some()
        && ["final_result", "all_messages_events", "pydantic_ai.all_messages"]
            .iter()
            .any(|key| attrs.peek(key).is_some())
    {
        return Kind::Agent;
    }
    if attrs.peek("db.vector.query.top_k").is_some() || attrs.peek("pinecone.query.top_k").is_some()
    {
        return Kind::Retriever;
    }
    if is_vector_search(attrs) {
        return Kind::Retriever;
    }
    // Without any word of its own, a gen_ai span's name and usage tell.
    if attrs.seen.gen_ai && !named {
        let first = name.split([' ', '.']).next().unwrap_or_default();
        if let Some(kind) = labels::kind(first).filter(|kind| *kind != Kind::Chain) {
            return kind;
        }
        if let Some(kind) = attrs.peek_str("http.url").and_then(called) {
            return kind;
        }
        let answered = attrs.peek("gen_ai.usage.output_tokens").is_some()
            || attrs.peek("gen_ai.usage.completion_tokens").is_some();
        let models = ["gen_ai.request.model", "gen_ai.response.model"];
        if answered && models.iter().any(|key| attrs.peek(key).is_some()) {
            return Kind::Llm;
        }
    }
    Kind::Other
}

/// What a provider does at an address: SDKs that trace their own requests say no more.
fn called(url: &str) -> Option<Kind> {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    match path.rsplit('/').next().unwrap_or_default() {
        "completions" | "messages" | "responses" => Some(Kind::Llm),
        "embeddings" => Some(Kind::Embedding),
        _ => None,
    }
}

/// A vector store that is written to.
fn is_change_of_store(attrs: &Attrs<'_, '_>) -> bool {
    let operation = attrs.peek_str("db.operation.name").unwrap_or_default();
    ["add", "delete", "insert", "update", "upsert"].contains(&operation)
}

/// A search in a store of vectors.
fn is_vector_search(attrs: &Attrs<'_, '_>) -> bool {
    let word = |keys: [&str; 2]| keys.iter().find_map(|key| attrs.peek_str(key));
    let store = word(["db.system.name", "db.system"]).unwrap_or_default();
    let operation = word(["db.operation.name", "db.operation"]).unwrap_or_default();
    let stores =
        ["chroma", "chromadb", "pinecone", "qdrant", "weaviate", "milvus", "lancedb", "marqo"];
    let operation = operation.to_ascii_lowercase();
    stores.contains(&store)
        && ["query", "search", "retrieve", "get"].iter().any(|verb| operation.starts_with(verb))
}

/// Whose span it is.
pub(super) fn identity(ctx: &IngestContext, attrs: &Attrs<'_, '_>, span: &mut SpanRow) {
    let keys = &ctx.keys;
    span.tenant_id = attrs.configured(&keys.tenant).or_else(|| attrs.text(Column::TenantId));
    span.workflow = attrs.configured(&keys.workflow).or_else(|| attrs.text(Column::Workflow));
    span.request_type =
        attrs.configured(&keys.request_type).or_else(|| attrs.text(Column::RequestType));
    span.request_id = attrs.configured(&keys.request_id).or_else(|| attrs.text(Column::RequestId));
    // A conversation id is both: the session when nothing else is, and itself.
    span.conversation_id = attrs.text(Column::ConversationId);
    span.session_id = attrs.text(Column::SessionId).or_else(|| plain(attrs, "session_id"));
    span.user_id = attrs.text(Column::UserId).or_else(|| plain(attrs, "user_id"));
    span.account_id = attrs.text(Column::AccountId);
    span.environment = attrs.text(Column::Environment);
    span.code_version = attrs.text(Column::CodeVersion);
    span.sensitivity = attrs.text(Column::Sensitivity);
    span.sampling_weight = attrs.double(Column::SamplingWeight);
}

/// A name that no convention owns, but that applications set by hand.
fn plain(attrs: &Attrs<'_, '_>, key: &str) -> Option<String> {
    let value = attrs.peek(key).and_then(crate::attrs::text)?;
    attrs.take(key);
    Some(value)
}
