-- Do prompts grow?
-- The last seven days against the 28 days before them.
--
-- group  Prompt.
-- value baseline n  Median input tokens of a call, now and before; calls now.
--
-- $now = now  When.
-- owner: ai engineer
-- review: 30 days
select
    prompt_name as "group",
    median(case when start_time > $now - interval '7 days' then input_tokens * 1.0 end) as value,
    median(case when start_time <= $now - interval '7 days' then input_tokens * 1.0 end)
        as baseline,
    sum(case when start_time > $now - interval '7 days' then 1 else 0 end) as n
from llm_calls
where prompt_name is not null and input_tokens is not null
    and start_time <= $now and start_time > $now - interval '35 days'
group by prompt_name
having sum(case when start_time <= $now - interval '7 days' then 1 else 0 end) > 0
order by prompt_name
