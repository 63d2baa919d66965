-- What became of each notification, and of its push to each device. A notification has the id of the recommendation that it tells of: joined with
-- recommendations it gives the model.
CREATE TABLE IF NOT EXISTS push_outcomes
(
    event_id String CODEC(ZSTD(1)),
    notification_id String CODEC(ZSTD(1)),
    listener String CODEC(ZSTD(1)),
    device_id Nullable(String) CODEC(ZSTD(1)),
    outcome LowCardinality(String),
    reason LowCardinality(Nullable(String)),
    status Nullable(UInt16) CODEC(ZSTD(1)),
    attempt UInt32 CODEC(T64, ZSTD(1)),
    at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    kafka_topic LowCardinality(String),
    kafka_topic_id LowCardinality(String),
    kafka_partition UInt32 CODEC(T64, ZSTD(1)),
    kafka_offset UInt64 CODEC(Delta, ZSTD(1)),
    ingested_at DateTime64(3, 'UTC') DEFAULT now64(3) CODEC(Delta, ZSTD(1)),
    INDEX by_listener listener TYPE bloom_filter(0.01) GRANULARITY 4,
    INDEX by_offset kafka_offset TYPE minmax GRANULARITY 4
)
ENGINE = MergeTree
ORDER BY (at, notification_id)
TTL toDateTime(ingested_at) + INTERVAL 90 DAY
SETTINGS non_replicated_deduplication_window = 10000
