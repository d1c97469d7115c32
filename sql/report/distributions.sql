-- Do inputs and answers still look as they did?
-- Classes are the value of a JSON answer's label-like field, else a short answer itself; lengths
-- are bytes in bins a quarter of a power of two wide.
--
-- workflow prompt  empty where unknown
-- what        output class, input length, output length
-- bin         class, or number of the bin
-- period      0 the week, 1 the week before, 2 the weeks before that
-- n           observations
-- n_squared   sum over sessions (else traces) of their squared numbers of observations
WITH calls AS (
    SELECT
        coalesce(workflow, '') AS workflow,
        coalesce(prompt_name, '') AS prompt,
        CASE WHEN start_time >= $week_start THEN 0 WHEN start_time >= $before_start THEN 1 ELSE 2 END AS period,
        coalesce(session_id, trace_id) AS cluster,
        CASE
            WHEN regexp_like(output_preview, '"(intent|label|category|class|sentiment|route|topic)"\s*:\s*"[^"]{1,40}"')
                THEN regexp_replace(output_preview,
                    '^[\s\S]*?"(intent|label|category|class|sentiment|route|topic)"\s*:\s*"([^"]{1,40})"[\s\S]*$', '\2')
            WHEN char_length(output_preview) <= 40 THEN output_preview
        END AS class,
        CASE WHEN input_bytes > 0 THEN CAST(floor(4 * log2(input_bytes)) AS BIGINT) END AS input_bin,
        CASE WHEN output_bytes > 0 THEN CAST(floor(4 * log2(output_bytes)) AS BIGINT) END AS output_bin
    FROM spans
    WHERE kind = 'llm' AND token_role NOT IN ('aggregate', 'duplicate') AND NOT is_error
      AND date BETWEEN $first_date AND $last_date
      AND start_time >= $earlier_start AND start_time < $week_end
),
long AS (
    SELECT workflow, prompt, period, cluster, 'output class' AS what, class AS bin FROM calls
    UNION ALL
    SELECT workflow, prompt, period, cluster, 'input length' AS what, CAST(input_bin AS VARCHAR) AS bin FROM calls
    UNION ALL
    SELECT workflow, prompt, period, cluster, 'output length' AS what, CAST(output_bin AS VARCHAR) AS bin FROM calls
),
clusters AS (
    SELECT workflow, prompt, what, bin, period, cluster, CAST(count(*) AS DOUBLE) AS n
    FROM long
    WHERE bin IS NOT NULL
    GROUP BY workflow, prompt, what, bin, period, cluster
)
SELECT workflow, prompt, what, bin, period, sum(n) AS n, sum(n * n) AS n_squared
FROM clusters
GROUP BY workflow, prompt, what, bin, period
