-- The same of the parts that are there already, in the background, as in 014.
ALTER TABLE plays
    MATERIALIZE PROJECTION IF EXISTS artist_by_hour,
    MATERIALIZE PROJECTION IF EXISTS artist_by_day,
    MATERIALIZE PROJECTION IF EXISTS plays_of_listener
