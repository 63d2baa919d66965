-- Plays and listeners of one artist by day of UTC, of each day that lies in or touches [`from`, `to`). A day without a play has no row.
-- Listeners are counted exactly while they are few, and then within two percent.
SELECT
    toInt64(played_day) * 86400000 - 2208988800000 AS start,
    count() AS plays,
    sum(ms_played) AS msPlayed,
    uniqCombined(12)(listener) AS listeners
FROM plays
WHERE artist_id = {artistId: String}
  AND played_day >= intDiv(toUnixTimestamp64Milli({from: DateTime64(3, 'UTC')}) + 2208988800000, 86400000)
  AND played_day < intDiv(toUnixTimestamp64Milli({to: DateTime64(3, 'UTC')}) + 2208988800000 + 86399999, 86400000)
GROUP BY played_day
ORDER BY played_day
