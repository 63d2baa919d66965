-- Under which name an artist came last; no row for one whom nobody has played.
SELECT argMax(artist_name, (received_at, artist_name)) AS artistName
FROM plays
WHERE sipHash64(artist_id) = sipHash64({artistId: String})
GROUP BY sipHash64(artist_id)
HAVING any(artist_id) = {artistId: String}
