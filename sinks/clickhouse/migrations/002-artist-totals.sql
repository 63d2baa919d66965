-- One row for each artist and closed window.
CREATE TABLE IF NOT EXISTS artist_totals
(
    artist_id String CODEC(ZSTD(1)),
    artist_name String CODEC(ZSTD(1)),
    window_start DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    window_end DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    plays UInt64 CODEC(T64, ZSTD(1)),
    ms_played Int64 CODEC(T64, ZSTD(1)),
    listeners UInt64 CODEC(T64, ZSTD(1)),
    received_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    kafka_topic LowCardinality(String),
    kafka_topic_id LowCardinality(String),
    kafka_partition UInt32 CODEC(T64, ZSTD(1)),
    kafka_offset UInt64 CODEC(Delta, ZSTD(1)),
    ingested_at DateTime64(3, 'UTC') DEFAULT now64(3) CODEC(Delta, ZSTD(1)),
    INDEX by_offset kafka_offset TYPE minmax GRANULARITY 4
)
ENGINE = MergeTree
ORDER BY (window_start, artist_id)
TTL toDateTime(ingested_at) + INTERVAL 2 YEAR
SETTINGS non_replicated_deduplication_window = 10000
