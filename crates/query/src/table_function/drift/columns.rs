//! Which columns of a model call have a distribution worth comparing.

/// Numbers: compared over the baseline's deciles.
pub(super) const NUMBERS: [&str; 19] = [
    "duration_ms",
    "time_to_first_token_ms",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "cost_usd",
    "temperature",
    "top_p",
    "max_tokens",
    "retry_count",
    "step_count",
    "retrieved_count",
    "retrieval_top_k",
    "reranker_score_max",
    "context_chars",
    "input_bytes",
    "output_bytes",
];

/// Names, flags and classes.
pub(super) const CATEGORIES: [&str; 44] = [
    "tenant_id",
    "environment",
    "workflow",
    "request_type",
    "service_name",
    "code_version",
    "convention",
    "scope_name",
    "name",
    "operation",
    "provider",
    "endpoint",
    "request_model",
    "response_model",
    "response_format",
    "prompt_hash",
    "agent_name",
    "is_streaming",
    "status",
    "is_error",
    "error_type",
    "is_timeout",
    "is_rate_limited",
    "fallback_from",
    "finish_reason",
    "termination_reason",
    "parse_status",
    "lenient_status",
    "schema_status",
    "refusal_kind",
    "guardrail_name",
    "guardrail_policy",
    "guardrail_outcome",
    "is_escalated",
    "is_write_action",
    "approval",
    "tool_name",
    "tool_args_status",
    "retrieval_index",
    "retrieval_index_version",
    "embedding_model",
    "reranker_model",
    "cost_source",
    "sensitivity",
];

/// Texts: compared by their words.
pub(super) const TEXTS: [&str; 3] = ["input_preview", "output_preview", "status_message"];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// What tells one row from another, says when and how it was written, or is a list or JSON.
    const NOT_COMPARED: [&str; 36] = [
        "date",
        "trace_id",
        "span_id",
        "parent_span_id",
        "user_id",
        "session_id",
        "account_id",
        "conversation_id",
        "request_id",
        "response_id",
        "tool_call_id",
        "kind",
        "token_role",
        "prompt_name",
        "prompt_version",
        "start_time",
        "start_unix_nano",
        "end_unix_nano",
        "ingest_time",
        "row_version",
        "writer_id",
        "is_final",
        "is_superseded",
        "time_suspect",
        "policy_version",
        "sampling_weight",
        "params",
        "attributes",
        "resource_attributes",
        "links",
        "events",
        "redactions",
        "inherited_columns",
        "finish_reasons",
        "prompt_variable_names",
        "tool_calls_requested",
    ];

    #[test]
    fn every_column_is_compared_or_known_not_to_be() {
        let columns = spanlake_model::Table::Spans.columns();
        let stored: BTreeSet<&str> = columns.iter().map(|column| column.name).collect();
        let listed: Vec<&str> =
            NUMBERS.iter().chain(&CATEGORIES).chain(&TEXTS).chain(&NOT_COMPARED).copied().collect();
        let distinct: BTreeSet<&str> = listed.iter().copied().collect();
        assert_eq!(listed.len(), distinct.len(), "a column is listed twice");
        let apart: Vec<_> = stored.symmetric_difference(&distinct).collect();
        assert!(apart.is_empty(), "{apart:?}");
    }
}
