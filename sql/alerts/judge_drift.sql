-- Do the scores of a judge drift?
-- The last seven days against the 28 days before them, of one judge and version on one evaluation.
--
-- group  Evaluation, judge and version.
-- value baseline n  Mean score, now and before; scores now.
-- p  That the means are the same, always valid.
--
-- $now = now  When.
-- owner: model quality owner
-- review: 30 days
with sums as (
    select
        name || ' ' || coalesce(evaluator, '?') || ' ' || coalesce(evaluator_version, '?') as judge,
        count(*) filter (where eval_time > $now - interval '7 days') as n_now,
        avg(score) filter (where eval_time > $now - interval '7 days') as mean_now,
        var_samp(score) filter (where eval_time > $now - interval '7 days') as var_now,
        count(*) filter (where eval_time <= $now - interval '7 days') as n_before,
        avg(score) filter (where eval_time <= $now - interval '7 days') as mean_before,
        var_samp(score) filter (where eval_time <= $now - interval '7 days') as var_before
    from evals
    where score is not null and evaluator_type <> 'human'
        and inclusion_probability is null and sample_reason is null
        and eval_time <= $now and eval_time > $now - interval '35 days'
    group by 1
)
select
    judge as "group", mean_now as value, mean_before as baseline, n_now as n,
    seq_diff(n_before, mean_before, var_before, n_now, mean_now, var_now)['p'] as p
from sums
where n_now > 1 and n_before > 1
order by judge
