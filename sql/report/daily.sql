-- How did each workflow go, bin by bin of time?
--
-- workflow   empty where unknown
-- bin        start of the bin
-- traces successes  traces that began, and those that succeeded (see trace_metrics.sql)
-- cost       of leaf calls, US dollars
-- json json_failures  answers where JSON is expected, and those that are not strict JSON
-- faith_n faith_sum   answers with a stored faithfulness, and its sum
-- latency_n latency_log  successful calls, and the sum of ln(milliseconds)
WITH failed AS (
    SELECT DISTINCT trace_id
    FROM evals
    WHERE NOT passed AND trace_id IS NOT NULL AND date BETWEEN $first_date AND $last_date
),
traces_of AS (
    SELECT
        trace_id,
        coalesce(max(workflow), '') AS workflow,
        min(start_time) AS started,
        bool_or(parent_span_id IS NULL AND is_error) AS is_failed_root,
        bool_or(kind = 'llm' AND token_role NOT IN ('aggregate', 'duplicate') AND parse_status IS NOT NULL
                AND parse_status NOT IN ('ok', 'ok_whitespace')) AS is_unparsed,
        bool_or(coalesce(is_escalated, false)) AS is_escalated,
        coalesce(sum(cost_usd) FILTER (WHERE token_role = 'leaf'), 0.0) AS cost
    FROM spans
    WHERE date BETWEEN $first_date AND $last_date
      AND start_time >= $spark_start AND start_time < $week_end
    GROUP BY trace_id
),
scored AS (
    SELECT trace_id, span_id, max(score) AS faithfulness
    FROM evals
    WHERE evaluator = 'spanlake' AND evaluator_version = $evaluator AND name = 'faithfulness'
      AND span_id IS NOT NULL AND date BETWEEN $first_date AND $last_date
    GROUP BY trace_id, span_id
),
parts AS (
    SELECT
        t.workflow,
        date_bin($bin, t.started, $spark_start) AS bin,
        CAST(count(*) AS DOUBLE) AS traces,
        CAST(count(*) FILTER (WHERE NOT t.is_failed_root AND NOT t.is_unparsed AND NOT t.is_escalated
                              AND f.trace_id IS NULL) AS DOUBLE) AS successes,
        sum(t.cost) AS cost,
        0.0 AS json, 0.0 AS json_failures, 0.0 AS faith_n, 0.0 AS faith_sum, 0.0 AS latency_n, 0.0 AS latency_log
    FROM traces_of t
    LEFT JOIN failed f ON f.trace_id = t.trace_id
    GROUP BY 1, 2
    UNION ALL
    SELECT
        coalesce(s.workflow, '') AS workflow,
        date_bin($bin, s.start_time, $spark_start) AS bin,
        0.0 AS traces, 0.0 AS successes, 0.0 AS cost,
        CAST(count(s.parse_status) AS DOUBLE) AS json,
        CAST(count(*) FILTER (WHERE s.parse_status NOT IN ('ok', 'ok_whitespace')) AS DOUBLE) AS json_failures,
        CAST(count(e.faithfulness) AS DOUBLE) AS faith_n,
        coalesce(sum(e.faithfulness), 0.0) AS faith_sum,
        CAST(count(*) FILTER (WHERE NOT s.is_error AND s.duration_ms > 0) AS DOUBLE) AS latency_n,
        coalesce(sum(CASE WHEN NOT s.is_error AND s.duration_ms > 0 THEN ln(s.duration_ms) END), 0.0) AS latency_log
    FROM spans s
    LEFT JOIN scored e ON e.trace_id = s.trace_id AND e.span_id = s.span_id
    WHERE s.kind = 'llm' AND s.token_role NOT IN ('aggregate', 'duplicate')
      AND s.date BETWEEN $first_date AND $last_date
      AND s.start_time >= $spark_start AND s.start_time < $week_end
    GROUP BY 1, 2
)
SELECT
    workflow, bin,
    sum(traces) AS traces, sum(successes) AS successes, sum(cost) AS cost,
    sum(json) AS json, sum(json_failures) AS json_failures,
    sum(faith_n) AS faith_n, sum(faith_sum) AS faith_sum,
    sum(latency_n) AS latency_n, sum(latency_log) AS latency_log
FROM parts
GROUP BY workflow, bin
ORDER BY workflow, bin
