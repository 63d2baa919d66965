-- The fifty tracks that one listener has played most, from `from` (inclusive) to `to` (exclusive), under the names that came last.
SELECT
    track_id AS trackId,
    argMax(track_name, (received_at, track_name)) AS trackName,
    argMax(artist_name, (received_at, artist_name)) AS artistName,
    count() AS plays,
    sum(ms_played) AS msPlayed
FROM plays
WHERE listener = {listener: String}
  AND played_at >= {from: DateTime64(3, 'UTC')}
  AND played_at < {to: DateTime64(3, 'UTC')}
GROUP BY trackId
ORDER BY plays DESC, trackId
LIMIT 50
