-- Do agents write without approval, or against it?
-- Write actions that ran although nobody decided, or somebody refused.
--
-- group  Workflow.
-- value n  Such writes; all writes.
--
-- $now = now  When.
-- $window = 1 hour  How far back.
-- $environment = 'production'  Environment.
-- owner: on-call
-- review: 30 days
select
    workflow as "group",
    sum(case when not is_error and coalesce(approval, 'none') not in ('approved', 'not_required')
        then 1.0 else 0.0 end) as value,
    count(*) as n
from tool_calls
where is_write_action and environment = $environment
    and start_time <= $now and start_time > $now - $window
group by workflow
order by workflow
