/** Variables whose value a message may repeat. A new one is left out: perhaps it holds a secret. */
const repeatable = new Set<string>([
  'KAFKA_BROKERS',
  'KAFKA_TLS',
  'PARTITIONS',
  'REPLICATION_FACTOR',
  'COMMIT_GAP_MS',
  'MAX_TASK_IDLE_MS',
  'STATE_DIR',
  'STATE_STORE',
  'RECOMMENDATION_INTERVAL_MS',
  'RECOMMENDATION_RULES',
  'NOTIFY_GAP_MS',
  'NOTIFY_FROM_SCORE',
  'PUSHES_A_DAY',
  'VAPID_SUBJECT',
  'PUSH_ALLOWED_ORIGIN',
  'PUSH_ALLOWED_ORIGIN_CA',
  'PROCESSING_GUARANTEE',
  'DEDUPLICATION_HOURS',
  'DEAD_LETTER_RATIO',
  'DEAD_LETTER_RUN',
  'K_ANONYMITY',
  'GATEWAY_HOST',
  'GATEWAY_CAPACITY',
  'GATEWAY_ACCEPTS_PER_SECOND',
  'GATEWAY_DRAIN_MS',
  'DASHBOARD_HOST',
  'HEALTH_HOST',
  'PLAYS_PER_SECOND',
  'LOG_LEVEL',
])

/** `, not "two"`; nothing for a variable or a value that may be a secret in the wrong place. */
export function asGiven(name: string, value: string | undefined): string {
  const may = repeatable.has(name) || name.endsWith('_PORT')
  // No key and no token is that short, and a password in a URL comes after a slash and before an @.
  return may && value !== undefined && /^[\w.,: -]{0,24}$/.test(value) ? `, not "${value}"` : ''
}
