-- The fifty artists whom one listener has played most, from `from` (inclusive) to `to` (exclusive), under the name that came last.
SELECT
    artist_id AS artistId,
    argMax(artist_name, (received_at, artist_name)) AS artistName,
    count() AS plays,
    sum(ms_played) AS msPlayed
FROM plays
WHERE listener = {listener: String}
  AND played_at >= {from: DateTime64(3, 'UTC')}
  AND played_at < {to: DateTime64(3, 'UTC')}
GROUP BY artistId
ORDER BY plays DESC, artistId
LIMIT 50
