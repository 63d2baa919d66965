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

/** All bars of [`from`, `to`) up to the one that `now` is in, oldest first. */
export function barsOf({ from, to, k = 1, rows }: Told, { ms }: ChartUnit, now: number): Bar[] {
  const told = new Map(rows.map(({ start, plays }) => [start, plays]))
  const untold = k > 1 ? null : 0
  const behindRunning = (Math.floor(now / ms) + 1) * ms
  const length = Math.max(0, Math.floor((Math.min(to, behindRunning) - from) / ms))
  return Array.from({ length }, (_, index) => {
    const start = from + index * ms
    return { start, plays: told.get(start) ?? untold }
  })
}

/**
 * The same, with the running bar at least as high as the gateway's plays: both count the same plays from below, as in
 * `minute-series.ts`. Bars that do not reach to the running one stay as they are.
 */
export function withLive(bars: Bar[], live: { start: number; plays: number } | undefined): Bar[] {
  const last = bars.at(-1)
  if (last === undefined || live?.start !== last.start || live.plays <= (last.plays ?? 0)) return bars
  return bars.with(-1, { ...last, plays: live.plays })
}
