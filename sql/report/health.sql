-- Is the week's data complete?
--
-- spans traces        what arrived
-- late_spans          came over an hour later after their end than their trace's quickest span
-- duplicate_calls     second reports of one provider call
-- partial_spans       never ended
-- orphan_spans        their parent is not there
-- suspect_times       times outside what receipt allows
-- unpriced_calls      successful leaf calls without a cost
-- unversioned_calls   leaf calls without a prompt version
WITH week AS (
    SELECT trace_id, span_id, parent_span_id,
           to_unixtime(ingest_time) - greatest(start_unix_nano, end_unix_nano) / 1000000000 AS delay_s, kind, token_role, is_final, time_suspect,
           is_error, cost_usd, prompt_version
    FROM spans
    WHERE date BETWEEN $first_date AND $last_date
      AND start_time >= $week_start AND start_time < $week_end
),
quickest AS (
    SELECT trace_id, min(delay_s) AS delay_s FROM week GROUP BY trace_id
),
parents AS (
    SELECT DISTINCT trace_id, span_id
    FROM spans
    WHERE date BETWEEN $first_date AND $last_date
)
SELECT
    count(*) AS spans,
    count(DISTINCT w.trace_id) AS traces,
    count(*) FILTER (WHERE w.delay_s > f.delay_s + 3600) AS late_spans,
    count(*) FILTER (WHERE w.token_role = 'duplicate') AS duplicate_calls,
    count(*) FILTER (WHERE NOT w.is_final) AS partial_spans,
    count(*) FILTER (WHERE w.parent_span_id IS NOT NULL AND p.span_id IS NULL) AS orphan_spans,
    count(*) FILTER (WHERE w.time_suspect) AS suspect_times,
    count(*) FILTER (WHERE w.kind = 'llm' AND w.token_role NOT IN ('aggregate', 'duplicate') AND NOT w.is_error AND w.cost_usd IS NULL)
        AS unpriced_calls,
    count(*) FILTER (WHERE w.kind = 'llm' AND w.token_role NOT IN ('aggregate', 'duplicate') AND w.prompt_version IS NULL)
        AS unversioned_calls
FROM week w
JOIN quickest f ON f.trace_id = w.trace_id
LEFT JOIN parents p ON p.trace_id = w.trace_id AND p.span_id = w.parent_span_id
