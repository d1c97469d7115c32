-- Does a provider fail on a workflow?
--
-- group  Provider and workflow.
-- value n  Share of calls in error; calls.
-- hits trials expected  For the exact binomial test against the share that is tolerated.
--
-- $now = now  When.
-- $window = 10 minutes  How far back.
-- $tolerated = 0.2  Share of errors that is tolerated.
-- $environment = 'production'  Environment.
-- $workflow = null  Only this workflow, the critical one.
-- owner: on-call
-- review: 30 days
select
    coalesce(provider, '?') || ' ' || coalesce(workflow, '?') as "group",
    avg(case when is_error then 1.0 else 0.0 end) as value,
    count(*) as n,
    sum(case when is_error then 1 else 0 end) as hits,
    count(*) as trials,
    $tolerated as expected
from llm_calls
where environment = $environment and ($workflow is null or workflow = $workflow)
    and start_time <= $now and start_time > $now - $window
group by provider, workflow
order by provider, workflow
