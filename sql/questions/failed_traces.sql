-- Which traces failed quality checks last week?
--
-- failed  Which checks failed.
--
-- $back = 7 days  How far back, from the newest span.
-- owner: model quality owner
-- review: 30 days
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
    and t.date > (select max(date) from spans) - $back
order by t.start_time desc, t.trace_id
