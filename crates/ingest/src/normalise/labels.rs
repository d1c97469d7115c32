//! Words of many SDKs, mapped to our vocabularies.

use spanlake_model::Kind;

/// Maps an SDK's word for what a span does; `None` when the word says nothing.
pub(crate) fn kind(word: &str) -> Option<Kind> {
    let word = member(word.trim());
    let lower = word.to_ascii_lowercase();
    Some(match lower.as_str() {
        "llm"
        | "generation"
        | "chat"
        | "chat_model"
        | "text_completion"
        | "generate_content"
        | "completion"
        | "completions"
        | "generate"
        | "messages"
        | "responses"
        | "response"
        | "chat_completion"
        | "chat_completions"
        | "inference"
        | "call_llm"
        | "llm_request"
        | "model"
        | "model_generation"
        | "llm_generation"
        | "tool_selection"
        | "chat.completions"
        | "text.completions"
        | "chat.streaming_completions" => Kind::Llm,
        "embedding" | "embeddings" | "embed" | "embedder" => Kind::Embedding,
        "retriever" | "retrieval" | "retrieve" | "search_memory" | "vector_store" | "rag"
        | "vector_db_retrieve" => Kind::Retriever,
        "reranker" | "rerank" => Kind::Reranker,
        "tool" | "tool.v2" | "execute_tool" | "function" | "tool_call" | "mcp_tool_call"
        | "mcp_tools" | "tools/call" => Kind::Tool,
        "agent" | "agent_run" | "invoke_agent" | "create_agent" => Kind::Agent,
        "chain"
        | "workflow"
        | "task"
        | "invoke_workflow"
        | "agent_step"
        | "span"
        | "step"
        | "flow"
        | "workflow_run"
        | "workflow_step"
        | "model_step"
        | "chat_client"
        | "advisor"
        | "handle_conversation_turn"
        | "session"
        | "operation"
        | "handoff" => Kind::Chain,
        "prompt" => Kind::Prompt,
        "parser" => Kind::Parser,
        "guardrail" | "apply_guardrail" => Kind::Guardrail,
        "evaluator" | "evaluate" | "evaluation" | "score" => Kind::Evaluator,
        "planner" | "plan" => Kind::Planner,
        _ => return vercel_kind(word),
    })
}

/// Takes the member out of an enumeration that Python writes, `SpanKind.TOOL`.
fn member(word: &str) -> &str {
    match word.rsplit_once('.') {
        Some((class, member)) if class.starts_with(|first: char| first.is_ascii_uppercase()) => {
            member
        }
        _ => word,
    }
}

/// Vercel's operation ids: the inner span is the call, the outer one a chain.
fn vercel_kind(word: &str) -> Option<Kind> {
    let operation = word.strip_prefix("ai.")?;
    Some(match operation {
        "toolCall" => Kind::Tool,
        "rerank.doRerank" => Kind::Reranker,
        _ if operation.ends_with(".doEmbed") => Kind::Embedding,
        _ if operation.contains(".do") => Kind::Llm,
        _ => Kind::Chain,
    })
}

/// Normalises a provider's name.
pub(crate) fn provider(raw: &str) -> String {
    let lower = raw.trim().to_ascii_lowercase();
    let known = match lower.as_str() {
        "az.ai.openai" | "azure_openai" | "azure-openai" | "azure.openai" => "azure.ai.openai",
        "az.ai.inference" => "azure.ai.inference",
        "vertex_ai" | "vertexai" | "google.vertex" | "google-vertex" | "google_vertexai" => {
            "gcp.vertex_ai"
        }
        "gemini" => "gcp.gemini",
        "xai" => "x_ai",
        "bedrock" | "aws_bedrock" | "amazon-bedrock" | "amazon_bedrock" | "aws" => "aws.bedrock",
        "mistralai" | "mistral_ai" => "mistral_ai",
        _ => "",
    };
    if !known.is_empty() {
        return known.to_owned();
    }
    // Vercel appends the endpoint: openai.chat, openai.responses, anthropic.messages.
    if let Some((name, suffix)) = lower.rsplit_once('.')
        && matches!(
            suffix,
            "chat"
                | "responses"
                | "messages"
                | "embedding"
                | "embeddings"
                | "completion"
                | "completions"
                | "textembedding"
                | "text-embedding"
                | "image"
                | "reranking"
                | "generative-ai"
                | "speech"
                | "transcription"
        )
    {
        return provider(name);
    }
    lower
}

/// Whether a provider's name is a framework's: it does not say who answered.
pub(crate) fn is_framework(provider: &str) -> bool {
    matches!(
        provider,
        "strands-agents"
            | "strands"
            | "langchain"
            | "langgraph"
            | "llamaindex"
            | "llama_index"
            | "crewai"
            | "autogen"
            | "haystack"
            | "semantic_kernel"
            | "agno"
            | "openai_agents"
            | "gcp.vertex.agent"
            | "microsoft.agent_framework"
            | "dspy"
            | "smolagents"
            | "spring_ai"
    )
}

