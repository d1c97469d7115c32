-- Which production failures were added to eval datasets?
-- Traces that failed, and what is evaluated of them as a case of a dataset.
--
-- failed  Which checks failed.
-- datasets cases  Datasets and cases that name the trace.
-- in_dataset  Whether there are any.
--
-- $back = 30 days  How far back, from the newest span.
-- owner: model quality owner
-- review: 30 days
with known as (
    select
        trace_id,
        array_sort(array_agg(distinct dataset)) as datasets,
        array_sort(array_agg(distinct case_id) filter (where case_id is not null)) as cases
    from evals
    where dataset is not null and trace_id is not null
    group by trace_id
)
select
    t.trace_id, t.start_time, t.workflow, t.prompts,
    concat_ws(' ',
        case when t.is_error then 'error' end,
        case when t.parse_failures > 0 then 'parse' end,
        case when t.failed_evals > 0 then 'eval' end,
        case when t.is_escalated then 'escalated' end
    ) as failed,
    k.trace_id is not null as in_dataset, k.datasets, k.cases
from traces as t
left join known as k on k.trace_id = t.trace_id
where t.success = false
    and t.date > (select max(date) from spans) - $back
order by in_dataset, t.start_time desc, t.trace_id
