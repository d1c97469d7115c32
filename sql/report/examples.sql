-- Which traces show a finding best?
--
-- trace_id  trace
-- time      start of its worst call
-- what      what is wrong with it
-- preview   start of the redacted output
-- sensitivity  tag of the trace
WITH scored AS (
    SELECT
        trace_id, span_id,
        max(score) FILTER (WHERE name = 'faithfulness') AS faithfulness,
        max(score) FILTER (WHERE name = 'citation_validity') AS citations
    FROM evals
    WHERE evaluator = 'spanlake' AND evaluator_version = $evaluator AND span_id IS NOT NULL
      AND date BETWEEN $first_date AND $last_date
    GROUP BY trace_id, span_id
),
versions AS (
    SELECT trace_id, max(prompt_version) AS prompt_version, max(retrieval_index_version) AS index_version,
        max(retrieval_index) AS index_name
    FROM spans
    WHERE date BETWEEN $first_date AND $last_date AND workflow = $workflow
    GROUP BY trace_id
),
secret AS (
    SELECT trace_id, span_id, max(r['class']) AS class
    FROM (
        SELECT trace_id, span_id, unnest(redactions) AS r
        FROM spans
        WHERE date BETWEEN $first_date AND $last_date AND workflow = $workflow AND redactions IS NOT NULL
    )
    WHERE r['class'] IN ('private_key', 'api_key', 'token', 'password', 'cookie')
    GROUP BY trace_id, span_id
),
ranked AS (
    SELECT
        s.trace_id,
        s.start_time,
        s.output_preview,
        s.sensitivity,
        CASE $metric
            WHEN 'parse_failure' THEN s.parse_status
            WHEN 'schema_pass' THEN 'schema ' || s.schema_status
            WHEN 'faithfulness' THEN 'faithfulness ' || CAST(round(e.faithfulness * 100) / 100 AS VARCHAR)
            WHEN 'grounded' THEN 'faithfulness ' || CAST(round(e.faithfulness * 100) / 100 AS VARCHAR)
            WHEN 'citation_validity' THEN 'citations valid ' || CAST(round(e.citations * 100) / 100 AS VARCHAR)
            WHEN 'refusal' THEN s.refusal_kind || ' refusal'
            WHEN 'tool_arguments' THEN s.tool_name || ' ' || s.tool_args_status
            WHEN 'guardrail_error' THEN 'guardrail ' || s.guardrail_outcome
            WHEN 'guardrail_block' THEN 'guardrail ' || s.guardrail_outcome
            WHEN 'empty_retrieval' THEN 'no document'
            WHEN 'rerank_score' THEN 'best score ' || CAST(round(s.reranker_score_max * 100) / 100 AS VARCHAR)
            WHEN 'secrets' THEN x.class || ' removed'
            WHEN 'latency' THEN CAST(CAST(round(s.duration_ms) AS BIGINT) AS VARCHAR) || ' ms'
            WHEN 'cost_per_call' THEN '$' || CAST(round(s.cost_usd * 1000000) / 1000000 AS VARCHAR)
            WHEN 'cost_per_success' THEN '$' || CAST(round(s.cost_usd * 1000000) / 1000000 AS VARCHAR)
            WHEN 'drift' THEN $bin_name
            ELSE coalesce(s.error_type, '')
        END AS what,
        CASE $metric
            WHEN 'parse_failure' THEN CASE WHEN s.parse_status NOT IN ('ok', 'ok_whitespace') THEN 1.0 END
            WHEN 'schema_pass' THEN CASE WHEN s.schema_status = 'invalid' THEN 1.0 END
            WHEN 'faithfulness' THEN 1.0 - e.faithfulness
            WHEN 'grounded' THEN 1.0 - e.faithfulness
            WHEN 'citation_validity' THEN CASE WHEN e.citations < 1.0 THEN 1.0 - e.citations END
            WHEN 'refusal' THEN CASE WHEN s.refusal_kind IN ('full', 'partial') THEN 1.0 END
            WHEN 'tool_arguments' THEN CASE WHEN s.kind = 'tool' AND s.tool_args_status <> 'ok' THEN 1.0 END
            WHEN 'guardrail_error' THEN CASE WHEN s.guardrail_outcome = 'error' THEN 1.0 END
            WHEN 'guardrail_block' THEN CASE WHEN s.guardrail_outcome IN ('pass', 'error') THEN 1.0 END
            WHEN 'empty_retrieval' THEN CASE WHEN s.kind = 'retriever' AND s.retrieved_count = 0 THEN 1.0 END
            WHEN 'rerank_score' THEN 1.0 - s.reranker_score_max
            WHEN 'error' THEN CASE WHEN s.is_error THEN 1.0 END
            WHEN 'timeout' THEN CASE WHEN s.is_timeout THEN 1.0 END
            WHEN 'fallback' THEN CASE WHEN s.fallback_from IS NOT NULL THEN 1.0 END
            WHEN 'escalation' THEN CASE WHEN s.is_escalated THEN 1.0 END
            WHEN 'success' THEN CASE WHEN s.parent_span_id IS NULL AND s.is_error THEN 1.0 END
            WHEN 'secrets' THEN CASE WHEN x.class IS NOT NULL THEN 1.0 END
            WHEN 'latency' THEN s.duration_ms
            WHEN 'cost_per_call' THEN s.cost_usd
            WHEN 'cost_per_success' THEN s.cost_usd
            WHEN 'drift' THEN CASE WHEN $bin_name <> '' AND strpos(s.output_preview, $bin_name) > 0 THEN 1.0 END
        END AS badness
    FROM spans s
    LEFT JOIN scored e ON e.trace_id = s.trace_id AND e.span_id = s.span_id
    LEFT JOIN versions v ON v.trace_id = s.trace_id
    LEFT JOIN secret x ON x.trace_id = s.trace_id AND x.span_id = s.span_id
    WHERE s.date BETWEEN $first_date AND $last_date
      AND s.start_time >= $week_start AND s.start_time < $week_end
      AND coalesce(s.workflow, '') = $workflow
      AND ($prompt = '' OR s.prompt_name = $prompt)
      AND ($tenant = '' OR s.tenant_id = $tenant)
      AND ($version = '' OR coalesce(s.prompt_version, v.prompt_version) = $version
           OR coalesce(s.retrieval_index_version, v.index_version) = $version)
      AND ($part = '' OR $part IN (s.tool_name, s.guardrail_name, s.guardrail_policy, coalesce(s.retrieval_index, v.index_name), s.reranker_model))
      AND ($metric NOT IN ('latency', 'cost_per_call', 'cost_per_success', 'error', 'timeout', 'fallback', 'drift')
           OR (s.kind = 'llm' AND s.token_role NOT IN ('aggregate', 'duplicate')))
),
best AS (
    SELECT
        trace_id,
        max(badness) AS badness,
        first_value(start_time ORDER BY badness DESC, start_time, what) AS time,
        first_value(what ORDER BY badness DESC, start_time, what) AS what,
        first_value(output_preview ORDER BY badness DESC, start_time, what) AS preview,
        max(sensitivity) AS sensitivity
    FROM ranked
    WHERE badness IS NOT NULL
    GROUP BY trace_id
)
SELECT trace_id, time, what, preview, sensitivity
FROM best
ORDER BY badness DESC, time DESC, trace_id
LIMIT $limit
