-- How often does an agent hand over or fall back?
--
-- breakdown  What a row is for: all, day, workflow, agent, tenant.
-- value  Its value.
-- n  Agent runs.
-- escalations  Runs handed to a person or with a fallback.
-- rate low high  escalations / n, and Wilson's interval at 95 %, rows taken as independent.
-- coverage  n / all rows of the breakdown that could have counted.
--
-- owner: ai engineer
-- review: 90 days
with facts as (
    select
        date, workflow, tenant_id, agent_name as model,
        true as is_counted,
        is_escalated or has_fallback as is_hit
    from agent_runs
),
sums as (
    select
        case
            when grouping(date) = 0 then 'day'
            when grouping(workflow) = 0 then 'workflow'
            when grouping(model) = 0 then 'agent'
            when grouping(tenant_id) = 0 then 'tenant'
            else 'all'
        end as breakdown,
        coalesce(cast(date as varchar), workflow, model, tenant_id) as value,
        sum(case when is_counted then 1 else 0 end) as n,
        sum(case when is_counted and is_hit then 1 else 0 end) as hits,
        count(*) as total
    from facts
    group by grouping sets ((), (date), (workflow), (model), (tenant_id))
)
select
    breakdown, value, n, hits as escalations,
    hits * 1.0 / nullif(n, 0) as rate,
    wilson(hits, n)['low'] as low,
    wilson(hits, n)['high'] as high,
    n * 1.0 / nullif(total, 0) as coverage
from sums
order by breakdown, value
