-- Which questions and metrics have owners and regular review?
--
-- is_own  Whether it is yours, from sql_dir, not shipped.
-- owner review_days  From its header.
-- reviewed reviewed_by  Last review recorded, UTC, and by whom.
-- used uses  Last use recorded, UTC, and on how many days by whom: one a person and day.
-- is_overdue  Whether that review is older than its interval, or there is none; NULL without one.
--
-- owner: product owner
-- review: 30 days
with newest as (
    select max(time) as time
    from (select max(time) as time from reviews union all select max(start_time) from spans)
)
select
    q.name, q.folder, q.is_own, q.owner, q.review_days,
    r.reviewed, r.reviewed_by, r.used, coalesce(r.uses, 0) as uses,
    case when q.review_days is not null then
        coalesce(
            extract(epoch from n.time) - extract(epoch from r.reviewed) > q.review_days * 86400,
            true
        )
    end as is_overdue
from spanlake.questions as q
cross join newest as n
left join (
    select
        subject,
        max(case when kind = 'reviewed' then time end) as reviewed,
        last_value(by order by time) filter (where kind = 'reviewed') as reviewed_by,
        max(case when kind = 'used' then time end) as used,
        sum(case when kind = 'used' then 1 else 0 end) as uses
    from reviews
    where subject_kind = 'question'
    group by subject
) as r on r.subject = q.name
order by q.is_own desc, q.folder, q.name
