-- Did a release improve production?
-- The calls of a prompt in the days before a release or rollback against the days after, whatever
-- version they used. Before and after differ in more than the release: no cause is claimed.
--
-- released  Time of the release, UTC.
-- calls_before calls_after  Model calls of the prompt.
-- error_rate_before error_rate_after  Calls in error / calls.
-- parse_failure_rate_before parse_failure_rate_after  Share of expected JSON that did not parse.
-- cost_per_call_before_usd cost_per_call_after_usd  Cost per priced call, US dollars.
-- mean_ms_before mean_ms_after  Mean duration, milliseconds.
--
-- $around = 7 days  How long before and after a release.
-- $prompt = null  Only this prompt.
-- owner: ai engineer
-- review: 30 days
with compared as (
    select
        r.environment, r.prompt_name, r.prompt_version, r.action, r.time as released,
        c.start_time >= r.time as is_after,
        c.is_error, c.parse_status, c.cost_usd, c.duration_ms
    from releases as r
    join llm_calls as c on c.prompt_name = r.prompt_name
        and c.environment = r.environment
        and c.start_time >= r.time - $around
        and c.start_time < r.time + $around
    where $prompt is null or r.prompt_name = $prompt
)
select
    environment, prompt_name, prompt_version, action, released,
    sum(case when is_after then 0 else 1 end) as calls_before,
    sum(case when is_after then 1 else 0 end) as calls_after,
    avg(case when not is_after then case when is_error then 1.0 else 0.0 end end)
        as error_rate_before,
    avg(case when is_after then case when is_error then 1.0 else 0.0 end end) as error_rate_after,
    avg(case when not is_after and parse_status is not null
        then case when parse_status not in ('ok', 'ok_whitespace') then 1.0 else 0.0 end end)
        as parse_failure_rate_before,
    avg(case when is_after and parse_status is not null
        then case when parse_status not in ('ok', 'ok_whitespace') then 1.0 else 0.0 end end)
        as parse_failure_rate_after,
    avg(case when not is_after then cost_usd end) as cost_per_call_before_usd,
    avg(case when is_after then cost_usd end) as cost_per_call_after_usd,
    avg(case when not is_after then duration_ms end) as mean_ms_before,
    avg(case when is_after then duration_ms end) as mean_ms_after
from compared
group by environment, prompt_name, prompt_version, action, released
order by released, environment, prompt_name
