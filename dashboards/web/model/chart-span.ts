import type { ChartUnit } from './chart-unit.ts'
import type { Bar } from './pick-bar.ts'

/** The bars from the first in which something was played; where nothing was, the running one alone. */
export function sinceFirstPlay(bars: Bar[]): Bar[] {
  const first = bars.findIndex(({ plays }) => plays !== null && plays > 0)
  return bars.slice(first < 0 ? -1 : first)
}

/** Starts of the bars that the axis spans, ms since 1970: those given, and after them what is still to come. */
export function axisStarts(bars: Bar[], { ms, least }: ChartUnit): number[] {
  const [first] = bars
  if (!first) return []
  return Array.from({ length: Math.max(bars.length, least) }, (_, index) => first.start + index * ms)
}
