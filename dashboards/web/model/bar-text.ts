import type { ChartUnit } from './chart-unit.ts'
import { count, counted, minuteTime } from './format.ts'
import type { Bar } from './pick-bar.ts'

/** One bar in words: "21:42: 1,204 plays"; the running one says that it still grows. `k`: bars of fewer listeners are not told. */
export function barText({ start, plays }: Bar, { name, of }: ChartUnit, running: boolean, k: number): string {
  const at = name(start)
  if (plays === null) return `${at}: ${k > 1 ? `fewer than ${k} listeners, or not known` : 'not known'}`
  return `${running ? `${at} so far` : at}: ${counted(plays, of)}`
}

/** The hour in words, for those who do not see the chart and those who do. */
export function lastHourText(minutes: Bar[], k: number): string {
  const sum = sumText(minutes)
  return k === 1 ? sum : `${sum} Minutes of fewer than ${k} listeners are not shown.`.trimStart()
}

function sumText(minutes: Bar[]): string {
  const known = minutes.filter(({ plays }) => plays !== null) as { start: number; plays: number }[]
  const [most] = known.toSorted((a, b) => b.plays - a.plays)
  if (!most) return ''
  const span = known.length === minutes.length ? 'the last hour' : `the ${count(known.length)} minutes known`
  if (most.plays === 0) return `No plays in ${span}.`
  return `${counted(playsOf(minutes), 'play')} in ${span}, most at ${minuteTime(most.start)} (${count(most.plays)}).`
}

export function playsOf(minutes: Bar[]): number {
  return minutes.reduce((sum, { plays }) => sum + (plays ?? 0), 0)
}
