-- How was each answer of the two versions judged, by whom?
-- Scores of one evaluator version on one answer are averaged. A score that was drawn without a
-- known probability, as hand-picked failures are, has no weight.
--
-- side tenant model cluster  as in calls.sql
-- weight  How many answers this one stands for; NULL for a hand-picked one.
-- name  Name of the evaluation.
-- evaluator  Evaluator and version.
-- score passed  Mean score; share of judgements that passed.
with judged as (
    select
        prompt_version as version,
        name,
        coalesce(concat_ws(' ', evaluator, evaluator_version), '') as evaluator,
        trace_id,
        span_id,
        case when span_id is null then eval_id end as alone,
        min(eval_time) as eval_time,
        max(case
            when inclusion_probability > 0 then 1.0 / inclusion_probability
            when inclusion_probability is null and sample_reason is null then 1.0
        end) as weight,
        avg(score) as score,
        avg(case when passed then 1.0 when not passed then 0.0 end) as passed
    from prompt_evals
    where prompt_name = $prompt and prompt_version in ($version_a, $version_b)
    group by 1, 2, 3, 4, 5, 6
)
select
    case when j.version = $version_a then 0 else 1 end as side,
    coalesce(s.tenant_id, '') as tenant,
    coalesce(s.response_model, s.request_model, '') as model,
    coalesce(s.session_id, j.trace_id, j.alone) as cluster,
    j.weight * coalesce(s.sampling_weight, 1.0) as weight,
    j.name,
    j.evaluator,
    j.score,
    j.passed
from judged as j
left join spans as s on s.span_id = j.span_id and s.trace_id = j.trace_id
where coalesce(s.start_time, j.eval_time) between $first_time and $last_time
order by side, cluster
