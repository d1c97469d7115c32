-- How did tools, guardrails, indexes and rerankers do? The version of a tool call is the prompt
-- version of its trace, of a retrieval, a reranking and an answer (refusals by index) the version
-- of the index.
--
-- metric workflow prompt part version tenant model  as in call_metrics.sql; part is the tool,
--                 guardrail, index or reranker
-- period first_time last_time clusters n y yy yn nn uu  as in call_metrics.sql
WITH versions AS (
    SELECT
        trace_id,
        CASE WHEN min(prompt_version) = max(prompt_version) THEN max(prompt_version) END AS prompt_version,
        CASE WHEN min(retrieval_index_version) = max(retrieval_index_version)
             THEN max(retrieval_index_version) END AS index_version,
        CASE WHEN min(retrieval_index) = max(retrieval_index) THEN max(retrieval_index) END AS index_name
    FROM spans
    WHERE date BETWEEN $first_date AND $last_date
      AND (prompt_version IS NOT NULL OR retrieval_index_version IS NOT NULL)
    GROUP BY trace_id
),
parts AS (
    SELECT
        coalesce(s.workflow, '') AS workflow,
        coalesce(s.tenant_id, '') AS tenant,
        CASE WHEN s.start_time >= $week_start THEN 0 WHEN s.start_time >= $before_start THEN 1 ELSE 2 END AS period,
        coalesce(s.session_id, s.trace_id) AS cluster,
        s.start_time,
        coalesce(s.tool_name, '') AS tool,
        coalesce(s.guardrail_name, s.guardrail_policy, '') AS guardrail,
        coalesce(s.retrieval_index, v.index_name, '') AS retrieval_index,
        coalesce(s.reranker_model, '') AS reranker,
        coalesce(s.prompt_version, v.prompt_version, '') AS prompt_version,
        coalesce(s.retrieval_index_version, v.index_version, '') AS index_version,
        s.kind = 'tool' AND s.tool_args_status IS NOT NULL AS has_arguments,
        coalesce(s.tool_args_status <> 'ok', false) AS is_refused,
        s.guardrail_outcome IS NOT NULL AS has_guardrail,
        coalesce(s.guardrail_outcome IN ('block', 'modify'), false) AS is_blocked,
        coalesce(s.guardrail_outcome = 'error', false) AS is_guardrail_error,
        s.kind = 'retriever' AND NOT s.is_error AND s.retrieved_count IS NOT NULL AS has_retrieval,
        coalesce(s.retrieved_count = 0, false) AS is_empty,
        CASE WHEN s.kind = 'reranker' THEN s.reranker_score_max END AS rerank_score,
        s.kind = 'llm' AND s.refusal_kind IS NOT NULL AND v.index_version IS NOT NULL AS has_answer,
        coalesce(s.refusal_kind IN ('full', 'partial'), false) AS is_refusal
    FROM spans s
    LEFT JOIN versions v ON v.trace_id = s.trace_id
    WHERE s.date BETWEEN $first_date AND $last_date
      AND s.start_time >= $earlier_start AND s.start_time < $week_end
      AND (s.kind IN ('tool', 'guardrail', 'retriever', 'reranker') OR s.guardrail_outcome IS NOT NULL
           OR (s.kind = 'llm' AND s.token_role NOT IN ('aggregate', 'duplicate') AND v.index_version IS NOT NULL))
),
long AS (
    SELECT workflow, tenant, period, cluster, start_time,
        unnest(make_array(
            named_struct('metric', 'tool_arguments', 'part', tool, 'version', prompt_version,
                'n', CAST(has_arguments AS DOUBLE), 'y', CAST(is_refused AS DOUBLE)),
            named_struct('metric', 'guardrail_block', 'part', guardrail, 'version', '',
                'n', CAST(has_guardrail AS DOUBLE), 'y', CAST(is_blocked AS DOUBLE)),
            named_struct('metric', 'guardrail_error', 'part', guardrail, 'version', '',
                'n', CAST(has_guardrail AS DOUBLE), 'y', CAST(is_guardrail_error AS DOUBLE)),
            named_struct('metric', 'empty_retrieval', 'part', retrieval_index, 'version', index_version,
                'n', CAST(has_retrieval AS DOUBLE), 'y', CAST(is_empty AS DOUBLE)),
            named_struct('metric', 'rerank_score', 'part', reranker, 'version', index_version,
                'n', CAST(rerank_score IS NOT NULL AS DOUBLE), 'y', coalesce(rerank_score, 0.0)),
            named_struct('metric', 'refusal', 'part', retrieval_index, 'version', index_version,
                'n', CAST(has_answer AS DOUBLE), 'y', CAST(is_refusal AS DOUBLE))
        )) AS m
    FROM parts
),
clusters AS (
    SELECT
        m['metric'] AS metric, workflow, m['part'] AS part, m['version'] AS version, tenant, period, cluster,
        min(start_time) AS first_time,
        max(start_time) AS last_time,
        sum(m['n']) AS n,
        sum(m['y']) AS y,
        sum(m['y'] * m['y']) AS u
    FROM long
    WHERE m['n'] > 0
    GROUP BY 1, 2, 3, 4, 5, 6, 7
)
SELECT
    metric, workflow, '' AS prompt, part, version, tenant, '' AS model, period,
    min(first_time) AS first_time,
    max(last_time) AS last_time,
    CAST(count(*) AS DOUBLE) AS clusters,
    sum(n) AS n,
    sum(y) AS y,
    sum(y * y) AS yy,
    sum(y * n) AS yn,
    sum(n * n) AS nn,
    sum(u) AS uu
FROM clusters
GROUP BY 1, 2, 4, 5, 6, 8
