import { dayUnit } from '../model/chart-unit.ts'
import { isoDay } from '../model/iso-day.ts'

/** The last so many days of UTC, the running one included, as the API is asked for them. */
export function lastDays(days: string, now: number): { from: string; to: string } {
  const tomorrow = (Math.floor(now / dayUnit.ms) + 1) * dayUnit.ms
  return { from: isoDay(tomorrow - Number(days) * dayUnit.ms), to: isoDay(tomorrow) }
}

/** A day of UTC (2026-01-31) in the day, week or month before that of `day`, or behind it. */
export function dayBeside(period: 'day' | 'week' | 'month', day: string, side: 'before' | 'behind'): string {
  const at = new Date(day)
  const step = side === 'before' ? -1 : 1
  if (period === 'month') return isoDay(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + step, 1))
  return isoDay(at.getTime() + step * (period === 'week' ? 7 : 1) * dayUnit.ms)
}

const names: Record<string, string> = { '1': 'Today', '365': '1 year', '1095': '3 years' }

/** Choices of how many days in the order in which they are offered. `days` begins with the default. */
export const fewestFirst = <Days extends string>(days: readonly Days[]): Days[] =>
  days.toSorted((a, b) => Number(a) - Number(b))

/** The label of a choice of days: "Today", "7 days", "1 year". */
export const daysText = (days: string): string => names[days] ?? `${days} days`
