-- Are answers less faithful to their contexts than they should be?
-- The scores of one day, of one evaluator and its newest version.
--
-- value n  Mean score, or the number of scores below the limit; scores.
--
-- $now = now  When.
-- $window = 24 hours  The day.
-- $name = 'faithfulness'  Evaluation.
-- $evaluator = 'spanlake'  Evaluator.
-- $reading = 'mean'  mean, or count: the number of scores below the limit.
-- $limit = 0.85  Scores below it are counted.
-- owner: model quality owner
-- review: 30 days
with scores as (
    select score, evaluator_version
    from evals
    where name = $name and evaluator = $evaluator and score is not null
        and eval_time <= $now and eval_time > $now - $window
),
newest as (
    select max(evaluator_version) as version from scores
)
select
    case when $reading = 'count' then sum(case when score < $limit then 1.0 else 0.0 end)
        else avg(score) end as value,
    count(*) as n
from scores
cross join newest as v
where evaluator_version is not distinct from v.version
having count(*) > 0
