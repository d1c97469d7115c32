-- What did each workflow's prompt versions do in the week?
--
-- workflow prompt version  empty where unknown
-- models            models asked for, sorted
-- calls             leaf model calls
-- unpriced          of those, successful without a price
-- eligible          answers with known contexts, refusals excluded
-- scored            of those, with a stored faithfulness
-- faithfulness_p10  tenth percentile of faithfulness
-- latency_p50 latency_p95  of successful calls, milliseconds
-- tokens            input and output tokens
WITH scored AS (
    SELECT trace_id, span_id, max(score) AS faithfulness
    FROM evals
    WHERE evaluator = 'spanlake' AND evaluator_version = $evaluator AND name = 'faithfulness'
      AND span_id IS NOT NULL AND date BETWEEN $first_date AND $last_date
    GROUP BY trace_id, span_id
),
retrieved AS (
    SELECT trace_id, min(end_unix_nano) AS ended
    FROM spans
    WHERE kind IN ('retriever', 'reranker') AND retrieved_count > 0
      AND date BETWEEN $first_date AND $last_date
    GROUP BY trace_id
),
calls AS (
    SELECT
        coalesce(s.workflow, '') AS workflow,
        coalesce(s.prompt_name, '') AS prompt,
        coalesce(s.prompt_version, '') AS version,
        coalesce(s.request_model, s.response_model, '') AS model,
        NOT s.is_error AND s.cost_usd IS NULL AS is_unpriced,
        coalesce(s.refusal_kind = 'none', false)
            AND (r.ended <= s.start_unix_nano OR coalesce(array_has(s.prompt_variable_names, 'context'), false))
            AS is_eligible,
        e.faithfulness,
        CASE WHEN NOT s.is_error THEN s.duration_ms END AS ms,
        coalesce(s.input_tokens, 0) + coalesce(s.output_tokens, 0) AS tokens
    FROM spans s
    LEFT JOIN scored e ON e.trace_id = s.trace_id AND e.span_id = s.span_id
    LEFT JOIN retrieved r ON r.trace_id = s.trace_id
    WHERE s.kind = 'llm' AND s.token_role NOT IN ('aggregate', 'duplicate')
      AND s.date BETWEEN $first_date AND $last_date
      AND s.start_time >= $week_start AND s.start_time < $week_end
)
SELECT
    workflow, prompt, version,
    array_to_string(array_sort(array_agg(DISTINCT model)), ', ') AS models,
    count(*) AS calls,
    count(*) FILTER (WHERE is_unpriced) AS unpriced,
    count(*) FILTER (WHERE is_eligible) AS eligible,
    count(*) FILTER (WHERE is_eligible AND faithfulness IS NOT NULL) AS scored,
    percentile_cont(0.1) WITHIN GROUP (ORDER BY faithfulness) AS faithfulness_p10,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY ms) AS latency_p50,
    percentile_cont(0.95) WITHIN GROUP (ORDER BY ms) AS latency_p95,
    sum(tokens) AS tokens
FROM calls
GROUP BY workflow, prompt, version
ORDER BY workflow, prompt, version
