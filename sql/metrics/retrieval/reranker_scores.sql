-- How are a reranker's scores spread?
-- Never compare rerankers: each has its own unit.
--
-- n  Rerankings with a score.
-- p10 p50 p90  Quantiles of the highest score of each.
-- coverage  n / rerankings.
--
-- owner: ai engineer
-- review: 90 days
select
    reranker_model, date,
    count(reranker_score_max) as n,
    percentile_cont(0.1) within group (order by reranker_score_max) as p10,
    percentile_cont(0.5) within group (order by reranker_score_max) as p50,
    percentile_cont(0.9) within group (order by reranker_score_max) as p90,
    count(reranker_score_max) * 1.0 / count(*) as coverage
from retrievals
where reranker_model is not null
group by reranker_model, date
order by reranker_model, date
