-- Did a release make a success cost more?
-- Each release of the last week: traces with the released version against traces with the others of
-- its prompt, at the same time where these have enough successes, else in the seven days before. A
-- success costs all that was spent / successes. The interval is always valid, and sessions, else
-- traces, are its units.
--
-- group  Prompt, version and environment.
-- value baseline n  US dollars a success, with it and without; successes on the smaller side.
-- low  Lower bound of the difference, US dollars.
-- success_rate success_rate_before cost_per_trace cost_per_trace_before  Both parts apart.
-- comparison  concurrent, or before/after.
--
-- $now = now  When.
-- $successes = 100  Successes that each side has to have.
-- $alpha = 0.05  One minus the confidence of the interval.
-- owner: ai engineer
-- review: 30 days
with released as (
    select environment, prompt_name, prompt_version, max(time) as released
    from releases
    where time <= $now and time > $now - interval '7 days'
    group by environment, prompt_name, prompt_version
),
answered as (
    select
        c.trace_id, c.environment, c.prompt_name,
        max(c.prompt_version) as version, min(c.prompt_version) as other_version
    from llm_calls as c
    where c.start_time <= $now and c.start_time > $now - interval '15 days'
        and c.prompt_version is not null
        and c.prompt_name in (select prompt_name from released)
    group by c.trace_id, c.environment, c.prompt_name
),
runs as (
    select
        r.environment, r.prompt_name, r.prompt_version,
        case when a.version = r.prompt_version then 'new'
            when t.start_time >= r.released then 'concurrent' else 'before' end as side,
        coalesce(t.session_id, t.trace_id) as unit,
        t.cost_usd, case when t.success then 1.0 else 0.0 end as success
    from released as r
    join answered as a on a.prompt_name = r.prompt_name and a.environment = r.environment
        and a.version = a.other_version
    join traces as t on t.trace_id = a.trace_id
    where t.cost_usd is not null and t.success is not null and t.start_time <= $now
        and t.start_time >= r.released - interval '7 days'
        and (a.version <> r.prompt_version or t.start_time >= r.released)
),
units as (
    select
        environment, prompt_name, prompt_version, side, unit,
        sum(cost_usd) as cost, sum(success) as success, count(*) as traces
    from runs
    group by environment, prompt_name, prompt_version, side, unit
),
means as (
    select
        environment, prompt_name, prompt_version, side,
        sum(cost) / nullif(sum(success), 0) as ratio, avg(success) as mean_success
    from units
    group by environment, prompt_name, prompt_version, side
),
sides as (
    select
        u.environment, u.prompt_name, u.prompt_version, u.side,
        count(*) as units, sum(u.success) as successes,
        sum(u.success) / sum(u.traces) as success_rate,
        sum(u.cost) / sum(u.traces) as cost_per_trace,
        max(m.ratio) as ratio,
        var_samp((u.cost - m.ratio * u.success) / nullif(m.mean_success, 0)) as variance
    from units as u
    join means as m on m.environment = u.environment and m.prompt_name = u.prompt_name
        and m.prompt_version = u.prompt_version and m.side = u.side
    group by u.environment, u.prompt_name, u.prompt_version, u.side
),
paired as (
    select n.*, o.side as other_side, o.units as old_units, o.successes as old_successes,
        o.success_rate as old_success_rate, o.cost_per_trace as old_cost_per_trace,
        o.ratio as old_ratio, o.variance as old_variance
    from sides as n
    join sides as o on o.environment = n.environment and o.prompt_name = n.prompt_name
        and o.prompt_version = n.prompt_version and o.side <> 'new'
    where n.side = 'new'
    qualify row_number() over (
        partition by n.environment, n.prompt_name, n.prompt_version
        order by case when o.side = 'concurrent' and o.successes >= $successes then 0
            when o.side = 'before' then 1 else 2 end
    ) = 1
)
select
    prompt_name || ' ' || prompt_version || ' ' || environment as "group",
    ratio as value,
    old_ratio as baseline,
    cast(least(successes, old_successes) as bigint) as n,
    seq_diff(old_units, old_ratio, old_variance, units, ratio, variance, $alpha)['low'] as low,
    success_rate, old_success_rate as success_rate_before,
    cost_per_trace, old_cost_per_trace as cost_per_trace_before,
    case other_side when 'concurrent' then 'concurrent' else 'before/after' end as comparison
from paired
order by prompt_name, prompt_version, environment
