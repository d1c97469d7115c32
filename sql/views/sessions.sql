-- How did each session or conversation go?
-- One row per session id. Tokens and cost are sums over its model calls, each counted once.
--
-- start_time end_time  First start and last span start, UTC.
-- traces  Turns: traces of the session.
-- spans llm_calls tool_calls  Number of spans, calls, tool executions.
-- errors  Spans in error.
-- parse_failures  Calls whose expected JSON did not parse strictly.
-- refusals  Answers that refuse in full or in part.
-- is_escalated  Whether it was handed to a person.
-- input_tokens output_tokens  Tokens of the calls.
-- cost_usd  Cost of the calls, US dollars.
-- unpriced_calls  Calls whose cost is not known.
select
    session_id,
    max(tenant_id) as tenant_id,
    max(user_id) as user_id,
    max(environment) as environment,
    max(workflow) as workflow,
    min(start_time) as start_time,
    max(start_time) as end_time,
    count(distinct id_hash(trace_id)) as traces,
    count(*) as spans,
    sum(case when kind = 'llm' and token_role not in ('aggregate', 'duplicate')
        then 1 else 0 end) as llm_calls,
    sum(case when kind = 'tool' then 1 else 0 end) as tool_calls,
    sum(case when is_error then 1 else 0 end) as errors,
    sum(case when kind = 'llm' and token_role not in ('aggregate', 'duplicate')
        and parse_status not in ('ok', 'ok_whitespace') then 1 else 0 end) as parse_failures,
    sum(case when kind = 'llm' and token_role not in ('aggregate', 'duplicate')
        and refusal_kind in ('full', 'partial') then 1 else 0 end) as refusals,
    coalesce(bool_or(is_escalated), false) as is_escalated,
    sum(case when token_role = 'leaf' then input_tokens end) as input_tokens,
    sum(case when token_role = 'leaf' then output_tokens end) as output_tokens,
    sum(case when token_role = 'leaf' then cost_usd end) as cost_usd,
    sum(case when token_role = 'leaf' and cost_usd is null then 1 else 0 end) as unpriced_calls
from spans
where session_id is not null
group by session_id
