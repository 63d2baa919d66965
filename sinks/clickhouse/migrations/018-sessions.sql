-- A row for each session of a listener, counted when it is asked for; plays of before clean-play.v2, and of sources that know no sessions, are in none.
CREATE VIEW IF NOT EXISTS sessions AS
SELECT
    listener,
    session,
    min(played_at) AS first_played_at,
    max(played_at) AS last_played_at,
    count() AS plays,
    sum(ms_played) AS ms_played,
    uniqExact(track_id) AS tracks,
    uniqExact(artist_id) AS artists
FROM plays
WHERE session IS NOT NULL
GROUP BY listener, session
