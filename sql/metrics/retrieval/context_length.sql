-- How long are contexts, by workflow?
--
-- n  Calls with a known context.
-- mean_chars p50_chars p95_chars  Characters of context.
-- mean_input_tokens  Input tokens of these calls.
-- coverage  n / model calls.
--
-- owner: ai engineer
-- review: 90 days
with calls as (
    select
        workflow, date, context_chars,
        case when context_chars is not null then input_tokens end as context_tokens
    from llm_calls
)
select
    workflow, date,
    count(context_chars) as n,
    avg(context_chars) as mean_chars,
    percentile_cont(0.5) within group (order by cast(context_chars as double)) as p50_chars,
    percentile_cont(0.95) within group (order by cast(context_chars as double)) as p95_chars,
    avg(context_tokens) as mean_input_tokens,
    count(context_chars) * 1.0 / count(*) as coverage
from calls
group by workflow, date
order by workflow, date
