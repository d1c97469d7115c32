-- What did redaction remove in the week and in the week before?
--
-- class   class of what was removed
-- period  0 the week, 1 the week before
-- removed values removed
SELECT r['class'] AS class, period, sum(r['count']) AS removed
FROM (
    SELECT
        unnest(redactions) AS r,
        CASE WHEN start_time >= $week_start THEN 0 ELSE 1 END AS period
    FROM spans
    WHERE date BETWEEN $first_date AND $last_date
      AND start_time >= $before_start AND start_time < $week_end
      AND redactions IS NOT NULL
)
GROUP BY 1, 2
ORDER BY 1, 2
