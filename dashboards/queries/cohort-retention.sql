-- Of the listeners whose first play ever was in a week (UTC, from Monday on), how many played in it and in each week behind it: cohorts of the `weeks`
-- weeks, 64 at most, from the one with `from` in it. A week without new listeners has no row. Nobody is counted as somebody else, but for 64 bits of a hash.
-- by_listener keeps, for a listener and each 64 weeks, a bit for each week with a play.
WITH
    toUInt32(intDiv(toUnixTimestamp64Milli({from: DateTime64(3, 'UTC')}) + 2208988800000, 604800000)) AS from_week,
    intDiv(from_week, 64) AS from_block,
    toUInt8(from_week % 64) AS from_bit
SELECT
    cohort * 604800000 - 2208988800000 AS start,
    sum(alike) AS listeners,
    sumForEach(arrayMap(week -> if(bitTest(later, week), alike, 0), range(toUInt64(cohort - from_week), toUInt64(least({weeks: UInt8}, 64))))) AS active
FROM
(
    SELECT cohort, later, count() AS alike
    FROM
    (
        SELECT
            min(block * 64 + bitCount(bitXor(weeks, weeks - 1)) - 1) AS cohort,
            groupBitOr(multiIf(
                block = from_block, bitShiftRight(weeks, from_bit),
                block = from_block + 1, bitShiftLeft(weeks, toUInt8(64 - from_bit)),
                toUInt64(0))) AS later
        FROM
        (
            SELECT
                intDiv(played_week, 64) AS block,
                sipHash64(listener) AS hash,
                groupBitOr(bitShiftLeft(toUInt64(1), played_week % 64)) AS weeks
            FROM plays
            GROUP BY block, hash
        )
        GROUP BY hash
    )
    GROUP BY cohort, later
)
WHERE cohort >= from_week AND cohort < from_week + least({weeks: UInt8}, 64)
GROUP BY cohort
ORDER BY cohort
