-- Rollups that say of how many listeners an artist's figures are, so that they can be published, and plays once more in the order of their listeners.
-- From plays in another order ClickHouse 26.7 does not take what a lightweight DELETE hides, so that is refused: ALTER TABLE plays DELETE deletes from all of them.
ALTER TABLE plays
    ADD PROJECTION IF NOT EXISTS artist_by_hour
    (
        SELECT artist_id, played_hour, count(), sum(ms_played), uniqUpTo(100)(listener)
        GROUP BY artist_id, played_hour
    ) WITH SETTINGS (index_granularity = 512),
    ADD PROJECTION IF NOT EXISTS artist_by_day
    (
        SELECT artist_id, played_day, count(), sum(ms_played), uniqCombined(12)(listener)
        GROUP BY artist_id, played_day
    ) WITH SETTINGS (index_granularity = 128),
    ADD PROJECTION IF NOT EXISTS plays_of_listener
    (
        SELECT listener, played_at, track_id, track_name, artist_id, artist_name, ms_played, source, received_at
        ORDER BY listener, played_at
    ),
    MODIFY SETTING lightweight_mutation_projection_mode = 'throw'
