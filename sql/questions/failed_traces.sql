-- Which traces failed quality checks last week?
-- In the seven days up to the newest span.
--
-- failed  Which checks failed.
select
    t.trace_id, t.start_time, t.workflow, t.tenant_id, t.prompts,
    array_to_string(array_remove_all(make_array(
        case when t.is_error then 'error' else '' end,
        case when t.parse_failures > 0 then 'parse' else '' end,
        case when t.failed_evals > 0 then 'eval' else '' end,
        case when t.is_escalated then 'escalated' else '' end
    ), ''), ' ') as failed
from traces as t
where t.success = false
    and t.date > (select max(date) from spans) - interval '7 days'
order by t.start_time desc, t.trace_id
