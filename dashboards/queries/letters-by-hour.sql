-- How much was set aside by the hour in which it came to ClickHouse, from `from` (inclusive) to `to` (exclusive). An hour without has no row.
SELECT
    toUnixTimestamp(toStartOfHour(ingested_at)) * 1000 AS start,
    count() AS letters
FROM dead_letters
WHERE ingested_at >= {from: DateTime64(3, 'UTC')}
  AND ingested_at < {to: DateTime64(3, 'UTC')}
  AND ({stage: String} = '' OR stage = {stage: String})
GROUP BY start
ORDER BY start
