-- Which prompt version is better, which got worse?
-- One row per prompt version over all its model calls, each counted once. Scores are the stored
-- ones, from the evaluator version with the most of them; human labels are left out. An evaluation
-- that names no prompt counts for the prompt version of its span. Intervals are Wilson's at 95 %
-- and take calls as independent.
--
-- models  Model that answered; `several` when more than one did.
-- calls  Model calls.
-- first_call last_call  Start of the first and last call, UTC.
-- error_rate  Calls in error / calls.
-- json_expected  Calls whose output should be JSON.
-- parse_failures  Those that did not parse strictly.
-- parse_failure_rate parse_failure_low parse_failure_high  Share of the expected, and interval.
-- schema_checked  Calls checked against an output schema.
-- schema_pass_rate  Valid / checked; unparseable is invalid.
-- answers  Calls with answer text.
-- refusal_rate  Full and partial refusals / answers.
-- faithfulness faithfulness_p10  Mean (weighted by how scores were sampled) and tenth percentile.
-- faithfulness_n  Scores.
-- faithfulness_coverage  Calls scored / answers with a context (all answers where none is known).
-- faithfulness_evaluator  Evaluator and version of the scores.
-- citation_validity  Mean stored citation validity.
-- citation_n  Scores.
-- failed_evals  Stored evals that did not pass, of any name.
-- cost_usd  Cost, US dollars.
-- cost_per_call_usd  Cost per priced call, US dollars.
-- unpriced_calls  Calls whose cost is not known.
-- latency_p50_ms latency_p95_ms  Quantiles of the duration of calls not in error, milliseconds.
-- input_tokens output_tokens  Mean tokens per call.
with quality as (
    select
        prompt_name,
        prompt_version,
        case when min(coalesce(response_model, request_model))
                = max(coalesce(response_model, request_model))
            then min(coalesce(response_model, request_model)) else 'several' end as models,
        count(*) as calls,
        min(start_time) as first_call,
        max(start_time) as last_call,
        sum(case when is_error then 1 else 0 end) as errors,
        count(parse_status) as json_expected,
        sum(case when parse_status not in ('ok', 'ok_whitespace') then 1 else 0 end)
            as parse_failures,
        sum(case when schema_status = 'valid' then 1 else 0 end) as schema_valid,
        sum(case when schema_status in ('valid', 'invalid') then 1 else 0 end) as schema_checked,
        count(refusal_kind) as answers,
        sum(case when refusal_kind is not null and context_chars > 0 then 1 else 0 end)
            as answers_with_context,
        sum(case when refusal_kind in ('full', 'partial') then 1 else 0 end) as refusals,
        sum(cost_usd) as cost_usd,
        count(cost_usd) as priced_calls,
        percentile_cont(0.5) within group (order by case when not is_error then duration_ms end)
            as latency_p50_ms,
        percentile_cont(0.95) within group (order by case when not is_error then duration_ms end)
            as latency_p95_ms,
        avg(input_tokens) as input_tokens,
        avg(output_tokens) as output_tokens
    from spans
    where kind = 'llm' and token_role not in ('aggregate', 'duplicate')
        and prompt_name is not null
    group by prompt_name, prompt_version
),
scores as (
    select
        prompt_name,
        prompt_version,
        case when coalesce(evaluator_type, '') <> 'human' then name end as name,
        evaluator || coalesce(' ' || evaluator_version, '') as evaluator,
        count(score) as n,
        count(distinct id_hash(span_id)) filter (where score is not null and name = 'faithfulness')
            as spans,
        sum(score / coalesce(inclusion_probability, 1.0))
            / sum(case when score is not null then 1.0 / coalesce(inclusion_probability, 1.0) end)
            as mean,
        percentile_cont(0.1) within group (order by score) as p10,
        sum(case when passed = false then 1 else 0 end) as failed
    from prompt_evals
    where prompt_name is not null
    group by prompt_name, prompt_version, name, evaluator, evaluator_version, evaluator_type
),
best as (
    select
        prompt_name,
        prompt_version,
        first_value(mean order by n desc, evaluator desc)
            filter (where name = 'faithfulness' and n > 0) as faithfulness,
        first_value(p10 order by n desc, evaluator desc)
            filter (where name = 'faithfulness' and n > 0) as faithfulness_p10,
        first_value(n order by n desc, evaluator desc)
            filter (where name = 'faithfulness' and n > 0) as faithfulness_n,
        first_value(spans order by n desc, evaluator desc)
            filter (where name = 'faithfulness' and n > 0) as faithfulness_spans,
        first_value(evaluator order by n desc, evaluator desc)
            filter (where name = 'faithfulness' and n > 0) as faithfulness_evaluator,
        first_value(mean order by n desc, evaluator desc)
            filter (where name = 'citation_validity' and n > 0) as citation_validity,
        first_value(n order by n desc, evaluator desc)
            filter (where name = 'citation_validity' and n > 0) as citation_n,
        sum(failed) as failed_evals
    from scores
    group by prompt_name, prompt_version
)
select
    q.prompt_name, q.prompt_version, q.models, q.calls, q.first_call, q.last_call,
    q.errors * 1.0 / q.calls as error_rate,
    q.json_expected, q.parse_failures,
    q.parse_failures * 1.0 / nullif(q.json_expected, 0) as parse_failure_rate,
    wilson(q.parse_failures, q.json_expected)['low'] as parse_failure_low,
    wilson(q.parse_failures, q.json_expected)['high'] as parse_failure_high,
    q.schema_checked,
    q.schema_valid * 1.0 / nullif(q.schema_checked, 0) as schema_pass_rate,
    q.answers,
    q.refusals * 1.0 / nullif(q.answers, 0) as refusal_rate,
    e.faithfulness,
    e.faithfulness_p10,
    coalesce(e.faithfulness_n, 0) as faithfulness_n,
    coalesce(e.faithfulness_spans, 0) * 1.0
        / nullif(coalesce(nullif(q.answers_with_context, 0), q.answers), 0)
        as faithfulness_coverage,
    e.faithfulness_evaluator,
    e.citation_validity,
    coalesce(e.citation_n, 0) as citation_n,
    coalesce(e.failed_evals, 0) as failed_evals,
    q.cost_usd,
    q.cost_usd / nullif(q.priced_calls, 0) as cost_per_call_usd,
    q.calls - q.priced_calls as unpriced_calls,
    q.latency_p50_ms, q.latency_p95_ms, q.input_tokens, q.output_tokens
from quality as q
left join best as e on e.prompt_name = q.prompt_name
    and e.prompt_version is not distinct from q.prompt_version
