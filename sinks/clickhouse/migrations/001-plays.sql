-- Every clean play, once. The offset range of an insert is its deduplication token; kafka_* say where a row came from.
-- Not partitioned: an import brings years at once, and a retry of an insert must meet the same deduplication log.
CREATE TABLE IF NOT EXISTS plays
(
    event_id String CODEC(ZSTD(1)),
    listener String CODEC(ZSTD(1)),
    track_id String CODEC(ZSTD(1)),
    track_name String CODEC(ZSTD(1)),
    artist_id String CODEC(ZSTD(1)),
    artist_name String CODEC(ZSTD(1)),
    played_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    ms_played Int64 CODEC(T64, ZSTD(1)),
    platform LowCardinality(String),
    network Nullable(String) CODEC(ZSTD(1)),
    country LowCardinality(Nullable(String)),
    source LowCardinality(String),
    received_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    kafka_topic LowCardinality(String),
    kafka_topic_id LowCardinality(String),
    kafka_partition UInt32 CODEC(T64, ZSTD(1)),
    kafka_offset UInt64 CODEC(Delta, ZSTD(1)),
    ingested_at DateTime64(3, 'UTC') DEFAULT now64(3) CODEC(Delta, ZSTD(1)),
    INDEX by_listener listener TYPE bloom_filter(0.01) GRANULARITY 4,
    INDEX by_offset kafka_offset TYPE minmax GRANULARITY 4
)
ENGINE = MergeTree
ORDER BY (toStartOfHour(played_at), artist_id, played_at)
TTL toDateTime(ingested_at) + INTERVAL 2 YEAR
SETTINGS non_replicated_deduplication_window = 10000
