-- Each artist that a listener chose from a list of recommendations; a rank of 1 is the first of the list.
CREATE TABLE IF NOT EXISTS recommendations_clicked
(
    event_id String CODEC(ZSTD(1)),
    listener String CODEC(ZSTD(1)),
    recommendation_id String CODEC(ZSTD(1)),
    model_version LowCardinality(String),
    artist_id String CODEC(ZSTD(1)),
    rank UInt32 CODEC(T64, ZSTD(1)),
    clicked_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    kafka_topic LowCardinality(String),
    kafka_topic_id LowCardinality(String),
    kafka_partition UInt32 CODEC(T64, ZSTD(1)),
    kafka_offset UInt64 CODEC(Delta, ZSTD(1)),
    ingested_at DateTime64(3, 'UTC') DEFAULT now64(3) CODEC(Delta, ZSTD(1)),
    INDEX by_listener listener TYPE bloom_filter(0.01) GRANULARITY 4,
    INDEX by_offset kafka_offset TYPE minmax GRANULARITY 4
)
ENGINE = MergeTree
ORDER BY (clicked_at, recommendation_id)
TTL toDateTime(ingested_at) + INTERVAL 90 DAY
SETTINGS non_replicated_deduplication_window = 10000
