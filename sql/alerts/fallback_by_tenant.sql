-- Does one tenant fall back to other models more than it did?
-- The last seven days against the 28 days before them; of all its fallbacks, how many should fall
-- into the last seven days?
--
-- group  Tenant.
-- value baseline n  Share of calls that replaced another model, now and before; such calls now.
-- hits trials expected  Fallbacks now, in all, and the share of them that belongs to now.
--
-- $now = now  When.
-- owner: on-call
-- review: 30 days
with sums as (
    select
        coalesce(tenant_id, '?') as tenant,
        sum(case when start_time > $now - interval '7 days' then 1 else 0 end) as calls_now,
        sum(case when start_time > $now - interval '7 days' and fallback_from is not null
            then 1 else 0 end) as hits_now,
        sum(case when start_time > $now - interval '7 days' then 0 else 1 end) as calls_before,
        sum(case when start_time <= $now - interval '7 days' and fallback_from is not null
            then 1 else 0 end) as hits_before
    from llm_calls
    where start_time <= $now and start_time > $now - interval '35 days'
    group by tenant_id
)
select
    tenant as "group",
    hits_now * 1.0 / calls_now as value,
    hits_before * 1.0 / calls_before as baseline,
    hits_now as n,
    hits_now as hits,
    hits_now + hits_before as trials,
    calls_now * 1.0 / (calls_now + calls_before) as expected
from sums
where calls_now > 0 and calls_before > 0
order by tenant
