-- How fast does each provider answer?
-- Calls in error are counted apart and not in the quantiles.
--
-- model  Model that answered, else the one asked for.
-- n  Calls not in error, with a duration.
-- errors  Calls in error.
-- p50_ms p95_ms p99_ms  Quantiles of their duration, milliseconds.
-- first_token_p50_ms  Median time to the first token of calls that report it, milliseconds.
-- coverage  n / calls not in error.
--
-- owner: platform
-- review: 90 days
with calls as (
    select
        provider, model, endpoint, operation, is_error, duration_ms,
        case when not is_error then duration_ms end as ok_ms,
        case when not is_error then time_to_first_token_ms end as first_token_ms
    from llm_calls
)
select
    provider, model, endpoint, operation,
    count(ok_ms) as n,
    sum(case when is_error then 1 else 0 end) as errors,
    percentile_cont(0.5) within group (order by ok_ms) as p50_ms,
    percentile_cont(0.95) within group (order by ok_ms) as p95_ms,
    percentile_cont(0.99) within group (order by ok_ms) as p99_ms,
    percentile_cont(0.5) within group (order by first_token_ms) as first_token_p50_ms,
    count(ok_ms) * 1.0 / nullif(sum(case when is_error then 0 else 1 end), 0) as coverage
from calls
group by provider, model, endpoint, operation
order by provider, model, endpoint, operation
