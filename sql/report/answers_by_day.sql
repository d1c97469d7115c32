-- On which days do answers wait to be judged?
--
-- date     UTC day
-- answers  leaf answers whose contexts may be known, without a stored result of the evaluator
--          version
SELECT s.date AS date, count(*) AS answers
FROM spans s
LEFT ANTI JOIN (
    SELECT trace_id, span_id
    FROM evals
    WHERE evaluator = 'spanlake' AND evaluator_version = $evaluator AND span_id IS NOT NULL
) e ON e.trace_id = s.trace_id AND e.span_id = s.span_id
WHERE s.kind = 'llm' AND s.token_role NOT IN ('aggregate', 'duplicate') AND NOT s.is_error AND s.refusal_kind = 'none'
  AND s.date BETWEEN $first_date AND $last_date
  AND (coalesce(array_has(s.prompt_variable_names, 'context'), false)
       OR s.trace_id IN (SELECT trace_id FROM spans WHERE kind IN ('retriever', 'reranker')))
GROUP BY s.date
ORDER BY s.date