/// Normalises a finish reason.
pub(crate) fn finish_reason(raw: &str) -> &'static str {
    let lower = raw.trim().to_ascii_lowercase().replace('-', "_");
    // `FinishReason.TOOL_CALLS`, as Python writes an enumeration.
    let lower = lower.rsplit('.').next().unwrap_or_default();
    match lower {
        "stop" | "end_turn" | "stop_sequence" | "eos" | "eos_token" | "completed" | "complete"
        | "finish_reason_stop" | "end" => "stop",
        "length"
        | "max_tokens"
        | "max_output_tokens"
        | "model_length"
        | "incomplete"
        | "model_context_window_exceeded" => "length",
        "tool_call" | "tool_calls" | "tool_use" | "function_call" | "tool" => "tool_calls",
        "content_filter"
        | "content_filtered"
        | "refusal"
        | "safety"
        | "recitation"
        | "blocklist"
        | "prohibited_content"
        | "spii"
        | "guardrail_intervened"
        | "image_safety" => "content_filter",
        "error" | "failed" | "malformed_function_call" => "error",
        _ => "other",
    }
}

/// Normalises what a guardrail decided.
pub(crate) fn guardrail_outcome(raw: &str) -> String {
    let lower = raw.trim().to_ascii_lowercase();
    let outcome = match lower.as_str() {
        "pass" | "passed" | "allow" | "allowed" | "ok" | "none" | "success" | "clean" | "safe"
        | "true" => "pass",
        "block"
        | "blocked"
        | "deny"
        | "denied"
        | "reject"
        | "rejected"
        | "intervened"
        | "fail"
        | "failed"
        | "triggered"
        | "guardrail_intervened"
        | "unsafe"
        | "false"
        | "warn" => "block",
        "modify" | "modified" | "mask" | "masked" | "redact" | "redacted" | "anonymized"
        | "rewrite" => "modify",
        "error" | "guardrail_failed_to_respond" | "timeout" => "error",
        _ => return lower,
    };
    outcome.to_owned()
}

/// Normalises the decision on a write action.
pub(crate) fn approval(raw: &str) -> String {
    let lower = raw.trim().to_ascii_lowercase();
    let decision = match lower.as_str() {
        "approve" | "approved" | "true" | "yes" | "accepted" | "allow" | "allowed" => "approved",
        "reject" | "rejected" | "denied" | "deny" | "false" | "no" | "declined" => "rejected",
        "pending" | "requested" | "waiting" => "pending",
        _ => return lower,
    };
    decision.to_owned()
}

/// Normalises who judged; `None` for a word outside the vocabulary.
pub(crate) fn evaluator_type(raw: &str) -> Option<String> {
    let lower = raw.trim().to_ascii_lowercase();
    let kind = match lower.as_str() {
        "llm" | "model" | "llm_judge" | "ai" => "model",
        "human" | "annotation" | "user" | "end_user" => "human",
        "code" | "rule" | "heuristic" | "programmatic" | "api" => "rule",
        "reference" | "ground_truth" => "reference",
        _ => return None,
    };
    Some(kind.to_owned())
}

/// Normalises a requested output format.
pub(crate) fn response_format(raw: &str) -> String {
    let lower = raw.trim().to_ascii_lowercase();
    // A class that Python describes is the schema that was asked for.
    if lower.starts_with("<class ") {
        return "json_schema".to_owned();
    }
    match lower.as_str() {
        "json" | "object" | "json_mode" | "json_object" | "application/json" | "array" | "enum"
        | "native_json" => "json_object".to_owned(),
        "json_schema" | "native" | "prompted" | "function_calling" => "json_schema".to_owned(),
        _ => lower,
    }
}

/// Whether a normalised format asks for JSON.
pub(crate) fn is_json_format(format: &str) -> bool {
    matches!(format, "json_object" | "json_schema")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_many_sdks_are_known() {
        assert_eq!(kind("CHAT_MODEL"), Some(Kind::Llm));
        assert_eq!(kind("ai.generateText.doGenerate"), Some(Kind::Llm));
        assert_eq!(kind("ai.generateText"), Some(Kind::Chain));
        assert_eq!(kind("ai.embedMany.doEmbed"), Some(Kind::Embedding));
        assert_eq!(kind("whatever"), None);
    }

    #[test]
    fn providers_have_one_name() {
        for (raw, name) in [
            ("OpenAI", "openai"),
            ("openai.chat", "openai"),
            ("az.ai.openai", "azure.ai.openai"),
            ("azure.ai.openai", "azure.ai.openai"),
            ("vertex_ai", "gcp.vertex_ai"),
            ("google.vertex.chat", "gcp.vertex_ai"),
            ("pinecone", "pinecone"),
        ] {
            assert_eq!(provider(raw), name);
        }
    }

    #[test]
    fn finish_reasons_have_one_name() {
        for (raw, name) in [
            ("tool-calls", "tool_calls"),
            ("tool_use", "tool_calls"),
            ("end_turn", "stop"),
            ("MAX_TOKENS", "length"),
            ("refusal", "content_filter"),
            ("banana", "other"),
        ] {
            assert_eq!(finish_reason(raw), name);
        }
    }
}
