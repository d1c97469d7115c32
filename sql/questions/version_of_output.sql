-- Which prompt version caused an output?
--
-- released  Last release of, or rollback to, its version before the call, UTC; NULL if never.
--
-- $trace = null  Trace id; without one the newest outputs.
-- $rows = 50  Rows at most.
-- owner: on-call
-- review: 30 days
with outputs as (
    select
        trace_id, span_id, start_time, environment, prompt_name, prompt_version, model,
        code_version, output_preview
    from llm_calls
    where $trace is null or trace_id = $trace
    order by start_time desc, span_id
    limit $rows
)
select
    o.trace_id, o.span_id, o.start_time, o.prompt_name, o.prompt_version, o.model, o.code_version,
    max(r.time) as released, o.output_preview
from outputs as o
left join releases as r on r.prompt_name = o.prompt_name and r.prompt_version = o.prompt_version
    and r.environment = o.environment and r.time <= o.start_time
group by o.trace_id, o.span_id, o.start_time, o.prompt_name, o.prompt_version, o.model,
    o.code_version, o.output_preview
order by o.start_time desc, o.span_id
