-- Who and what drives cost?
-- By workflow, tenant, user and request type; each call is counted once.
--
-- breakdown  What a row is for: all, workflow, tenant, user, request_type.
-- value  Its value.
-- n  Model calls.
-- cost_usd  Their cost, US dollars.
-- cost_per_call_usd  Cost per priced call, US dollars.
-- unpriced_calls  Calls whose cost is not known: cost is at least what is shown.
-- coverage  Priced calls / n.
--
-- owner: platform
-- review: 90 days
with sums as (
    select
        case
            when grouping(workflow) = 0 then 'workflow'
            when grouping(tenant_id) = 0 then 'tenant'
            when grouping(user_id) = 0 then 'user'
            when grouping(request_type) = 0 then 'request_type'
            else 'all'
        end as breakdown,
        coalesce(workflow, tenant_id, user_id, request_type) as value,
        count(*) as n,
        sum(cost_usd) as cost_usd,
        count(cost_usd) as priced
    from llm_calls
    group by grouping sets ((), (workflow), (tenant_id), (user_id), (request_type))
)
select
    breakdown, value, n, cost_usd,
    cost_usd / nullif(priced, 0) as cost_per_call_usd,
    n - priced as unpriced_calls,
    priced * 1.0 / nullif(n, 0) as coverage
from sums
order by breakdown, cost_usd desc nulls last, value
