import { CUT } from './dead-letters.ts'

const REASON = /^[a-z][a-z0-9_]*$/

/** @throws TypeError for a reason that could tell something of the record: it labels metrics, and stands unsealed in dead letters. */
export function requireReason(topology: string, step: string, reason: string): void {
  if (REASON.test(reason) && !reason.endsWith(CUT)) return
  const where = `${topology}, ${step || 'a step without a name'}`
  if (REASON.test(reason))
    throw new TypeError(
      `${where}: no reason ends with ${CUT}, for that tells of a letter that has the beginning of its record alone, and is given back to nobody`,
    )
  throw new TypeError(
    `${where}: a reason is in snake_case and says nothing of the record, for it labels ` +
      'metrics and stands unsealed in dead letters',
  )
}
