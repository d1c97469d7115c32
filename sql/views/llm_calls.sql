-- Which model calls were made, each counted once?
-- Spans that sum or repeat other spans' calls are left out.
--
-- model  Model that answered, else the one asked for.
-- total_tokens  Input and output tokens.
-- is_json_expected  Whether JSON was expected; not for errors and outputs of only tool calls.
-- is_parse_failure  Whether expected JSON did not parse strictly; NULL where none was expected.
-- is_answer  Whether there is answer text.
select
    date, trace_id, span_id, parent_span_id, start_time, duration_ms, time_to_first_token_ms,
    tenant_id, user_id, session_id, environment, workflow, request_type, service_name, code_version,
    name, operation, status, is_error, error_type, status_message,
    provider, endpoint, request_model, response_model,
    coalesce(response_model, request_model) as model,
    temperature, top_p, max_tokens, response_format, is_streaming, finish_reason,
    prompt_name, prompt_version, prompt_hash,
    input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens,
    coalesce(input_tokens, 0) + coalesce(output_tokens, 0) as total_tokens,
    cost_usd, cost_source, token_role, sampling_weight,
    retry_count, is_timeout, is_rate_limited, fallback_from, tool_calls_requested, context_chars,
    parse_status, lenient_status, schema_status, refusal_kind,
    parse_status is not null as is_json_expected,
    parse_status not in ('ok', 'ok_whitespace') as is_parse_failure,
    refusal_kind is not null as is_answer,
    input_preview, output_preview, input_bytes, output_bytes, sensitivity, attributes
from spans
where kind = 'llm' and token_role not in ('aggregate', 'duplicate')
