-- How long plays that came to ClickHouse from `from` (inclusive) to `to` (exclusive) took from their arrival in Kafka, in ms, within a percent.
-- Of those played since `playedFrom`, so that little is read: plays of long ago are imports. Clocks that differ never make a latency negative.
SELECT
    count() AS plays,
    if(plays = 0, NULL, quantileDD(0.01, 0.5)(greatest(0, dateDiff('millisecond', received_at, ingested_at)))) AS p50,
    if(plays = 0, NULL, quantileDD(0.01, 0.95)(greatest(0, dateDiff('millisecond', received_at, ingested_at)))) AS p95,
    if(plays = 0, NULL, quantileDD(0.01, 0.99)(greatest(0, dateDiff('millisecond', received_at, ingested_at)))) AS p99
FROM plays
WHERE played_at >= {playedFrom: DateTime64(3, 'UTC')}
  AND ingested_at >= {from: DateTime64(3, 'UTC')}
  AND ingested_at < {to: DateTime64(3, 'UTC')}
