-- Which documents did a day's traces retrieve?
--
-- trace_id    trace
-- span_id     retrieval or reranking
-- kind        retriever or reranker
-- ended       nanoseconds since the epoch
-- query       query, which an answer may repeat
-- content     document's text
-- in_context  whether the document went into the prompt; NULL when unknown
SELECT
    trace_id, span_id, kind, ended, query, d['content'] AS content, d['in_context'] AS in_context
FROM (
    SELECT
        s.trace_id, s.span_id, s.kind, s.end_unix_nano AS ended,
        coalesce(p.retrieval_query_original, p.retrieval_query) AS query,
        unnest(p.documents) AS d
    FROM spans s
    JOIN payloads p ON p.trace_id = s.trace_id AND p.span_id = s.span_id
    WHERE s.kind IN ('retriever', 'reranker')
      AND s.date BETWEEN $before_day AND $day AND p.date BETWEEN $before_day AND $day
      AND s.trace_id >= $from_trace AND s.trace_id < $to_trace
      AND p.trace_id >= $from_trace AND p.trace_id < $to_trace
      AND p.documents IS NOT NULL
)
ORDER BY trace_id, ended, span_id
