-- The artists with the most plays in the hours of UTC that lie in or touch [`from`, `to`), the most played first, under the name that came last.
-- Artists are told apart by 64 bits of a hash of their ids: among a million of them two are one with a probability of 3 in 100 million.
WITH
    (
        SELECT (groupArray(artist), groupArray(plays), groupArray(played))
        FROM
        (
            SELECT sipHash64(artist_id) AS artist, count() AS plays, sum(ms_played) AS played
            FROM plays
            WHERE played_hour >= intDiv(toUnixTimestamp64Milli({from: DateTime64(3, 'UTC')}) + 2208988800000, 3600000)
              AND played_hour < intDiv(toUnixTimestamp64Milli({to: DateTime64(3, 'UTC')}) + 2208988800000 + 3599999, 3600000)
            GROUP BY artist
            ORDER BY plays DESC, artist
            LIMIT {artists: UInt16}
        )
    ) AS top
SELECT
    any(artist_id) AS artistId,
    argMax(artist_name, (received_at, artist_name)) AS artistName,
    top.2[indexOf(top.1, sipHash64(artist_id))] AS plays,
    top.3[indexOf(top.1, sipHash64(artist_id))] AS msPlayed
FROM plays
WHERE sipHash64(artist_id) IN (SELECT arrayJoin(top.1))
GROUP BY sipHash64(artist_id)
ORDER BY plays DESC, artistId
