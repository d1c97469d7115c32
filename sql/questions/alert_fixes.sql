-- Which alerts led to real fixes?
-- Each rule with how often it fired and what became of it.
--
-- fired  Times it fired, each group by itself.
-- acknowledged  Times somebody took it on.
-- resolved  Times it ended.
-- fixed  Of these, with what was changed.
-- fixed_share  fixed / fired: a rule near 0 is noise, or nobody acts on it.
-- last_fired  UTC.
-- fixes  What was changed, distinct.
--
-- $back = 30 days  How far back, from the newest change of a state.
-- owner: on-call
-- review: 30 days
select
    rule, max(severity) as severity, max(owner) as owner,
    sum(case when state = 'firing' then 1 else 0 end) as fired,
    sum(case when state = 'acknowledged' then 1 else 0 end) as acknowledged,
    sum(case when state = 'resolved' then 1 else 0 end) as resolved,
    count(fixed_by) as fixed,
    count(fixed_by) * 1.0 / nullif(sum(case when state = 'firing' then 1 else 0 end), 0)
        as fixed_share,
    max(case when state = 'firing' then time end) as last_fired,
    array_sort(array_agg(distinct fixed_by) filter (where fixed_by is not null)) as fixes
from alert_events
where time > (select max(time) from alert_events) - $back
group by rule
order by fired desc, rule
