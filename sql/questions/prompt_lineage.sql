-- Which template, model, parameters and code stand behind each prompt version in traffic?
--
-- calls  Model calls.
-- first_call last_call  Start of the first and last call, UTC.
-- temperature max_tokens  Lowest and highest used, as text when they differ.
-- code_versions  Versions of the code that called.
-- template_hash approval  As registered; NULL when the version is not.
-- is_registered  Whether the version is in the registry.
--
-- owner: ai engineer
-- review: 30 days
with used as (
    select
        prompt_name, prompt_version, model,
        count(*) as calls,
        min(start_time) as first_call,
        max(start_time) as last_call,
        min(temperature) as lowest_temperature,
        max(temperature) as highest_temperature,
        max(max_tokens) as max_tokens,
        array_sort(array_agg(distinct code_version) filter (where code_version is not null))
            as code_versions
    from llm_calls
    where prompt_name is not null
    group by prompt_name, prompt_version, model
)
select
    u.prompt_name, u.prompt_version, u.model, u.calls, u.first_call, u.last_call,
    case when u.lowest_temperature = u.highest_temperature
        then cast(u.lowest_temperature as varchar)
        else cast(u.lowest_temperature as varchar) || ' to '
            || cast(u.highest_temperature as varchar)
    end as temperature,
    u.max_tokens, u.code_versions, p.template_hash, p.approval,
    p.name is not null as is_registered
from used as u
left join current_prompts as p on p.name = u.prompt_name and p.version = u.prompt_version
order by u.prompt_name, u.prompt_version, u.model
