import { dayName, hourName, minuteTime, shortDay } from './format.ts'
import { MINUTE_MS } from './minute-series.ts'

/** What one bar of a chart stands for. */
export interface ChartUnit {
  ms: number
  /** Steps of the time axis, in bars. */
  steps: number[]
  /** The fewest bars that the axis has room for. */
  least: number
  /** A bar's start (ms since 1970) at the axis, and where there is room. */
  tick(start: number): string
  name(start: number): string
  /** What the bars count. */
  of: 'play' | 'letter'
  /** Days are those of UTC; what is shorter is told in the reader's zone. */
  inUtc: boolean
}

const HOUR_MS = 60 * MINUTE_MS

export const minuteUnit: ChartUnit = {
  ms: MINUTE_MS,
  steps: [1, 2, 5, 10, 15, 30],
  least: 10,
  tick: minuteTime,
  name: minuteTime,
  of: 'play',
  inUtc: false,
}

export const hourUnit: ChartUnit = {
  ms: HOUR_MS,
  steps: [1, 2, 3, 6, 12, 24, 48, 7 * 24, 14 * 24],
  least: 24,
  tick: (start) => (new Date(start).getHours() === 0 ? shortDay(start) : minuteTime(start)),
  name: hourName,
  of: 'play',
  inUtc: false,
}

export const dayUnit: ChartUnit = {
  ms: 24 * HOUR_MS,
  steps: [1, 2, 7, 14, 28, 56, 91, 182],
  least: 7,
  tick: (start) => shortDay(start, 'UTC'),
  name: dayName,
  of: 'play',
  inUtc: true,
}

/** Hours of dead letters. */
export const letterHourUnit: ChartUnit = { ...hourUnit, of: 'letter' }
