import { isoDay } from '../model/address.ts'
import { dayUnit } from '../model/chart-unit.ts'

/** The last so many days of UTC, the running one included, as the API is asked for them. */
export function lastDays(days: string, now: number): { from: string; to: string } {
  const tomorrow = (Math.floor(now / dayUnit.ms) + 1) * dayUnit.ms
  return { from: isoDay(tomorrow - Number(days) * dayUnit.ms), to: isoDay(tomorrow) }
}

const names: Record<string, string> = { '1': 'Today', '365': '1 year', '1095': '3 years' }

/** So many days, as a choice among several. */
export const daysText = (days: string): string => names[days] ?? `${days} days`
