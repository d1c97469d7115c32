-- With which redaction policies was the week stored?
--
-- policy_version  hash of the policy, or none
SELECT DISTINCT policy_version
FROM spans
WHERE date BETWEEN $first_date AND $last_date
  AND start_time >= $week_start AND start_time < $week_end
ORDER BY policy_version
