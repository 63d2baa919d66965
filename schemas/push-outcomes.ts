/**
 * What can become of a notification. `attempted` before it is sent to a device; then `accepted`, `deferred` (to be sent again), `failed` or `pruned` (the
 * device is gone). `dropped`: it is sent to nobody any more. `clicked`.
 */
export type PushOutcomeKind =
  'attempted' | 'accepted' | 'deferred' | 'failed' | 'pruned' | 'dropped' | 'clicked'
