-- Plays of one listener by the hour of the day of UTC (0 to 23), from `from` (inclusive) to `to` (exclusive). An hour without a play has no row.
SELECT
    toHour(played_at) AS hour,
    count() AS plays,
    sum(ms_played) AS msPlayed
FROM plays
WHERE listener = {listener: String}
  AND played_at >= {from: DateTime64(3, 'UTC')}
  AND played_at < {to: DateTime64(3, 'UTC')}
GROUP BY hour
ORDER BY hour
