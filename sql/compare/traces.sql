-- What became of the traces that only one of the two versions answered?
-- Success: root without error, no failed evaluation, no parse failure, not escalated.
--
-- side tenant model cluster weight  as in calls.sql
-- success escalation  0 or 1
-- cost_per_success cost_per_success_n  US dollars of the trace, and whether it succeeded
-- tool_arguments tool_arguments_n  Tool calls with wrong arguments, and with a schema to check.
with answered as (
    select
        trace_id,
        min(prompt_version) as version,
        coalesce(min(coalesce(response_model, request_model)), '') as model
    from spans
    where kind = 'llm' and token_role not in ('aggregate', 'duplicate')
        and prompt_name = $prompt
    group by trace_id
    having min(prompt_version) = max(prompt_version)
        and min(prompt_version) in ($version_a, $version_b)
),
failed as (
    select distinct trace_id
    from evals
    where not passed and trace_id is not null
),
runs as (
    select
        s.trace_id,
        a.version,
        a.model,
        coalesce(max(s.tenant_id), '') as tenant,
        coalesce(max(s.session_id), s.trace_id) as cluster,
        min(s.start_time) as started,
        max(coalesce(s.sampling_weight, 1.0)) as weight,
        bool_or(s.parent_span_id is null and s.is_error) as is_failed_root,
        bool_or(s.kind = 'llm' and s.token_role not in ('aggregate', 'duplicate')
            and coalesce(s.parse_status not in ('ok', 'ok_whitespace'), false)) as is_unparsed,
        bool_or(coalesce(s.is_escalated, false)) as is_escalated,
        coalesce(sum(s.cost_usd) filter (where s.token_role = 'leaf'), 0.0) as cost,
        count(s.tool_args_status) filter (where s.kind = 'tool') as checked,
        count(*) filter (where s.kind = 'tool' and s.tool_args_status <> 'ok') as refused
    from spans as s
    join answered as a on a.trace_id = s.trace_id
    group by s.trace_id, a.version, a.model
),
judged as (
    select
        r.*,
        case when r.is_failed_root or r.is_unparsed or r.is_escalated or f.trace_id is not null
            then 0.0 else 1.0 end as success
    from runs as r
    left join failed as f on f.trace_id = r.trace_id
)
select
    case when version = $version_a then 0 else 1 end as side,
    tenant, model, cluster, weight,
    success,
    case when is_escalated then 1.0 else 0.0 end as escalation,
    cost as cost_per_success,
    success as cost_per_success_n,
    cast(refused as double) as tool_arguments,
    cast(checked as double) as tool_arguments_n
from judged
where started between $first_time and $last_time
order by side, cluster
