import { MINUTE_MS } from './minute-series.ts'
import type { ChartMinute } from './pick-minute.ts'

/** So many minutes the axis has at least; it grows with what there is to show. */
const LEAST = 10

/** The minutes from the first in which something was played; where nothing was, the running one alone. */
export function sinceFirstPlay(minutes: ChartMinute[]): ChartMinute[] {
  const first = minutes.findIndex(({ plays }) => plays !== null && plays > 0)
  return minutes.slice(first < 0 ? -1 : first)
}

/** Starts of the minutes that the axis spans, ms since 1970: those given, and after them what is still to come. */
export function axisStarts(minutes: ChartMinute[]): number[] {
  const [first] = minutes
  if (!first) return []
  return Array.from(
    { length: Math.max(minutes.length, LEAST) },
    (_, index) => first.start + index * MINUTE_MS,
  )
}
