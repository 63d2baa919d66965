-- Plays and listeners of one artist by day of UTC, from `from` (inclusive) to `to` (exclusive), counted on the rows: rollups do not say whose plays they are.
-- Listeners exactly while they are few, and then within a percent. A day without a play has no row.
SELECT
    toInt64(played_day) * 86400000 - 2208988800000 AS start,
    count() AS plays,
    sum(ms_played) AS msPlayed,
    uniqCombined(14)(listener) AS listeners
FROM plays
WHERE played_at >= {from: DateTime64(3, 'UTC')}
  AND played_at < {to: DateTime64(3, 'UTC')}
  AND artist_id = {artistId: String}
GROUP BY played_day
ORDER BY played_day
