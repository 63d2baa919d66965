-- The hundred letters that came last, the last one first, from `from` (inclusive) to `to` (exclusive). What is sealed in them is in Kafka alone.
SELECT
    id,
    toUnixTimestamp64Milli(ingested_at) AS at,
    stage,
    if(late, 'late', kind) AS kind,
    reason,
    topic,
    partition,
    toString(offset) AS offset,
    error_code AS errorCode,
    schema_id AS schemaId,
    attempt,
    trace_id AS traceId,
    summary
FROM dead_letters
WHERE ingested_at >= {from: DateTime64(3, 'UTC')}
  AND ingested_at < {to: DateTime64(3, 'UTC')}
  AND ({stage: String} = '' OR stage = {stage: String})
ORDER BY ingested_at DESC, id DESC, attempt DESC
LIMIT 100
