-- Which prompt versions are registered, in their newest form?
--
-- registered  Latest registration, UTC.
select
    name, version, time as registered, template, template_hash, variable_schema, model, params,
    output_schema, eval_dataset, owner, approval, approved_by, approved_at, rollback_target, tags
from (
    select *, row_number() over (
        partition by name, version order by time desc, row_version desc, writer_id desc
    ) as place
    from prompts
) as p
where place = 1
