-- Which model, prompt or retrieval change came with a metric shift?
-- Each prompt version, model and index version that is new in a workflow: the traces with it
-- against the workflow's traces without it since a week before. Traces run at the same time are
-- told apart by nothing else, others also by time: no cause is claimed.
--
-- what changed_to  Kind and name of what is new: prompt, model or index.
-- first_seen  Its first use, UTC.
-- traces traces_without  Traces compared.
-- success success_without  Share of traces that succeeded.
-- cost_usd cost_without_usd  Mean cost of a trace, US dollars.
-- median_ms median_without_ms  Median duration, milliseconds.
-- p_adjusted  Of the success shares' difference, two-sided, over all rows (Benjamini-Hochberg).
--
-- $back = 30 days  How far back a change counts, from the newest span.
-- $settled = 12 hours  What comes within these of a workflow's first use of its kind is no change.
-- owner: ai engineer
-- review: 30 days
with used as (
    select
        trace_id, workflow, 'prompt' as what,
        prompt_name || '@' || coalesce(prompt_version, '?') as used, start_time
    from spans
    where prompt_name is not null and workflow is not null
    union all
    select trace_id, workflow, 'model', coalesce(response_model, request_model), start_time
    from spans
    where kind = 'llm' and workflow is not null
        and coalesce(response_model, request_model) is not null
    union all
    select
        trace_id, workflow, 'index',
        coalesce(retrieval_index, '?') || '@' || coalesce(retrieval_index_version, '?'), start_time
    from spans
    where retrieval_index_version is not null and workflow is not null
),
seen as (
    select
        workflow, what, used, min(start_time) as first_seen,
        min(min(start_time)) over (partition by workflow, what) as first_of_kind
    from used
    group by workflow, what, used
),
changes as (
    select workflow, what, used, first_seen
    from seen
    where first_seen > first_of_kind + $settled
        and first_seen > (select max(start_time) from spans) - $back
),
having_it as (
    select distinct u.trace_id, u.what, u.used
    from used as u
    join changes as c on c.workflow = u.workflow and c.what = u.what and c.used = u.used
),
compared as (
    select
        c.workflow, c.what, c.used, c.first_seen,
        h.trace_id is not null as has_it,
        t.success, t.cost_usd, t.duration_ms
    from changes as c
    join traces as t on t.workflow = c.workflow
        and t.start_time >= c.first_seen - interval '7 days'
    left join having_it as h on h.trace_id = t.trace_id and h.what = c.what and h.used = c.used
    where t.success is not null
),
sums as (
    select
        workflow, what, used, first_seen,
        sum(case when has_it then 1 else 0 end) as traces,
        sum(case when has_it then 0 else 1 end) as traces_without,
        sum(case when has_it and success then 1 else 0 end) as successes,
        sum(case when not has_it and success then 1 else 0 end) as successes_without,
        avg(case when has_it then cost_usd end) as cost_usd,
        avg(case when not has_it then cost_usd end) as cost_without_usd,
        median(case when has_it then duration_ms end) as median_ms,
        median(case when not has_it then duration_ms end) as median_without_ms
    from compared
    group by workflow, what, used, first_seen
),
tested as (
    select
        *, two_prop(successes_without, traces_without, successes, traces)['p'] as p,
        row_number() over (order by workflow, what, used) as place
    from sums
    where traces > 0 and traces_without > 0
),
adjusted as (
    select bh_adjust(array_agg(p order by place)) as ps from tested
)
select
    t.workflow, t.what, t.used as changed_to, t.first_seen, t.traces, t.traces_without,
    t.successes * 1.0 / t.traces as success,
    t.successes_without * 1.0 / t.traces_without as success_without,
    t.cost_usd, t.cost_without_usd, t.median_ms, t.median_without_ms,
    a.ps[cast(t.place as bigint)] as p_adjusted
from tested as t
cross join adjusted as a
order by p_adjusted nulls last, t.workflow, t.what, t.used
