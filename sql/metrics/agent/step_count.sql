-- How many steps does an agent run take?
-- A step is a model call or a tool execution.
--
-- n  Agent runs.
-- mean_steps  Steps per run.
-- low high  Its normal interval at 95 %, runs taken as independent; NULL for fewer than two.
-- p95_steps max_steps  Tail of the steps per run.
-- reported_mean  Mean of the steps that agents report themselves.
-- coverage  Runs that report their steps / n.
--
-- owner: ai engineer
-- review: 90 days
select
    agent_name, workflow,
    count(*) as n,
    avg(steps) as mean_steps,
    case when count(*) > 1
        then avg(steps) - 1.959963984540054 * stddev(steps) / sqrt(count(*)) end as low,
    case when count(*) > 1
        then avg(steps) + 1.959963984540054 * stddev(steps) / sqrt(count(*)) end as high,
    percentile_cont(0.95) within group (order by cast(steps as double)) as p95_steps,
    max(steps) as max_steps,
    avg(reported_steps) as reported_mean,
    count(reported_steps) * 1.0 / count(*) as coverage
from agent_runs
group by agent_name, workflow
order by agent_name, workflow
