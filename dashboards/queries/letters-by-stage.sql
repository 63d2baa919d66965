-- How many records each stage has set aside, by when that came to ClickHouse, from `from` (inclusive) to `to` (exclusive).
SELECT
    stage,
    count() AS letters
FROM dead_letters
WHERE ingested_at >= {from: DateTime64(3, 'UTC')}
  AND ingested_at < {to: DateTime64(3, 'UTC')}
GROUP BY stage
ORDER BY stage
