-- Was anything exposed, disallowed or left unredacted?
--
-- finding  redaction (a class removed), guardrail (an outcome), unredacted (without a policy).
-- subject  Class, or guardrail and outcome.
-- spans  Spans concerned.
-- occurrences  Values removed; for guardrails and unredacted the spans.
--
-- owner: security
-- review: 30 days
select finding, subject, count(*) as spans, sum(occurrences) as occurrences
from (
    select
        'redaction' as finding,
        redaction['class'] as subject,
        redaction['count'] as occurrences
    from (select unnest(redactions) as redaction from spans where redactions is not null) as r
    union all
    select
        'guardrail',
        coalesce(guardrail_name, '?') || ' ' || coalesce(guardrail_outcome, '?'),
        1
    from spans
    where kind = 'guardrail'
    union all
    select 'unredacted', 'policy none', 1
    from spans
    where policy_version = 'none'
) as findings
group by finding, subject
order by finding, subject
