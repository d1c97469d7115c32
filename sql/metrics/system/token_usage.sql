-- Where do tokens go?
-- Each call is counted once.
--
-- n  Model calls.
-- input_tokens cache_read_tokens  Input, and the part of it read from a cache.
-- output_tokens reasoning_tokens  Output, and the part of it that was reasoning.
-- coverage  Calls that report tokens / n.
--
-- owner: platform
-- review: 90 days
select
    date, workflow, prompt_name, prompt_version, model,
    count(*) as n,
    sum(input_tokens) as input_tokens,
    sum(cache_read_tokens) as cache_read_tokens,
    sum(output_tokens) as output_tokens,
    sum(reasoning_tokens) as reasoning_tokens,
    count(coalesce(input_tokens, output_tokens)) * 1.0 / count(*) as coverage
from llm_calls
group by date, workflow, prompt_name, prompt_version, model
order by date, workflow, prompt_name, prompt_version, model
