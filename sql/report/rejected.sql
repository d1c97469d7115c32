-- What input was rejected or cut, over the life of the store?
--
-- code      reason
-- rejected  spans, log records and evaluations rejected, at least one a row
SELECT code, CAST(sum(greatest(rejected, 1)) AS BIGINT) AS rejected
FROM ingest_errors
GROUP BY code
ORDER BY code
