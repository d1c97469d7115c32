-- Which requests drive spend and slowness?
--
-- calls  Model calls.
-- cost_usd  Their cost, US dollars.
-- cost_share  Share of the whole cost.
-- unpriced_calls  Calls whose cost is not known.
-- p50_ms p95_ms  Quantiles of the duration of calls not in error, milliseconds.
--
-- $back = 30 days  How far back, from the newest span.
-- $rows = 50  Rows at most.
-- owner: product owner
-- review: 30 days
with sums as (
    select
        workflow, request_type, tenant_id, model,
        count(*) as calls,
        sum(cost_usd) as cost_usd,
        count(*) - count(cost_usd) as unpriced_calls,
        percentile_cont(0.5) within group (order by case when not is_error then duration_ms end)
            as p50_ms,
        percentile_cont(0.95) within group (order by case when not is_error then duration_ms end)
            as p95_ms
    from llm_calls
    where date > (select max(date) from spans) - $back
    group by workflow, request_type, tenant_id, model
)
select
    workflow, request_type, tenant_id, model, calls, cost_usd,
    cost_usd / nullif(sum(cost_usd) over (), 0) as cost_share,
    unpriced_calls, p50_ms, p95_ms
from sums
order by cost_usd desc nulls last, calls desc, workflow, request_type, tenant_id, model
limit $rows
