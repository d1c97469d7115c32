-- How did each agent run go: steps, end, tools, escalation?
-- One row per trace with an agent span: the run of its outermost agent, whose nested agents' steps
-- are counted with it.
--
-- date start_time  Of the outermost agent span, UTC.
-- span_id agent_name  The outermost agent span.
-- duration_ms  Duration of the outermost agent span, milliseconds.
-- steps  Model calls and tool executions.
-- reported_steps  Steps that the agent itself reports.
-- llm_calls tool_calls  Number of calls and tool executions.
-- termination_reason  Why the loop ended.
-- is_loop_failure  Whether it ended by max_steps, loop, timeout or error, or its span is in error.
-- argument_checks argument_failures  Tool calls checked against a schema, and those that fail.
-- write_requests  Write actions with a decision.
-- write_approvals  Write actions approved.
-- undecided_writes  Write actions executed without a decision.
-- is_escalated  Whether it was handed to a person.
-- has_fallback  Whether a call replaced a failed model or provider.
-- cost_usd  Cost of the calls, US dollars.
select
    a.trace_id, a.span_id, a.date, a.start_time, a.agent_name, a.duration_ms,
    t.workflow, t.request_type, t.tenant_id, t.user_id, t.session_id, t.environment,
    t.llm_calls + t.tool_calls as steps, a.reported_steps, t.llm_calls, t.tool_calls,
    a.termination_reason,
    a.is_error or coalesce(a.termination_reason in ('max_steps', 'loop', 'timeout', 'error'), false)
        as is_loop_failure,
    t.argument_checks, t.argument_failures, t.write_requests, t.write_approvals,
    t.undecided_writes, t.is_escalated, t.has_fallback, t.cost_usd
from (
    select
        trace_id,
        first_value(span_id order by start_unix_nano, span_id) as span_id,
        first_value(date order by start_unix_nano, span_id) as date,
        first_value(start_time order by start_unix_nano, span_id) as start_time,
        first_value(agent_name order by start_unix_nano, span_id) as agent_name,
        first_value(duration_ms order by start_unix_nano, span_id) as duration_ms,
        first_value(step_count order by start_unix_nano, span_id) as reported_steps,
        first_value(termination_reason order by start_unix_nano, span_id) as termination_reason,
        first_value(is_error order by start_unix_nano, span_id) as is_error
    from spans
    where kind = 'agent'
    group by trace_id
) as a
join (
    select
        trace_id,
        max(workflow) as workflow,
        max(request_type) as request_type,
        max(tenant_id) as tenant_id,
        max(user_id) as user_id,
        max(session_id) as session_id,
        max(environment) as environment,
        sum(case when kind = 'llm' and token_role not in ('aggregate', 'duplicate')
            then 1 else 0 end) as llm_calls,
        sum(case when kind = 'tool' then 1 else 0 end) as tool_calls,
        sum(case when kind = 'tool' and tool_args_status is not null then 1 else 0 end)
            as argument_checks,
        sum(case when kind = 'tool' and tool_args_status <> 'ok' then 1 else 0 end)
            as argument_failures,
        sum(case when is_write_action and approval in ('approved', 'rejected')
            then 1 else 0 end) as write_requests,
        sum(case when is_write_action and approval = 'approved' then 1 else 0 end)
            as write_approvals,
        sum(case when kind = 'tool' and is_write_action and approval is null
            then 1 else 0 end) as undecided_writes,
        coalesce(bool_or(is_escalated), false) as is_escalated,
        bool_or(fallback_from is not null) as has_fallback,
        sum(case when token_role = 'leaf' then cost_usd end) as cost_usd
    from spans
    group by trace_id
) as t on t.trace_id = a.trace_id
