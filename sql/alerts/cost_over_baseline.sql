-- Does a workflow cost more than it did?
-- The last 24 hours against the mean of the seven complete days before them.
--
-- group  Workflow.
-- value baseline n  US dollars a day, now and before; traces now.
--
-- $now = now  When.
-- owner: product owner
-- review: 30 days
with runs as (
    select
        coalesce(workflow, '?') as workflow, trace_id, cost_usd,
        start_time > $now - interval '24 hours' as is_now
    from llm_calls
    where start_time <= $now
        and start_time >= date_trunc('day', $now - interval '24 hours') - interval '7 days'
        and (start_time > $now - interval '24 hours'
            or start_time < date_trunc('day', $now - interval '24 hours'))
)
select
    workflow as "group",
    sum(case when is_now then cost_usd end) as value,
    sum(case when not is_now then cost_usd end) / 7.0 as baseline,
    count(distinct case when is_now then trace_id end) as n
from runs
group by workflow
having sum(case when not is_now then cost_usd end) > 0
order by workflow
