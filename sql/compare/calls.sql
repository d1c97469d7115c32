-- What did each model call of the two versions observe?
-- A metric's column is NULL where the call does not count for it.
--
-- side  0 the first version, 1 the second
-- tenant model  Stratum; empty where unknown.
-- cluster  Session, else trace.
-- weight  How many calls this one stands for.
-- parse_failure schema_pass refusal error timeout fallback  0 or 1
-- cost_per_call  US dollars
-- latency  Natural logarithm of milliseconds.
select
    case when prompt_version = $version_a then 0 else 1 end as side,
    coalesce(tenant_id, '') as tenant,
    coalesce(response_model, request_model, '') as model,
    coalesce(session_id, trace_id) as cluster,
    coalesce(sampling_weight, 1.0) as weight,
    case
        when parse_status in ('ok', 'ok_whitespace') then 0.0
        when parse_status is not null then 1.0
    end as parse_failure,
    case
        when schema_status = 'valid' then 1.0
        when schema_status = 'invalid' then 0.0
        when schema_status is not null and parse_status not in ('ok', 'ok_whitespace') then 0.0
    end as schema_pass,
    case
        when refusal_kind in ('full', 'partial') then 1.0
        when refusal_kind is not null then 0.0
    end as refusal,
    case when is_error then 1.0 else 0.0 end as error,
    case when is_timeout then 1.0 else 0.0 end as timeout,
    case when fallback_from is not null then 1.0 else 0.0 end as fallback,
    cost_usd as cost_per_call,
    case when not is_error and duration_ms > 0 then ln(duration_ms) end as latency
from spans
where kind = 'llm' and token_role not in ('aggregate', 'duplicate')
    and prompt_name = $prompt and prompt_version in ($version_a, $version_b)
    and start_time between $first_time and $last_time
order by side, cluster
