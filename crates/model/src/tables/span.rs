//! The facts of a span.

use crate::column::Redaction;
use crate::units::{Day, Micros};
use crate::vocabulary::{CostSource, Kind, SpanStatus, TokenRole};

table! {
    /// A span's facts.
    pub struct SpanRow {
        #[doc = "UTC day of `start_time`; the day of receipt when `time_suspect`."]
        date: Day [Plain, Delta];
        #[doc = "Trace id, 32 lower-case hexadecimal digits."]
        trace_id: String [Plain, Bloom];
        #[doc = "Span id, 16 lower-case hexadecimal digits."]
        span_id: String [Plain, Bloom];
        #[doc = "Start, microseconds, UTC."]
        start_time: Micros [Plain, Delta];
        #[doc = "Start, nanoseconds since the epoch, as sent."]
        start_unix_nano: i64 [Plain, Delta];
        #[doc = "End, nanoseconds since the epoch, as sent; 0 while the span is open."]
        end_unix_nano: i64 [Plain, Delta];
        #[doc = "End minus start, milliseconds; NULL for an open span or an end before the start."]
        duration_ms: Option<f64> [Plain, Delta];
        #[doc = "Parent's span id; NULL for a root."]
        parent_span_id: Option<String> [Plain, None];
        #[doc = "Tenant."]
        tenant_id: Option<String> [Identity, None];
        #[doc = "End user, as the application names it; a pseudonym when it was personal data."]
        user_id: Option<String> [Identity, Bloom];
        #[doc = "Session or conversation thread."]
        session_id: Option<String> [Identity, Bloom];
        #[doc = "Deployment environment."]
        environment: Option<String> [Identifier, Parquet];
        #[doc = "Workflow: configured key, attribute, or the root span's name."]
        workflow: Option<String> [Identifier, Parquet];
        #[doc = "Span name."]
        name: String [Text, None];
        #[doc = "What the span did."]
        kind: Kind [Plain, Parquet];
        #[doc = "Finer source value (chat, plan, execute_tool)."]
        operation: Option<String> [Identifier, Parquet];
        #[doc = "OTLP status as sent: UNSET, OK, ERROR."]
        status: SpanStatus [Plain, Parquet];
        #[doc = "Whether the span failed."]
        is_error: bool [Plain, Parquet];
        #[doc = "Type of the error."]
        error_type: Option<String> [Identifier, Parquet];
        #[doc = "Status or exception message."]
        status_message: Option<String> [Text, None];
        #[doc = "SDK convention the span was written in."]
        convention: Option<String> [Plain, Parquet];
        #[doc = "Instrumentation scope, `name@version`."]
        scope_name: Option<String> [Identifier, None];
        #[doc = "How the span's tokens and cost enter sums: leaf, aggregate, duplicate, none."]
        token_role: TokenRole [Plain, Parquet];
        #[doc = "Service that sent the span."]
        service_name: Option<String> [Identifier, Parquet];
        #[doc = "Version of the application's code."]
        code_version: Option<String> [Identifier, Parquet];
        #[doc = "Request type: configured key, or the root span's name."]
        request_type: Option<String> [Identifier, Parquet];
        #[doc = "Account."]
        account_id: Option<String> [Identity, None];
        #[doc = "Conversation id as the provider or framework names it."]
        conversation_id: Option<String> [Identity, None];
        #[doc = "The application's request id."]
        request_id: Option<String> [Identifier, None];
        #[doc = "The provider's response id."]
        response_id: Option<String> [Identifier, None];
        #[doc = "Model asked for."]
        request_model: Option<String> [Identifier, Parquet];
        #[doc = "Model that answered."]
        response_model: Option<String> [Identifier, Parquet];
        #[doc = "Provider, normalised (openai, anthropic, azure.ai.openai, gcp.vertex_ai, ...)."]
        provider: Option<String> [Identifier, Parquet];
        #[doc = "Host and port called."]
        endpoint: Option<String> [Identifier, Parquet];
        #[doc = "Sampling temperature."]
        temperature: Option<f64> [Plain, Delta];
        #[doc = "Nucleus sampling mass."]
        top_p: Option<f64> [Plain, Delta];
        #[doc = "Output token limit."]
        max_tokens: Option<i64> [Plain, Delta];
        #[doc = "Requested output format (text, json_object, json_schema)."]
        response_format: Option<String> [Identifier, Parquet];
        #[doc = "Other model parameters, JSON object."]
        params: Option<String> [Json, None];
        #[doc = "Input tokens, cached ones included."]
        input_tokens: Option<i64> [Plain, Delta];
        #[doc = "Output tokens, reasoning included."]
        output_tokens: Option<i64> [Plain, Delta];
        #[doc = "Input tokens read from a cache, part of `input_tokens`."]
        cache_read_tokens: Option<i64> [Plain, Delta];
        #[doc = "Input tokens written to a cache, part of `input_tokens`."]
        cache_write_tokens: Option<i64> [Plain, Delta];
        #[doc = "Reasoning tokens, part of `output_tokens`."]
        reasoning_tokens: Option<i64> [Plain, Delta];
        #[doc = "Cost, US dollars."]
        cost_usd: Option<f64> [Plain, Delta];
        #[doc = "Where the cost comes from: reported, computed, none."]
        cost_source: CostSource [Plain, Parquet];
        #[doc = "Time to the first token, milliseconds."]
        time_to_first_token_ms: Option<f64> [Plain, Delta];
        #[doc = "Whether the answer was streamed."]
        is_streaming: Option<bool> [Plain, Parquet];
        #[doc = "First finish reason, normalised: stop, length, tool_calls, content_filter, error, other."]
        finish_reason: Option<String> [Plain, Parquet];
        #[doc = "Finish reasons, verbatim."]
        finish_reasons: Vec<String> [Identifier, None];
        #[doc = "Prompt name."]
        prompt_name: Option<String> [Identifier, Parquet];
        #[doc = "Prompt version."]
        prompt_version: Option<String> [Identifier, Parquet];
        #[doc = "Keyed hash of the raw template."]
        prompt_hash: Option<String> [Plain, None];
        #[doc = "Names of the prompt's variables."]
        prompt_variable_names: Vec<String> [Identifier, None];
        #[doc = "Agent name."]
        agent_name: Option<String> [Identifier, Parquet];
        #[doc = "Steps the agent reports."]
        step_count: Option<i64> [Plain, Delta];
        #[doc = "Why an agent's loop ended (final_answer, max_steps, loop, timeout, error)."]
        termination_reason: Option<String> [Identifier, Parquet];
        #[doc = "Tool executed."]
        tool_name: Option<String> [Identifier, Parquet];
        #[doc = "Id of the tool call executed."]
        tool_call_id: Option<String> [Identifier, None];
        #[doc = "Names of the tools that the answer asks for."]
        tool_calls_requested: Vec<String> [Identifier, None];
        #[doc = "Verdict on the tool's arguments: ok, or a code of tool_args_check; NULL without a schema."]
        tool_args_status: Option<String> [Plain, Parquet];
        #[doc = "Whether the tool changes something outside."]
        is_write_action: Option<bool> [Plain, Parquet];
        #[doc = "Decision on a write action: approved, rejected, pending."]
        approval: Option<String> [Identifier, Parquet];
        #[doc = "Whether the run was handed to a person."]
        is_escalated: Option<bool> [Plain, Parquet];
        #[doc = "Guardrail name."]
        guardrail_name: Option<String> [Identifier, Parquet];
        #[doc = "Guardrail policy."]
        guardrail_policy: Option<String> [Identifier, Parquet];
        #[doc = "Guardrail outcome: pass, block, modify, error."]
        guardrail_outcome: Option<String> [Identifier, Parquet];
        #[doc = "Retries before this result."]
        retry_count: Option<i64> [Plain, Delta];
        #[doc = "Whether the call timed out."]
        is_timeout: bool [Plain, Parquet];
        #[doc = "Whether the provider limited the rate."]
        is_rate_limited: bool [Plain, Parquet];
        #[doc = "Model or provider that this call replaced."]
        fallback_from: Option<String> [Identifier, Parquet];
        #[doc = "Documents retrieved; NULL when unknown."]
        retrieved_count: Option<i64> [Plain, Delta];
        #[doc = "Documents asked for."]
        retrieval_top_k: Option<i64> [Plain, Delta];
        #[doc = "Index searched."]
        retrieval_index: Option<String> [Identifier, Parquet];
        #[doc = "Version of the index."]
        retrieval_index_version: Option<String> [Identifier, Parquet];
        #[doc = "Embedding model."]
        embedding_model: Option<String> [Identifier, Parquet];
        #[doc = "Reranker model."]
        reranker_model: Option<String> [Identifier, Parquet];
        #[doc = "Highest reranker score."]
        reranker_score_max: Option<f64> [Plain, Delta];
        #[doc = "Characters of context in the final prompt."]
        context_chars: Option<i64> [Plain, Delta];
        #[doc = "Strict JSON class of the output; NULL where JSON is not expected."]
        parse_status: Option<String> [Plain, Parquet];
        #[doc = "JSON class after repair; NULL where JSON is not expected."]
        lenient_status: Option<String> [Plain, Parquet];
        #[doc = "valid, invalid or no_schema; NULL where JSON is not expected."]
        schema_status: Option<String> [Plain, Parquet];
        #[doc = "none, partial or full refusal; NULL where there is no answer text."]
        refusal_kind: Option<String> [Plain, Parquet];
        #[doc = "First 500 characters of the redacted input."]
        input_preview: Option<String> [Text, None];
        #[doc = "First 500 characters of the redacted output."]
        output_preview: Option<String> [Text, None];
        #[doc = "Bytes of input content, before redaction."]
        input_bytes: Option<i64> [Plain, Delta];
        #[doc = "Bytes of output content, before redaction."]
        output_bytes: Option<i64> [Plain, Delta];
        #[doc = "Sensitivity tag of the trace or workflow."]
        sensitivity: Option<String> [Identifier, Parquet];
        #[doc = "Weight of the span under sampling; NULL means 1."]
        sampling_weight: Option<f64> [Plain, Delta];
        #[doc = "Links, JSON list of {trace_id, span_id, attributes}."]
        links: Option<String> [Json, None];
        #[doc = "Events, JSON list of {name, time_unix_nano, attributes}."]
        events: Option<String> [Json, None];
        #[doc = "What redaction removed: field, class, count."]
        redactions: Vec<Redaction> [Plain, None];
        #[doc = "Hash of the redaction policy applied; `none` without one."]
        policy_version: String [Plain, Parquet];
        #[doc = "Attributes not mapped to a column, JSON object."]
        attributes: Option<String> [Json, None];
        #[doc = "Resource attributes, JSON object."]
        resource_attributes: Option<String> [Json, None];
        #[doc = "Columns whose value was inherited from the trace, not sent on the span."]
        inherited_columns: Vec<String> [Plain, None];
        #[doc = "Receipt, microseconds, UTC."]
        ingest_time: Micros [Plain, Delta];
        #[doc = "Version of this row; higher is newer for one writer."]
        row_version: i64 [Plain, Delta];
        #[doc = "Writer of this row."]
        writer_id: String [Plain, Parquet];
        #[doc = "Whether the span had ended when sent."]
        is_final: bool [Plain, Parquet];
        #[doc = "Whether another span replaces this placeholder."]
        is_superseded: bool [Plain, Parquet];
        #[doc = "Whether the times sent are outside what retention and the receipt allow."]
        time_suspect: bool [Plain, Parquet];
    }
}
