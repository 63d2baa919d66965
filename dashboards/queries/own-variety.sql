-- How many different artists and tracks one listener has played, from `from` (inclusive) to `to` (exclusive).
SELECT
    uniqExact(artist_id) AS artists,
    uniqExact(track_id) AS tracks
FROM plays
WHERE listener = {listener: String}
  AND played_at >= {from: DateTime64(3, 'UTC')}
  AND played_at < {to: DateTime64(3, 'UTC')}
