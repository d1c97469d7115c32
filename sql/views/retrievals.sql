-- What did searches and rerankings return?
--
-- is_empty  Whether nothing was found; NULL when the count is unknown.
select
    date, trace_id, span_id, parent_span_id, start_time, duration_ms,
    tenant_id, user_id, session_id, environment, workflow, request_type, service_name,
    name, kind, status, is_error, error_type, status_message, is_timeout,
    retrieved_count, retrieved_count = 0 as is_empty, retrieval_top_k,
    retrieval_index, retrieval_index_version, embedding_model, reranker_model, reranker_score_max,
    input_preview, output_preview, attributes
from spans
where kind in ('retriever', 'reranker')
