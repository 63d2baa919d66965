-- What plays say since clean-play.v2; of those before, that nothing is known.
ALTER TABLE plays
    ADD COLUMN IF NOT EXISTS session Nullable(String) CODEC(ZSTD(1)) AFTER received_at,
    ADD COLUMN IF NOT EXISTS context_kind LowCardinality(Nullable(String)) AFTER session,
    ADD COLUMN IF NOT EXISTS context_id Nullable(String) CODEC(ZSTD(1)) AFTER context_kind,
    ADD COLUMN IF NOT EXISTS skip_reason LowCardinality(String) DEFAULT 'unknown' AFTER context_id,
    ADD COLUMN IF NOT EXISTS utc_offset_minutes Nullable(Int32) AFTER skip_reason
