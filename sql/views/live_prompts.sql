-- Which prompt version is live, by environment?
-- The version that the newest release or rollback names.
--
-- since  When it went live, UTC.
-- action  release or rollback.
-- by  Who released it.
-- forced  Whether a gate was overridden.
-- model owner approval rollback_target  As registered; NULL when the version is not.
-- is_registered  Whether the version is in the registry.
select
    r.environment, r.prompt_name, r.prompt_version, r.time as since, r.action, r.by, r.forced,
    p.model, p.owner, p.approval, p.rollback_target, p.name is not null as is_registered
from (
    select *, row_number() over (
        partition by environment, prompt_name order by time desc, row_version desc, writer_id desc
    ) as place
    from releases
) as r
left join current_prompts as p on p.name = r.prompt_name and p.version = r.prompt_version
where r.place = 1
