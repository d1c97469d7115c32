-- How many traces succeeded, what did a success cost, who was handed to a person, and how many
-- carried secrets? A trace's version is its prompt version where all its model calls agree.
-- Success: root without error, no failed evaluation, no parse failure, not escalated.
--
-- metric workflow prompt part version tenant model  as in call_metrics.sql
-- period first_time last_time clusters n y yy yn nn uu  as in call_metrics.sql
WITH secret AS (
    SELECT DISTINCT trace_id
    FROM (
        SELECT trace_id, unnest(redactions) AS r
        FROM spans
        WHERE date BETWEEN $first_date AND $last_date
          AND start_time >= $earlier_start AND start_time < $week_end
          AND redactions IS NOT NULL
    )
    WHERE r['class'] IN ('private_key', 'api_key', 'token', 'password', 'cookie')
),
failed AS (
    SELECT DISTINCT trace_id
    FROM evals
    WHERE NOT passed AND trace_id IS NOT NULL AND date BETWEEN $first_date AND $last_date
),
traces_of AS (
    SELECT
        trace_id,
        coalesce(max(workflow), '') AS workflow,
        coalesce(max(tenant_id), '') AS tenant,
        coalesce(max(session_id), trace_id) AS cluster,
        CASE WHEN min(prompt_version) FILTER (WHERE kind = 'llm') = max(prompt_version) FILTER (WHERE kind = 'llm')
             THEN max(prompt_version) FILTER (WHERE kind = 'llm') END AS version,
        coalesce(max(request_model) FILTER (WHERE kind = 'llm'), '') AS model,
        min(start_time) AS started,
        bool_or(parent_span_id IS NULL AND is_error) AS is_failed_root,
        bool_or(kind = 'llm' AND token_role NOT IN ('aggregate', 'duplicate') AND parse_status IS NOT NULL
                AND parse_status NOT IN ('ok', 'ok_whitespace')) AS is_unparsed,
        bool_or(coalesce(is_escalated, false)) AS is_escalated,
        coalesce(sum(cost_usd) FILTER (WHERE token_role = 'leaf'), 0.0) AS cost
    FROM spans
    WHERE date BETWEEN $first_date AND $last_date
      AND start_time >= $earlier_start AND start_time < $week_end
    GROUP BY trace_id
),
judged AS (
    SELECT
        t.workflow, coalesce(t.version, '') AS version, t.tenant, t.model, t.cluster, t.started, t.cost, t.is_escalated,
        CASE WHEN t.started >= $week_start THEN 0 WHEN t.started >= $before_start THEN 1 ELSE 2 END AS period,
        NOT t.is_failed_root AND NOT t.is_unparsed AND NOT t.is_escalated AND f.trace_id IS NULL AS is_success,
        s.trace_id IS NOT NULL AS has_secret
    FROM traces_of t
    LEFT JOIN failed f ON f.trace_id = t.trace_id
    LEFT JOIN secret s ON s.trace_id = t.trace_id
),
clusters AS (
    SELECT
        workflow, version, tenant, model, period, cluster,
        min(started) AS first_time,
        max(started) AS last_time,
        CAST(count(*) AS DOUBLE) AS traces,
        CAST(count(*) FILTER (WHERE is_success) AS DOUBLE) AS successes,
        CAST(count(*) FILTER (WHERE is_escalated) AS DOUBLE) AS escalated,
        CAST(count(*) FILTER (WHERE has_secret) AS DOUBLE) AS secrets,
        sum(cost) AS cost_y,
        sum(cost * cost) AS cost_u
    FROM judged
    GROUP BY workflow, version, tenant, model, period, cluster
),
long AS (
    SELECT
        workflow, version, tenant, model, period, first_time, last_time,
        unnest(make_array(
            named_struct('metric', 'success', 'n', traces, 'y', successes, 'u', successes),
            named_struct('metric', 'escalation', 'n', traces, 'y', escalated, 'u', escalated),
            named_struct('metric', 'secrets', 'n', traces, 'y', secrets, 'u', secrets),
            named_struct('metric', 'cost_per_success', 'n', successes, 'y', cost_y, 'u', cost_u)
        )) AS m
    FROM clusters
)
SELECT
    m['metric'] AS metric,
    workflow, '' AS prompt, '' AS part, version, tenant, model, period,
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
WHERE m['n'] > 0 OR m['y'] > 0
GROUP BY 1, 2, 5, 6, 7, 8
