-- Plays by the minute they were played in, from `from` (inclusive) to `to` (exclusive).
-- History's own figure: late plays, imports and replays are in it, each once. A minute without a play has no row.
-- Listeners are counted exactly while they are few, which is where it matters, and then within a percent, in little memory.
SELECT
    toUnixTimestamp(toStartOfMinute(played_at)) * 1000 AS start,
    count() AS plays,
    uniqCombined(14)(listener) AS listeners
FROM plays
WHERE played_at >= {from: DateTime64(3, 'UTC')}
  AND played_at < {to: DateTime64(3, 'UTC')}
GROUP BY start
ORDER BY start
