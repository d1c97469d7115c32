-- Which versions of Spanlake's own evaluator scored answers in the window?
--
-- evaluator_version  profile@n
-- period             0 the week, 1 the week before, 2 the weeks before that
-- answers            scored answers
SELECT
    evaluator_version,
    CASE WHEN eval_time >= $week_start THEN 0 WHEN eval_time >= $before_start THEN 1 ELSE 2 END AS period,
    count(*) AS answers
FROM evals
WHERE evaluator = 'spanlake' AND name = 'faithfulness' AND evaluator_version IS NOT NULL
  AND date BETWEEN $first_date AND $last_date
  AND eval_time >= $earlier_start AND eval_time < $week_end
GROUP BY 1, 2
ORDER BY 1, 2
