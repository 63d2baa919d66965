-- Plays of one artist by hour of UTC, of each hour that lies in or touches [`from`, `to`). An hour without a play has no row.
-- Listeners exactly up to 100, which is all that has to be known to publish or withhold; 101 means more.
SELECT
    toInt64(played_hour) * 3600000 - 2208988800000 AS start,
    count() AS plays,
    sum(ms_played) AS msPlayed,
    uniqUpTo(100)(listener) AS listeners
FROM plays
WHERE artist_id = {artistId: String}
  AND played_hour >= intDiv(toUnixTimestamp64Milli({from: DateTime64(3, 'UTC')}) + 2208988800000, 3600000)
  AND played_hour < intDiv(toUnixTimestamp64Milli({to: DateTime64(3, 'UTC')}) + 2208988800000 + 3599999, 3600000)
GROUP BY played_hour
ORDER BY played_hour
