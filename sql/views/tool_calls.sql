-- Which tools ran, with what result?
--
-- is_argument_failure  Whether the arguments do not fit the tool's schema; NULL without a schema.
select
    date, trace_id, span_id, parent_span_id, start_time, duration_ms,
    tenant_id, user_id, session_id, environment, workflow, request_type, service_name,
    name, tool_name, tool_call_id, tool_args_status,
    tool_args_status <> 'ok' as is_argument_failure,
    is_write_action, approval, is_escalated, status, is_error, error_type, status_message,
    is_timeout, retry_count, prompt_name, prompt_version, agent_name,
    input_preview, output_preview, input_bytes, output_bytes, attributes
from spans
where kind = 'tool' and token_role <> 'duplicate'
