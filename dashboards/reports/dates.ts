import { DAY } from '../server/endpoints/spans.ts'

export const HOUR = DAY / 24

const names = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const

/** 2026-01-31T05:00Z */
export const hourText = (at: number): string => `${new Date(at).toISOString().slice(0, 16)}Z`

/** 05:00, of 0 to 23. */
export const hourOfDay = (hour: number): string => `${String(hour).padStart(2, '0')}:00`

/** Monday to Sunday. */
export const weekdays: readonly string[] = names

/** 0 for a Monday. */
export const weekdayOf = (at: number): number => (new Date(at).getUTCDay() + 6) % 7

/** Starts of each length from `from` to before `to`, of those that have begun by `now`. */
export const startsIn = ({ from, to }: { from: number; to: number }, length: number, now: number): number[] =>
  Array.from(
    { length: Math.ceil((Math.min(to, now + 1) - from) / length) },
    (_, index) => from + index * length,
  )
