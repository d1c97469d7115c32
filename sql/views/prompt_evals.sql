-- Which prompt version does each evaluation judge?
-- The one it names, else that of the span it judges; NULL where neither is known.
--
-- is_resolved  Whether the version is looked up here, as the evaluation was stored before its span.
select
    eval_id, eval_time, trace_id, span_id, name, score, label, passed,
    evaluator_type, evaluator, evaluator_version, sample_reason, inclusion_probability,
    prompt_name, prompt_version, false as is_resolved
from evals
where prompt_name is not null or span_seen
union all
select
    e.eval_id, e.eval_time, coalesce(e.trace_id, s.trace_id) as trace_id, e.span_id,
    e.name, e.score, e.label, e.passed,
    e.evaluator_type, e.evaluator, e.evaluator_version, e.sample_reason, e.inclusion_probability,
    s.prompt_name, s.prompt_version, s.prompt_name is not null as is_resolved
from evals as e
left join spans as s on s.span_id = e.span_id
    and (e.trace_id is null or e.trace_id = s.trace_id)
where e.prompt_name is null and e.span_seen is null
-- Of an evaluation without a trace the first span with that id counts.
qualify e.trace_id is not null or row_number() over (
    partition by e.eval_id, e.span_id, e.eval_time, e.name, e.evaluator, e.score
    order by s.start_time, s.trace_id
) = 1
