const REASON = /^[a-z][a-z0-9_]*$/

/** @throws TypeError for a reason that could tell something of the record: it labels metrics, and stands unsealed in dead letters. */
export function requireReason(topology: string, step: string, reason: string): void {
  if (REASON.test(reason)) return
  throw new TypeError(
    `${topology}, ${step || 'a step without a name'}: a reason is in snake_case and says nothing of the record, for it labels ` +
      'metrics and stands unsealed in dead letters',
  )
}
