-- Did failures to parse JSON double?
-- The last 24 hours against the seven complete days before them. The test is the conditional
-- binomial: of all failures, how many should fall into the last 24 hours? It is defined where there
-- was no failure before.
--
-- group  Prompt, or all.
-- value baseline n  Share that does not parse, now and before, and the failures now.
-- hits trials expected  Failures now, failures in all, share of them that belongs to now.
--
-- $now = now  When.
-- $window = 24 hours  What counts as now.
-- $by = 'prompt'  prompt, workflow, tenant, or all: everything pooled.
-- owner: ai engineer
-- review: 30 days
with calls as (
    select
        case $by when 'prompt' then coalesce(prompt_name, '?')
            when 'workflow' then coalesce(workflow, '?')
            when 'tenant' then coalesce(tenant_id, '?')
            else 'all' end as part,
        start_time > $now - $window as is_now,
        case when is_parse_failure then 1 else 0 end as failed
    from llm_calls
    where is_json_expected and start_time <= $now
        and start_time >= date_trunc('day', $now - $window) - interval '7 days'
        and (start_time > $now - $window or start_time < date_trunc('day', $now - $window))
),
sums as (
    select
        part,
        sum(case when is_now then 1 else 0 end) as calls_now,
        sum(case when is_now then failed else 0 end) as failed_now,
        sum(case when is_now then 0 else 1 end) as calls_before,
        sum(case when is_now then 0 else failed end) as failed_before
    from calls
    group by part
)
select
    part as "group",
    failed_now * 1.0 / nullif(calls_now, 0) as value,
    failed_before * 1.0 / nullif(calls_before, 0) as baseline,
    failed_now as n,
    failed_now as hits,
    failed_now + failed_before as trials,
    calls_now * 1.0 / nullif(calls_now + calls_before, 0) as expected
from sums
where calls_before > 0 and calls_now > 0
order by part
