-- Do the tool calls of an agent that writes have wrong arguments?
-- The calls of the last ten minutes, pooled; where there are fewer than twenty, the last twenty of
-- the last hour. Agents that write are workflows with a write action.
--
-- group  Workflow.
-- value n  Share of calls whose arguments do not fit, and the calls checked.
-- hits trials expected  For the exact binomial test against the share that is tolerated.
--
-- $now = now  When.
-- $window = 10 minutes  Calls of this time count.
-- $widest = 60 minutes  Where they are fewer than that, calls of this time.
-- $calls = 20  How many there have to be.
-- $tolerated = 0.05  Share of failures that is tolerated.
-- $environment = 'production'  Environment.
-- $writes = 30 days  A workflow with a write action within these is an agent that writes.
-- owner: on-call
-- review: 30 days
with writing as (
    select distinct workflow
    from spans
    where is_write_action and workflow is not null
        and start_time <= $now and start_time > $now - $writes
),
calls as (
    select
        t.workflow, t.is_argument_failure, t.start_time > $now - $window as in_window,
        row_number() over (
            partition by t.workflow order by t.start_time desc, t.trace_id, t.span_id
        ) as place,
        sum(case when t.start_time > $now - $window then 1 else 0 end)
            over (partition by t.workflow) as calls_in_window
    from tool_calls as t
    join writing as w on w.workflow = t.workflow
    where t.tool_args_status is not null and t.environment = $environment
        and t.start_time <= $now and t.start_time > $now - $widest
)
select
    workflow as "group",
    avg(case when is_argument_failure then 1.0 else 0.0 end) as value,
    count(*) as n,
    sum(case when is_argument_failure then 1 else 0 end) as hits,
    count(*) as trials,
    $tolerated as expected
from calls
where case when calls_in_window >= $calls then in_window else place <= $calls end
group by workflow
order by workflow
