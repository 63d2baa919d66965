-- Plays of one listener by day of UTC, from `from` (inclusive) to `to` (exclusive). A day without a play has no row.
SELECT
    toInt64(played_day) * 86400000 - 2208988800000 AS start,
    count() AS plays,
    sum(ms_played) AS msPlayed
FROM plays
WHERE listener = {listener: String}
  AND played_at >= {from: DateTime64(3, 'UTC')}
  AND played_at < {to: DateTime64(3, 'UTC')}
GROUP BY played_day
ORDER BY played_day
