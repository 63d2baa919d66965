-- artist_by_hour says what by_artist_hour says, plays_of_listener finds what the index had to look for, and nothing asks by_minute: minutes are told
-- with their listeners, of a day at most, and are counted one by one.
ALTER TABLE plays
    DROP PROJECTION IF EXISTS by_artist_hour,
    DROP PROJECTION IF EXISTS by_minute,
    DROP INDEX IF EXISTS by_listener
