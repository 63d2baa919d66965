import { isoDay } from '../model/address.ts'

const DAY_MS = 86_400_000

/** The last so many days of UTC, the running one included, as the API is asked for them. */
export function lastDays(days: number, now: number): { from: string; to: string } {
  const tomorrow = (Math.floor(now / DAY_MS) + 1) * DAY_MS
  return { from: isoDay(tomorrow - days * DAY_MS), to: isoDay(tomorrow) }
}
