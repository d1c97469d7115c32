-- Which sensitive fields were redacted before storage?
--
-- field class  Column and class of what was removed.
-- spans  Spans concerned.
-- removed  Values removed.
--
-- owner: security
-- review: 30 days
select
    redaction['field'] as field,
    redaction['class'] as class,
    count(*) as spans,
    sum(redaction['count']) as removed
from (select unnest(redactions) as redaction from spans where redactions is not null) as r
group by redaction['field'], redaction['class']
order by removed desc, field, class
