-- How often does the model refuse?
--
-- breakdown  What a row is for: all, day, workflow, prompt, model, tenant.
-- value  Its value; prompt versions as name@version.
-- n  Calls with answer text.
-- refusals  Full and partial refusals.
-- rate low high  refusals / n, and Wilson's interval at 95 %, rows taken as independent.
-- coverage  n / all rows of the breakdown that could have counted.
--
-- owner: model quality owner
-- review: 90 days
with facts as (
    select
        date, workflow, tenant_id, model,
        prompt_name || '@' || coalesce(prompt_version, '?') as prompt,
        is_answer as is_counted,
        refusal_kind in ('full', 'partial') as is_hit
    from llm_calls
),
sums as (
    select
        case
            when grouping(date) = 0 then 'day'
            when grouping(workflow) = 0 then 'workflow'
            when grouping(prompt) = 0 then 'prompt'
            when grouping(model) = 0 then 'model'
            when grouping(tenant_id) = 0 then 'tenant'
            else 'all'
        end as breakdown,
        coalesce(cast(date as varchar), workflow, prompt, model, tenant_id) as value,
        sum(case when is_counted then 1 else 0 end) as n,
        sum(case when is_counted and is_hit then 1 else 0 end) as hits,
        count(*) as total
    from facts
    group by grouping sets ((), (date), (workflow), (prompt), (model), (tenant_id))
)
select
    breakdown, value, n, hits as refusals,
    hits * 1.0 / nullif(n, 0) as rate,
    wilson(hits, n)['low'] as low,
    wilson(hits, n)['high'] as high,
    n * 1.0 / nullif(total, 0) as coverage
from sums
order by breakdown, value
