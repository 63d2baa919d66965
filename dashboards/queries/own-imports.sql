-- What a listener has imported, by import, the newest first. Rows are those that anonymise let through, once each.
SELECT
    substring(source, 8) AS importId,
    count() AS plays,
    sum(ms_played) AS msPlayed,
    toUnixTimestamp64Milli(min(played_at)) AS firstPlayedAt,
    toUnixTimestamp64Milli(max(played_at)) AS lastPlayedAt,
    toUnixTimestamp64Milli(min(received_at)) AS begun,
    toUnixTimestamp64Milli(max(received_at)) AS ended
FROM plays
WHERE listener = {listener: String}
  AND startsWith(source, 'import:')
GROUP BY source
ORDER BY begun DESC, importId
LIMIT 200
