-- What dead letters say since dead-letter.v2: a row for each time that a record was set aside. `late` rows have kind `step`.
ALTER TABLE dead_letters
    ADD COLUMN IF NOT EXISTS attempt UInt32 DEFAULT 0 AFTER sealed_bytes,
    ADD COLUMN IF NOT EXISTS topic_id LowCardinality(Nullable(String)) AFTER attempt,
    ADD COLUMN IF NOT EXISTS late Bool DEFAULT false AFTER topic_id,
    ADD COLUMN IF NOT EXISTS error_code LowCardinality(Nullable(String)) AFTER late,
    ADD COLUMN IF NOT EXISTS trace_id Nullable(String) CODEC(ZSTD(1)) AFTER error_code,
    ADD COLUMN IF NOT EXISTS summary String DEFAULT '' CODEC(ZSTD(1)) AFTER trace_id
