-- Rollups are projections of plays: part of each part, so that they hold what plays holds, whoever is killed, whatever is retried, copied or deleted.
-- A query on plays that groups and filters by just these expressions is answered from them.
ALTER TABLE plays
    ADD PROJECTION IF NOT EXISTS by_hour
    (
        SELECT played_hour, count(), sum(ms_played), uniqUpTo(100)(listener)
        GROUP BY played_hour
    ),
    ADD PROJECTION IF NOT EXISTS by_day
    (
        SELECT played_day, count(), sum(ms_played), uniqCombined(12)(listener)
        GROUP BY played_day
    ),
    ADD PROJECTION IF NOT EXISTS by_hour_artist
    (
        SELECT played_hour, sipHash64(artist_id), count(), sum(ms_played)
        GROUP BY played_hour, sipHash64(artist_id)
    ),
    ADD PROJECTION IF NOT EXISTS by_artist
    (
        SELECT sipHash64(artist_id), any(artist_id), argMax(artist_name, (received_at, artist_name))
        GROUP BY sipHash64(artist_id)
    ) WITH SETTINGS (index_granularity = 64),
    ADD PROJECTION IF NOT EXISTS by_listener
    (
        SELECT intDiv(played_week, 64), sipHash64(listener), groupBitOr(bitShiftLeft(toUInt64(1), played_week % 64))
        GROUP BY intDiv(played_week, 64), sipHash64(listener)
    )
