-- What was released or rolled back in the days of the sparklines?
--
-- time            when
-- prompt version  what
-- action          release, rollback
-- environment     empty where unknown
SELECT DISTINCT
    time,
    prompt_name AS prompt,
    prompt_version AS version,
    action,
    coalesce(environment, '') AS environment
FROM releases
WHERE time >= $spark_start AND time < $week_end
ORDER BY time, prompt, version, action, environment
