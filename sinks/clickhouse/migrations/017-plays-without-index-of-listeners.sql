-- What it had to look for, plays_of_listener finds.
ALTER TABLE plays
    DROP INDEX IF EXISTS by_listener
