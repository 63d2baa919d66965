import type { ChartUnit } from './chart-unit.ts'
import type { Bar } from './pick-bar.ts'

/** An answer of the API about hours or days: rows are absent where nothing was played, or fewer than k have. */
export interface Told {
  from: number
  to: number
  /** Absent where nothing is withheld. */
  k?: number
  rows: Bar[]
}

/**
 * All bars of [`from`, `to`) up to the one that `now` is in, oldest first. The running one is at least `live` plays high: both
 * count the same plays from below, as in `minute-series.ts`.
 */
export function barsOf({ from, to, k = 1, rows }: Told, { ms }: ChartUnit, now: number, live = 0): Bar[] {
  const running = Math.floor(now / ms) * ms
  const told = new Map(rows.map(({ start, plays }) => [start, plays]))
  const untold = k > 1 ? null : 0
  const length = Math.max(0, Math.floor((Math.min(to, running + ms) - from) / ms))
  return Array.from({ length }, (_, index) => {
    const start = from + index * ms
    const plays = told.get(start) ?? untold
    return { start, plays: start === running && live > (plays ?? 0) ? live : plays }
  })
}
