-- When were the two versions in use, and how much did they share?
--
-- side  0 the first version, 1 the second
-- calls  Model calls.
-- clusters  Their sessions, else traces.
-- shared_clusters  Of these, those with a call while both versions were in use.
-- first_call last_call  Start of the first and last call, UTC.
-- shared_from shared_until  Bounds of the time when both were in use; out of order where there is none.
with calls as (
    select
        case when prompt_version = $version_a then 0 else 1 end as side,
        coalesce(session_id, trace_id) as cluster,
        start_time
    from spans
    where kind = 'llm' and token_role not in ('aggregate', 'duplicate')
        and prompt_name = $prompt and prompt_version in ($version_a, $version_b)
),
used as (
    select max(first_call) as shared_from, min(last_call) as shared_until
    from (
        select side, min(start_time) as first_call, max(start_time) as last_call
        from calls
        group by side
    )
)
select
    c.side,
    count(*) as calls,
    count(distinct c.cluster) as clusters,
    count(distinct case when c.start_time between u.shared_from and u.shared_until
        then c.cluster end) as shared_clusters,
    min(c.start_time) as first_call,
    max(c.start_time) as last_call,
    u.shared_from,
    u.shared_until
from calls as c
cross join used as u
group by c.side, u.shared_from, u.shared_until
order by c.side
