-- Which questions and metrics does nobody own, review or use?
-- What nobody needs is to be removed. Times count back from the newest span or use.
--
-- is_own  Whether it is yours, from sql_dir, not shipped.
-- missing  What is missing: an owner, a review interval, a review in time, a use in time.
-- reviewed used  Last review and last use recorded, UTC.
--
-- $unused = 90 days  A use is in time within these.
-- owner: product owner
-- review: 30 days
with newest as (
    select max(time) as time
    from (select max(time) as time from reviews union all select max(start_time) from spans)
),
known as (
    select
        q.name, q.folder, q.is_own, q.owner, q.review_days,
        max(case when r.kind = 'reviewed' then r.time end) as reviewed,
        max(case when r.kind = 'used' then r.time end) as used
    from spanlake.questions as q
    left join reviews as r on r.subject_kind = 'question' and r.subject = q.name
    group by q.name, q.folder, q.is_own, q.owner, q.review_days
),
judged as (
    select
        k.*,
        concat_ws(', ',
            case when owner is null then 'owner' end,
            case when review_days is null then 'review interval'
                when reviewed is null or extract(epoch from n.time) - extract(epoch from reviewed)
                        > review_days * 86400
                then 'review' end,
            case when used is null or used < n.time - $unused then 'use' end
        ) as missing
    from known as k
    cross join newest as n
)
select name, folder, is_own, owner, missing, reviewed, used
from judged
where missing <> ''
order by is_own desc, missing, folder, name
