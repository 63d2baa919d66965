import type { SkipReason } from './listen.ts'

/** What became of the records of a listener, as far as topic `plays`. */
export interface Tally {
  read: number
  skipped: Partial<Record<SkipReason, number>>
  /** Of which an earlier import, an earlier file or an equal export had told. */
  alreadyImported: number
  /** Plays sent to topic `plays`. */
  sent: number
}

export const emptyTally = (): Tally => ({ read: 0, skipped: {}, alreadyImported: 0, sent: 0 })

export function skip(tally: Tally, reason: SkipReason): void {
  tally.skipped[reason] = (tally.skipped[reason] ?? 0) + 1
}

/** Of all listeners together. */
export function sumOf(tallies: readonly Tally[]): Tally {
  const sum = emptyTally()
  for (const { read, skipped, alreadyImported, sent } of tallies) {
    sum.read += read
    sum.alreadyImported += alreadyImported
    sum.sent += sent
    for (const [reason, count] of Object.entries(skipped) as [SkipReason, number][])
      sum.skipped[reason] = (sum.skipped[reason] ?? 0) + count
  }
  return sum
}
