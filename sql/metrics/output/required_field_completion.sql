-- How many of the fields that a schema requires does the output fill?
-- Computed now, from the stored output and the registered schema; output that cannot be read fills
-- nothing. Versions share one schema, so the mean share is filled fields / required fields.
--
-- n  Calls whose output should be JSON, with output and a schema that requires fields.
-- rate  Mean share of the required fields that are filled.
-- low high  Its normal interval at 95 %, calls taken as independent; NULL for fewer than two.
-- complete_share  Calls that fill every required field / n.
-- coverage  n / calls whose output should be JSON.
--
-- owner: model quality owner
-- review: 90 days
with shares as (
    select
        c.prompt_name, c.prompt_version,
        required_completion(coalesce(p.structured_output, p.output_text), r.output_schema) as share
    from llm_calls as c
    left join current_prompts as r on r.name = c.prompt_name and r.version = c.prompt_version
    left join payloads as p on p.trace_id = c.trace_id and p.span_id = c.span_id
    where c.is_json_expected
)
select
    prompt_name, prompt_version,
    count(share) as n,
    avg(share) as rate,
    case when count(share) > 1
        then greatest(0.0, avg(share) - 1.959963984540054 * stddev(share) / sqrt(count(share)))
        end as low,
    case when count(share) > 1
        then least(1.0, avg(share) + 1.959963984540054 * stddev(share) / sqrt(count(share)))
        end as high,
    avg(case when share is not null then case when share = 1.0 then 1.0 else 0.0 end end)
        as complete_share,
    count(share) * 1.0 / count(*) as coverage
from shares
group by prompt_name, prompt_version
order by prompt_name, prompt_version
