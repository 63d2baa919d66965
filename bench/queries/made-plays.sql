-- Plays `at` to `at` + `step` of `rows` plays of 90 days from 2026-01-01 on, the same every time: artists of 50,000 by Zipf, ten tracks each; of 100,000 listeners
-- 40 % are there on the first day, others come later, and in a week four of ten who would play do not.
INSERT INTO plays
    (event_id, listener, track_id, track_name, artist_id, artist_name, played_at, ms_played, platform, network, country, source, received_at,
     kafka_topic, kafka_topic_id, kafka_partition, kafka_offset)
WITH
    sipHash64(number, 1) / 18446744073709551616 AS of_listeners,
    sipHash64(number, 2) / 18446744073709551616 AS of_artists,
    sipHash64(number, 3) AS dice,
    fromUnixTimestamp64Milli(toInt64(1767225600000 + intDiv(number * 7776000000, {rows: UInt64}) + dice % 1000)) AS at,
    intDiv(number * 90, {rows: UInt64}) AS day,
    toUInt32(100000 * of_listeners * (0.4 + 0.6 * day / 90)) AS anybody,
    if(sipHash64(anybody, intDiv(day, 7)) % 10 < 4, intDiv(anybody, 7), anybody) AS listener_number,
    toUInt32(pow(50000, of_artists)) AS artist,
    dice % 10 AS track
SELECT
    lower(hex(sipHash128(number))),
    substring(base64Encode(sipHash128(listener_number, 7)), 1, 22),
    substring(base64Encode(sipHash128(artist, track)), 1, 22),
    concat('Track ', toString(artist), ' ', toString(track)),
    substring(base64Encode(sipHash128(artist, 9)), 1, 22),
    concat('Artist number ', toString(artist)),
    at,
    30000 + dice % 200000,
    'web',
    '192.0.2.0/24',
    concat('C', toString(listener_number % 40)),
    'app',
    at,
    'plays-clean',
    'made',
    0,
    number
FROM numbers({at: UInt64}, {step: UInt64})
