-- What was set aside and why, for counting. The sealed bytes stay in Kafka, from where a letter is replayed.
-- `topic`, `partition` and `offset` are those of the record set aside, kafka_* those of its dead letter.
CREATE TABLE IF NOT EXISTS dead_letters
(
    id String CODEC(ZSTD(1)),
    stage LowCardinality(String),
    kind LowCardinality(String),
    reason LowCardinality(String),
    topic LowCardinality(String),
    partition UInt32 CODEC(T64, ZSTD(1)),
    offset UInt64 CODEC(Delta, ZSTD(1)),
    recorded_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    schema_id Nullable(Int32),
    source LowCardinality(Nullable(String)),
    key_id LowCardinality(String),
    sealed_bytes UInt32 CODEC(T64, ZSTD(1)),
    kafka_topic LowCardinality(String),
    kafka_topic_id LowCardinality(String),
    kafka_partition UInt32 CODEC(T64, ZSTD(1)),
    kafka_offset UInt64 CODEC(Delta, ZSTD(1)),
    ingested_at DateTime64(3, 'UTC') DEFAULT now64(3) CODEC(Delta, ZSTD(1)),
    INDEX by_offset kafka_offset TYPE minmax GRANULARITY 4
)
ENGINE = MergeTree
ORDER BY (stage, reason, recorded_at)
TTL toDateTime(ingested_at) + INTERVAL 30 DAY
SETTINGS non_replicated_deduplication_window = 10000
