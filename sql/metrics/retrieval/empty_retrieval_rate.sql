-- How often does a search find nothing?
-- An unknown count is not an empty one.
--
-- breakdown  What a row is for: all, day, workflow, index, embedding, tenant.
-- value  Its value; indexes as name@version.
-- n  Searches that succeeded, with a known count.
-- empty  Those that found nothing.
-- rate low high  empty / n, and Wilson's interval at 95 %, rows taken as independent.
-- coverage  n / all rows of the breakdown that could have counted.
--
-- owner: ai engineer
-- review: 90 days
with facts as (
    select
        date, workflow, tenant_id, embedding_model as model,
        retrieval_index || '@' || coalesce(retrieval_index_version, '?') as prompt,
        not is_error and retrieved_count is not null as is_counted,
        is_empty as is_hit
    from retrievals
    where kind = 'retriever'
),
sums as (
    select
        case
            when grouping(date) = 0 then 'day'
            when grouping(workflow) = 0 then 'workflow'
            when grouping(prompt) = 0 then 'index'
            when grouping(model) = 0 then 'embedding'
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
    breakdown, value, n, hits as empty,
    hits * 1.0 / nullif(n, 0) as rate,
    wilson(hits, n)['low'] as low,
    wilson(hits, n)['high'] as high,
    n * 1.0 / nullif(total, 0) as coverage
from sums
order by breakdown, value
