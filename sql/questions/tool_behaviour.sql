-- Which tools run, and how do they fail?
--
-- calls  Executions.
-- errors  Executions in error.
-- argument_failures  Executions whose arguments do not fit the tool's schema.
-- writes undecided_writes  Write actions, and those without a decision.
-- p50_ms p95_ms  Quantiles of the duration, milliseconds.
--
-- owner: ai engineer
-- review: 30 days
select
    workflow, tool_name,
    count(*) as calls,
    sum(case when is_error then 1 else 0 end) as errors,
    sum(case when is_argument_failure then 1 else 0 end) as argument_failures,
    sum(case when is_write_action then 1 else 0 end) as writes,
    sum(case when is_write_action and approval is null then 1 else 0 end) as undecided_writes,
    percentile_cont(0.5) within group (order by duration_ms) as p50_ms,
    percentile_cont(0.95) within group (order by duration_ms) as p95_ms
from tool_calls
group by workflow, tool_name
order by calls desc, workflow, tool_name
