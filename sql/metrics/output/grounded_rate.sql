-- How many answers are grounded in their contexts?
-- An answer is grounded when its stored faithfulness reaches the evaluator's threshold. Answers
-- without contexts and refusals have no score.
--
-- evaluator evaluator_version  One evaluator and version per row.
-- n  Answers judged.
-- grounded  Those that passed.
-- rate low high  grounded / n, and Wilson's interval at 95 %, answers taken as independent.
-- coverage  n / answers of the prompt version.
--
-- owner: model quality owner
-- review: 90 days
with judged as (
    select
        prompt_name, prompt_version, evaluator, evaluator_version,
        count(distinct id_hash(span_id)) as n,
        count(distinct id_hash(span_id)) filter (where passed) as grounded
    from prompt_evals
    where name = 'faithfulness' and passed is not null and coalesce(evaluator_type, '') <> 'human'
    group by prompt_name, prompt_version, evaluator, evaluator_version
),
answers as (
    select prompt_name, prompt_version, count(*) as n
    from llm_calls
    where refusal_kind = 'none'
    group by prompt_name, prompt_version
)
select
    j.prompt_name, j.prompt_version, j.evaluator, j.evaluator_version, j.n, j.grounded,
    j.grounded * 1.0 / nullif(j.n, 0) as rate,
    wilson(j.grounded, j.n)['low'] as low,
    wilson(j.grounded, j.n)['high'] as high,
    j.n * 1.0 / nullif(a.n, 0) as coverage
from judged as j
left join answers as a on a.prompt_name = j.prompt_name and a.prompt_version = j.prompt_version
order by j.prompt_name, j.prompt_version, j.evaluator, j.evaluator_version
