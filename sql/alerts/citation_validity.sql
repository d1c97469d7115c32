-- Do answers cite documents that were not there?
--
-- value n  Mean share of an answer's citations that are in range; answers that cite.
-- low  How far the target lies above what the answers allow, at 95 %: above 0 when it is missed.
--
-- $now = now  When.
-- $window = 24 hours  How far back.
-- $name = 'citation_validity'  Evaluation.
-- $target = 0.95  Share to be reached.
-- owner: model quality owner
-- review: 30 days
select
    avg(score) as value,
    count(*) as n,
    $target - (avg(score) + 1.96 * coalesce(stddev_samp(score), 0.0) / sqrt(count(*))) as low
from evals
where name = $name and score is not null and evaluator_type <> 'human'
    and eval_time <= $now and eval_time > $now - $window
having count(*) > 0
