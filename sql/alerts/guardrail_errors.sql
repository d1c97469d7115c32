-- Does a safety filter fail open?
-- Guardrail checks in error, in traces that answered all the same.
--
-- group  Guardrail.
-- value n  Such checks; all checks of the guardrail.
--
-- $now = now  When.
-- $window = 10 minutes  How far back.
-- $environment = 'production'  Environment.
-- owner: on-call
-- review: 30 days
with checks as (
    select trace_id, coalesce(guardrail_name, '?') as guardrail, is_error
    from spans
    where kind = 'guardrail' and environment = $environment
        and start_time <= $now and start_time > $now - $window
),
answered as (
    select distinct c.trace_id
    from llm_calls as c
    where not c.is_error and c.start_time <= $now and c.start_time > $now - $window
)
select
    c.guardrail as "group",
    sum(case when c.is_error and a.trace_id is not null then 1.0 else 0.0 end) as value,
    count(*) as n
from checks as c
left join answered as a on a.trace_id = c.trace_id
group by c.guardrail
order by c.guardrail
