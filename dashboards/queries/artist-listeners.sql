-- Of how many different listeners the plays of each of these artists are in the days of UTC that lie in or touch [`from`, `to`).
-- Exactly up to 100, which is all that has to be known to publish or withhold; 101 means more.
SELECT
    artist_id AS artistId,
    least(uniqCombined(12)(listener), 101) AS listeners
FROM plays
WHERE artist_id IN {artistIds: Array(String)}
  AND played_day >= intDiv(toUnixTimestamp64Milli({from: DateTime64(3, 'UTC')}) + 2208988800000, 86400000)
  AND played_day < intDiv(toUnixTimestamp64Milli({to: DateTime64(3, 'UTC')}) + 2208988800000 + 86399999, 86400000)
GROUP BY artist_id
ORDER BY artist_id
