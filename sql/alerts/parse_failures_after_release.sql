-- Did failures to parse JSON rise with a prompt's release?
-- Each release of the last week: calls of the released version against calls of the prompt in the
-- seven days before the release.
--
-- group  Prompt, version and environment.
-- value baseline n  Share that does not parse, with it and before; failures with it.
-- hits trials expected  Failures with it, in all, and the share of them that belongs to it.
--
-- $now = now  When.
-- owner: ai engineer
-- review: 30 days
with released as (
    select environment, prompt_name, prompt_version, max(time) as released
    from releases
    where time <= $now and time > $now - interval '7 days'
    group by environment, prompt_name, prompt_version
),
sums as (
    select
        r.environment, r.prompt_name, r.prompt_version,
        sum(case when c.start_time >= r.released then 1 else 0 end) as calls_new,
        sum(case when c.start_time >= r.released and c.is_parse_failure then 1 else 0 end)
            as failed_new,
        sum(case when c.start_time < r.released then 1 else 0 end) as calls_before,
        sum(case when c.start_time < r.released and c.is_parse_failure then 1 else 0 end)
            as failed_before
    from released as r
    join llm_calls as c on c.prompt_name = r.prompt_name and c.environment = r.environment
    where c.is_json_expected and c.start_time <= $now
        and c.start_time >= r.released - interval '7 days'
        and (c.start_time < r.released or c.prompt_version = r.prompt_version)
    group by r.environment, r.prompt_name, r.prompt_version
)
select
    prompt_name || ' ' || prompt_version || ' ' || environment as "group",
    failed_new * 1.0 / calls_new as value,
    failed_before * 1.0 / calls_before as baseline,
    failed_new as n,
    failed_new as hits,
    failed_new + failed_before as trials,
    calls_new * 1.0 / (calls_new + calls_before) as expected
from sums
where calls_new > 0 and calls_before > 0
order by 1
