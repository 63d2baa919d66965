-- Rollups of the parts that are there already, in the background. Until a part has them its plays are counted one by one, so figures are right meanwhile.
ALTER TABLE plays
    MATERIALIZE PROJECTION IF EXISTS by_hour,
    MATERIALIZE PROJECTION IF EXISTS by_day,
    MATERIALIZE PROJECTION IF EXISTS by_hour_artist,
    MATERIALIZE PROJECTION IF EXISTS by_artist,
    MATERIALIZE PROJECTION IF EXISTS by_listener
