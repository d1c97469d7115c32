-- Which prompt versions are registered, released or seen in traffic?
--
-- version  Version; ? for calls that name a prompt and no version.
-- is_registered  Whether it is in the registry; what follows up to tags is NULL when it is not.
-- registered  Latest registration, UTC.
-- live_in  Environments whose newest release or rollback names it.
-- calls first_call last_call  Model calls with it, the first and the last, UTC.
with used as (
    select
        prompt_name as name, coalesce(prompt_version, '?') as version,
        count(*) as calls, min(start_time) as first_call, max(start_time) as last_call
    from prompt_calls
    where prompt_name is not null
    group by prompt_name, coalesce(prompt_version, '?')
),
live as (
    select
        prompt_name as name, prompt_version as version,
        array_sort(array_agg(coalesce(environment, '?'))) as live_in
    from live_prompts
    group by prompt_name, prompt_version
),
named as (
    select name, version from current_prompts
    union
    select name, version from used
    union
    select name, version from live
)
select
    n.name, n.version, p.name is not null as is_registered, p.registered, p.approval, p.owner,
    p.model, p.eval_dataset, p.rollback_target, p.tags, l.live_in,
    coalesce(u.calls, 0) as calls, u.first_call, u.last_call
from named as n
left join current_prompts as p on p.name = n.name and p.version = n.version
left join used as u on u.name = n.name and u.version = n.version
left join live as l on l.name = n.name and l.version = n.version
