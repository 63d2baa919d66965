import type { ClockOffset } from './clock.ts'
import { count, counted } from './format.ts'
import type { LatencySummary } from './latency-window.ts'

/** What a figure is over: "in the last 6 s" while the page is young. */
function lastSeconds(ms: number): string {
  return `the last ${count(Math.max(1, Math.round(ms / 1000)))} s`
}

export function rateText(overMs: number): string {
  return `over ${lastSeconds(overMs)}`
}

/** What the latency was measured on, and how far two clocks let it be trusted. */
export function latencyText(
  { samples, overMs }: LatencySummary,
  clock: ClockOffset | undefined,
  corrected: boolean,
): string {
  const measured = `${counted(samples, 'play')} sampled in ${lastSeconds(overMs)}`
  if (!clock) return `${measured}; clocks not compared yet`
  const within = `± ${count(Math.ceil(clock.uncertainty))} ms`
  if (!corrected) return `${measured}, exact to ${within}`
  const direction = clock.offset > 0 ? 'behind' : 'ahead of'
  const off = `this device’s clock is ${count(Math.abs(clock.offset))} ms ${direction} the server’s`
  return `${measured}; ${off}: corrected, exact to ${within}`
}
