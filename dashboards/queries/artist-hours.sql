-- Plays and listeners of one artist by hour of UTC, from `from` (inclusive) to `to` (exclusive), counted on the rows: rollups do not say whose plays they are.
-- Listeners exactly up to 100; 101 means more. An hour without a play has no row.
SELECT
    toInt64(played_hour) * 3600000 - 2208988800000 AS start,
    count() AS plays,
    sum(ms_played) AS msPlayed,
    uniqUpTo(100)(listener) AS listeners
FROM plays
WHERE played_at >= {from: DateTime64(3, 'UTC')}
  AND played_at < {to: DateTime64(3, 'UTC')}
  AND artist_id = {artistId: String}
GROUP BY played_hour
ORDER BY played_hour
