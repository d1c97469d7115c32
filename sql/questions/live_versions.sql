-- Which prompt versions are live, and which does traffic use?
--
-- released_version  Version that the newest release or rollback names; NULL without one.
-- used_version  Version seen in calls.
-- calls  Calls with it.
-- last_call  Start of the last of them, UTC.
-- is_as_released  Whether traffic uses the released version.
-- is_registered  Whether the version used, else the one released, is in the registry.
--
-- $back = 7 days  How far back traffic counts, from the newest call.
-- owner: ai engineer
-- review: 30 days
with newest as (
    select max(date) as day from spans
),
used as (
    select environment, prompt_name, prompt_version, count(*) as calls, max(start_time) as last_call
    from llm_calls
    where prompt_name is not null and date > (select day from newest) - $back
    group by environment, prompt_name, prompt_version
)
select
    coalesce(u.environment, l.environment) as environment,
    coalesce(u.prompt_name, l.prompt_name) as prompt_name,
    l.prompt_version as released_version,
    u.prompt_version as used_version,
    coalesce(u.calls, 0) as calls,
    u.last_call,
    u.prompt_version = l.prompt_version as is_as_released,
    p.name is not null as is_registered
from used as u
full join live_prompts as l on l.environment = u.environment and l.prompt_name = u.prompt_name
left join current_prompts as p on p.name = coalesce(u.prompt_name, l.prompt_name)
    and p.version = coalesce(u.prompt_version, l.prompt_version)
order by environment, prompt_name, used_version
