-- Which answers of a day wait to be judged?
-- Leaf model calls with an answer that is no refusal, whose contexts may be known, and that have
-- no stored result of this evaluator version.
--
-- trace_id span_id  the call
-- started ended     nanoseconds since the epoch
-- tenant_id user_id session_id environment workflow prompt_name prompt_version  of the call
-- answer            the answer
-- variables         prompt variables, JSON
SELECT
    s.trace_id, s.span_id,
    s.start_unix_nano AS started, s.end_unix_nano AS ended,
    s.tenant_id, s.user_id, s.session_id, s.environment, s.workflow, s.prompt_name, s.prompt_version,
    p.output_text AS answer,
    p.input_variables AS variables
FROM spans s
JOIN payloads p ON p.trace_id = s.trace_id AND p.span_id = s.span_id
LEFT ANTI JOIN (
    SELECT trace_id, span_id
    FROM evals
    WHERE evaluator = 'spanlake' AND evaluator_version = $evaluator AND span_id IS NOT NULL
      AND date BETWEEN $first_date AND $last_date
) e ON e.trace_id = s.trace_id AND e.span_id = s.span_id
WHERE s.kind = 'llm' AND s.token_role NOT IN ('aggregate', 'duplicate') AND NOT s.is_error AND s.refusal_kind = 'none'
  AND s.date = $day AND p.date = $day
  AND s.trace_id >= $from_trace AND s.trace_id < $to_trace
  AND p.trace_id >= $from_trace AND p.trace_id < $to_trace
  AND p.output_text IS NOT NULL
  AND (coalesce(array_has(s.prompt_variable_names, 'context'), false)
       OR s.trace_id IN (
           SELECT trace_id
           FROM spans
           WHERE kind IN ('retriever', 'reranker') AND date BETWEEN $before_day AND $day
       ))
ORDER BY s.trace_id, s.start_unix_nano, s.span_id
