-- What happened in each trace, and did it succeed?
-- One row per trace. Tokens and cost are sums over its model calls, each counted once.
--
-- date  Earliest date of its spans.
-- start_time  Earliest start, UTC.
-- duration_ms  From the earliest start to the latest end, milliseconds.
-- root_name  Name of the root span; NULL while the root is not there.
-- has_root  Whether the root span is there.
-- spans llm_calls tool_calls retrievals  Number of spans, calls, tool executions, searches.
-- errors  Spans in error.
-- is_error  Whether the root is in error; NULL while it is not there.
-- parse_failures  Calls whose expected JSON did not parse strictly.
-- is_escalated  Whether it was handed to a person.
-- failed_evals  Evals of the trace or its spans that did not pass.
-- success  Root not in error, no parse failure, no failed eval, not escalated; NULL while the root
--   is not there.
-- input_tokens output_tokens  Tokens of the calls.
-- cost_usd  Cost of the calls, US dollars.
-- unpriced_calls  Calls whose cost is not known.
-- prompts  Prompt versions used, name@version.
select
    t.trace_id, t.date, t.start_time, t.duration_ms,
    t.workflow, t.request_type, t.root_name, t.has_root,
    t.tenant_id, t.user_id, t.session_id, t.environment, t.service_name,
    t.spans, t.llm_calls, t.tool_calls, t.retrievals, t.errors, t.is_error,
    t.parse_failures, t.is_escalated, coalesce(e.failed_evals, 0) as failed_evals,
    case when t.has_root then
        not t.is_error and t.parse_failures = 0 and not t.is_escalated
            and coalesce(e.failed_evals, 0) = 0
    end as success,
    t.input_tokens, t.output_tokens, t.cost_usd, t.unpriced_calls, t.prompts
from (
    select
        trace_id,
        min(date) as date,
        min(start_time) as start_time,
        (max(end_unix_nano) - min(start_unix_nano)) / 1e6 as duration_ms,
        max(workflow) as workflow,
        max(request_type) as request_type,
        min(case when parent_span_id is null then name end) as root_name,
        bool_or(parent_span_id is null) as has_root,
        max(tenant_id) as tenant_id,
        max(user_id) as user_id,
        max(session_id) as session_id,
        max(environment) as environment,
        max(service_name) as service_name,
        count(*) as spans,
        sum(case when kind = 'llm' and token_role not in ('aggregate', 'duplicate')
            then 1 else 0 end) as llm_calls,
        sum(case when kind = 'tool' then 1 else 0 end) as tool_calls,
        sum(case when kind = 'retriever' then 1 else 0 end) as retrievals,
        sum(case when is_error then 1 else 0 end) as errors,
        bool_or(case when parent_span_id is null then is_error end) as is_error,
        sum(case when kind = 'llm' and token_role not in ('aggregate', 'duplicate')
            and parse_status not in ('ok', 'ok_whitespace') then 1 else 0 end) as parse_failures,
        coalesce(bool_or(is_escalated), false) as is_escalated,
        sum(case when token_role = 'leaf' then input_tokens end) as input_tokens,
        sum(case when token_role = 'leaf' then output_tokens end) as output_tokens,
        sum(case when token_role = 'leaf' then cost_usd end) as cost_usd,
        sum(case when token_role = 'leaf' and cost_usd is null then 1 else 0 end)
            as unpriced_calls,
        array_sort(array_agg(distinct prompt_name || '@' || coalesce(prompt_version, '?'))
            filter (where prompt_name is not null)) as prompts
    from spans
    group by trace_id
) as t
left join (
    select trace_id, count(*) as failed_evals
    from evals
    where passed = false and trace_id is not null
    group by trace_id
) as e on e.trace_id = t.trace_id
