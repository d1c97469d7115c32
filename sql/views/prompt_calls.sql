-- Which registered prompt version does each model call belong to?
-- By name and version; where those are not registered, by the keyed hash of its template. Several
-- versions with one template: the newest.
--
-- prompt_name prompt_version  As sent; where the call lacks them, of the version with its template.
-- registered_name registered_version  The version in the registry; NULL where there is none.
-- link  How it was found: name, or hash; NULL where it was not.
select
    c.date, c.trace_id, c.span_id, c.start_time, c.environment, c.workflow, c.tenant_id,
    c.session_id, c.model, c.cost_usd, c.is_error, c.parse_status,
    coalesce(c.prompt_name, h.name) as prompt_name,
    coalesce(c.prompt_version,
        case when c.prompt_name is null or c.prompt_name = h.name then h.version end)
        as prompt_version,
    coalesce(p.name, h.name) as registered_name,
    coalesce(p.version, h.version) as registered_version,
    case when p.name is not null then 'name' when h.name is not null then 'hash' end as link
from llm_calls as c
left join current_prompts as p on p.name = c.prompt_name and p.version = c.prompt_version
left join (
    select name, version, template_hash
    from current_prompts
    where template_hash is not null
    qualify row_number() over (
        partition by template_hash order by registered desc, name, version desc
    ) = 1
) as h on h.template_hash = c.prompt_hash
