-- Which span of time does the store hold?
--
-- first_time  oldest start of a span whose times are plausible
-- last_time   newest one
SELECT min(start_time) AS first_time, max(start_time) AS last_time
FROM spans
WHERE NOT time_suspect
