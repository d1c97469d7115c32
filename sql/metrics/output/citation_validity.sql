-- How many citations point at a document that was there?
-- A score is the share of one answer's markers that are in range; uncited answers have none.
--
-- evaluator evaluator_version  One evaluator and version per row: others are not comparable.
-- n  Stored scores; human labels are not among them.
-- mean  Mean score, weighted by how answers were drawn.
-- low high  Its normal interval at 95 % within 0 to 1, answers taken as independent; NULL for fewer
--   than two.
-- p10  Tenth percentile of the scores, not weighted.
-- coverage  Answers scored / answers of the prompt version.
--
-- owner: model quality owner
-- review: 90 days
with scores as (
    select
        prompt_name, prompt_version, evaluator, evaluator_version,
        count(*) as n,
        count(distinct id_hash(span_id)) as scored,
        sum(score / coalesce(inclusion_probability, 1.0))
            / sum(1.0 / coalesce(inclusion_probability, 1.0)) as mean,
        stddev(score) as spread,
        percentile_cont(0.1) within group (order by score) as p10,
        sum(case when passed then 1 else 0 end) as passes,
        count(passed) as judged
    from prompt_evals
    where name = 'citation_validity' and score is not null
        and coalesce(evaluator_type, '') <> 'human'
    group by prompt_name, prompt_version, evaluator, evaluator_version
),
answers as (
    select prompt_name, prompt_version, count(*) as n
    from llm_calls
    where is_answer
    group by prompt_name, prompt_version
)
select
    s.prompt_name, s.prompt_version, s.evaluator, s.evaluator_version, s.n, s.mean,
    case when s.n > 1 then greatest(0.0, s.mean - 1.959963984540054 * s.spread / sqrt(s.n)) end
        as low,
    case when s.n > 1 then least(1.0, s.mean + 1.959963984540054 * s.spread / sqrt(s.n)) end
        as high,
    s.p10,
    s.scored * 1.0 / nullif(a.n, 0) as coverage
from scores as s
left join answers as a on a.prompt_name = s.prompt_name and a.prompt_version = s.prompt_version
order by s.prompt_name, s.prompt_version, s.evaluator, s.evaluator_version
