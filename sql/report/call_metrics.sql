-- How good, dear and slow were the model calls of each prompt version, tenant and model?
-- Sums from which a cluster-robust mean and variance follow; a cluster is a session, else a trace.
--
-- metric workflow prompt part version tenant model  what is measured, and of what
-- period          0 the week, 1 the week before, 2 the weeks before that
-- first_time last_time  first and last call
-- clusters        clusters with observations
-- n               observations
-- y               sum of the observations: 0 or 1, score, US dollars, ln(milliseconds)
-- yy yn nn        sums over clusters of total², total × size, size²
-- uu              sum of squared observations
WITH scored AS (
    SELECT
        trace_id,
        span_id,
        max(score) FILTER (WHERE name = 'faithfulness') AS faithfulness,
        max(CASE WHEN passed THEN 1.0 ELSE 0.0 END) FILTER (WHERE name = 'faithfulness') AS grounded,
        max(score) FILTER (WHERE name = 'citation_validity') AS citations
    FROM evals
    WHERE evaluator = 'spanlake' AND evaluator_version = $evaluator AND span_id IS NOT NULL
      AND date BETWEEN $first_date AND $last_date
    GROUP BY trace_id, span_id
),
calls AS (
    SELECT
        coalesce(s.workflow, '') AS workflow,
        coalesce(s.prompt_name, '') AS prompt,
        coalesce(s.prompt_version, '') AS version,
        coalesce(s.tenant_id, '') AS tenant,
        coalesce(s.request_model, s.response_model, '') AS model,
        CASE WHEN s.start_time >= $week_start THEN 0 WHEN s.start_time >= $before_start THEN 1 ELSE 2 END AS period,
        coalesce(s.session_id, s.trace_id) AS cluster,
        s.start_time,
        s.parse_status IS NOT NULL AS has_json,
        s.parse_status IS NOT NULL AND s.parse_status NOT IN ('ok', 'ok_whitespace') AS is_unparsed,
        s.schema_status IN ('valid', 'invalid')
            OR (s.schema_status IS NOT NULL AND s.parse_status NOT IN ('ok', 'ok_whitespace')) AS has_schema,
        coalesce(s.schema_status = 'valid', false) AS is_valid,
        s.refusal_kind IS NOT NULL AS has_answer,
        coalesce(s.refusal_kind IN ('full', 'partial'), false) AS is_refusal,
        s.is_error,
        s.is_timeout,
        s.fallback_from IS NOT NULL AS is_fallback,
        s.cost_usd,
        CASE WHEN NOT s.is_error AND s.duration_ms > 0 THEN ln(s.duration_ms) END AS log_ms,
        e.faithfulness,
        e.grounded,
        e.citations
    FROM spans s
    LEFT JOIN scored e ON e.trace_id = s.trace_id AND e.span_id = s.span_id
    WHERE s.kind = 'llm' AND s.token_role NOT IN ('aggregate', 'duplicate')
      AND s.date BETWEEN $first_date AND $last_date
      AND s.start_time >= $earlier_start AND s.start_time < $week_end
),
clusters AS (
    SELECT
        workflow, prompt, version, tenant, model, period, cluster,
        min(start_time) AS first_time,
        max(start_time) AS last_time,
        CAST(count(*) AS DOUBLE) AS calls,
        CAST(count(*) FILTER (WHERE has_json) AS DOUBLE) AS json_n,
        CAST(count(*) FILTER (WHERE is_unparsed) AS DOUBLE) AS json_y,
        CAST(count(*) FILTER (WHERE has_schema) AS DOUBLE) AS schema_n,
        CAST(count(*) FILTER (WHERE has_schema AND is_valid) AS DOUBLE) AS schema_y,
        CAST(count(*) FILTER (WHERE has_answer) AS DOUBLE) AS answers,
        CAST(count(*) FILTER (WHERE is_refusal) AS DOUBLE) AS refusals,
        CAST(count(*) FILTER (WHERE is_error) AS DOUBLE) AS errors,
        CAST(count(*) FILTER (WHERE is_timeout) AS DOUBLE) AS timeouts,
        CAST(count(*) FILTER (WHERE is_fallback) AS DOUBLE) AS fallbacks,
        CAST(count(cost_usd) AS DOUBLE) AS cost_n,
        coalesce(sum(cost_usd), 0.0) AS cost_y,
        coalesce(sum(cost_usd * cost_usd), 0.0) AS cost_u,
        CAST(count(log_ms) AS DOUBLE) AS latency_n,
        coalesce(sum(log_ms), 0.0) AS latency_y,
        coalesce(sum(log_ms * log_ms), 0.0) AS latency_u,
        CAST(count(faithfulness) AS DOUBLE) AS faith_n,
        coalesce(sum(faithfulness), 0.0) AS faith_y,
        coalesce(sum(faithfulness * faithfulness), 0.0) AS faith_u,
        coalesce(sum(grounded), 0.0) AS grounded_y,
        CAST(count(citations) AS DOUBLE) AS cited_n,
        coalesce(sum(citations), 0.0) AS cited_y,
        coalesce(sum(citations * citations), 0.0) AS cited_u
    FROM calls
    GROUP BY workflow, prompt, version, tenant, model, period, cluster
),
long AS (
    SELECT
        workflow, prompt, version, tenant, model, period, first_time, last_time,
        unnest(make_array(
            named_struct('metric', 'parse_failure', 'n', json_n, 'y', json_y, 'u', json_y),
            named_struct('metric', 'schema_pass', 'n', schema_n, 'y', schema_y, 'u', schema_y),
            named_struct('metric', 'refusal', 'n', answers, 'y', refusals, 'u', refusals),
            named_struct('metric', 'error', 'n', calls, 'y', errors, 'u', errors),
            named_struct('metric', 'timeout', 'n', calls, 'y', timeouts, 'u', timeouts),
            named_struct('metric', 'fallback', 'n', calls, 'y', fallbacks, 'u', fallbacks),
            named_struct('metric', 'cost_per_call', 'n', cost_n, 'y', cost_y, 'u', cost_u),
            named_struct('metric', 'latency', 'n', latency_n, 'y', latency_y, 'u', latency_u),
            named_struct('metric', 'faithfulness', 'n', faith_n, 'y', faith_y, 'u', faith_u),
            named_struct('metric', 'grounded', 'n', faith_n, 'y', grounded_y, 'u', grounded_y),
            named_struct('metric', 'citation_validity', 'n', cited_n, 'y', cited_y, 'u', cited_u)
        )) AS m
    FROM clusters
)
SELECT
    m['metric'] AS metric,
    workflow, prompt, '' AS part, version, tenant, model, period,
    min(first_time) AS first_time,
    max(last_time) AS last_time,
    CAST(count(*) AS DOUBLE) AS clusters,
    sum(m['n']) AS n,
    sum(m['y']) AS y,
    sum(m['y'] * m['y']) AS yy,
    sum(m['y'] * m['n']) AS yn,
    sum(m['n'] * m['n']) AS nn,
    sum(m['u']) AS uu
FROM long
WHERE m['n'] > 0
GROUP BY 1, 2, 3, 5, 6, 7, 8
