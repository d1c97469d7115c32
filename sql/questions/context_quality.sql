-- What does each retrieval index give?
--
-- searches  Searches that succeeded.
-- empty_share  Those that found nothing / those with a known count.
-- mean_found  Documents found.
-- p95_ms  Quantile of the duration, milliseconds.
-- errors  Searches in error.
--
-- owner: ai engineer
-- review: 30 days
select
    retrieval_index, retrieval_index_version, embedding_model,
    sum(case when is_error then 0 else 1 end) as searches,
    sum(case when not is_error and is_empty then 1 else 0 end) * 1.0
        / nullif(sum(case when not is_error and is_empty is not null then 1 else 0 end), 0)
        as empty_share,
    avg(retrieved_count) as mean_found,
    percentile_cont(0.95) within group (order by duration_ms) as p95_ms,
    sum(case when is_error then 1 else 0 end) as errors
from retrievals
where kind = 'retriever'
group by retrieval_index, retrieval_index_version, embedding_model
order by retrieval_index, retrieval_index_version, embedding_model
