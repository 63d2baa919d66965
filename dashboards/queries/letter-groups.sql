-- What was set aside, by stage, kind, reason and topic, the most first; by when it came to ClickHouse, from `from` (inclusive) to `to` (exclusive).
-- `stage`: of that one alone; empty: of all.
SELECT
    stage,
    if(late, 'late', kind) AS kind,
    reason,
    topic,
    count() AS letters,
    uniqExact(id) AS records,
    toUnixTimestamp64Milli(min(ingested_at)) AS first,
    toUnixTimestamp64Milli(max(ingested_at)) AS last
FROM dead_letters
WHERE ingested_at >= {from: DateTime64(3, 'UTC')}
  AND ingested_at < {to: DateTime64(3, 'UTC')}
  AND ({stage: String} = '' OR stage = {stage: String})
GROUP BY stage, kind, reason, topic
ORDER BY letters DESC, stage, kind, reason, topic
LIMIT 200
