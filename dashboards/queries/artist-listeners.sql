-- Of how many different listeners the plays of each of these artists are, from `from` (inclusive) to `to` (exclusive): counted on the rows.
-- Exactly up to 100, which is all that has to be known to publish or withhold; 101 means more.
SELECT
    artist_id AS artistId,
    uniqUpTo(100)(listener) AS listeners
FROM plays
WHERE played_at >= {from: DateTime64(3, 'UTC')}
  AND played_at < {to: DateTime64(3, 'UTC')}
  AND artist_id IN {artistIds: Array(String)}
GROUP BY artistId
ORDER BY artistId
