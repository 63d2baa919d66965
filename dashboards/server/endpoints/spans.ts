import { ApiError } from '../errors.ts'

/** A span of time, ms since 1970: `from` is in it, `to` is not. */
export interface Span {
  from: number
  to: number
}

export const MINUTE = 60_000
export const DAY = 24 * 60 * MINUTE
const WEEK = 7 * DAY
/** 1900-01-01, the first day that ClickHouse has, was a Monday. */
const FIRST = Date.UTC(1900, 0, 1)
const LAST = Date.UTC(2299, 11, 31)

/** Days of UTC, as they are asked for: 2026-01-31. */
export interface Days {
  from?: string
  to?: string
}

/**
 * A choice of whole days of UTC, `most` of them at most: a span that moved by the minute would tell what has left it.
 * `parameters` are those of the query string, and `spanOf` says which days they mean.
 */
export const choiceOfDays = ({ most, byDefault }: { most: number; byDefault: number }) => ({
  parameters: {
    from: {
      type: 'string',
      format: 'date',
      description: `the first day, in UTC; by default ${byDefault} days before \`to\``,
    },
    to: {
      type: 'string',
      format: 'date',
      description: `the first day that is not asked for, ${most} days behind \`from\` at most; by default tomorrow`,
    },
  },
  /** @throws ApiError 400 for more days than `most`, for none, and for days that no table has */
  spanOf({ from, to }: Days, now: number): Span {
    const end = to === undefined ? startOfDay(now) + DAY : known(to)
    const begin = from === undefined ? end - byDefault * DAY : known(from)
    if (begin >= end)
      throw refused('no_days', 'from is not before to', '`to` is the first day that is not asked for')
    if (end - begin > most * DAY)
      throw refused(
        'too_many_days',
        `from and to are more than ${most} days apart`,
        `ask for ${most} at most`,
      )
    return { from: begin, to: end }
  },
})

/** The last `many` minutes, days or weeks from Monday on, the running one included. */
export const lastMinutes = (now: number, many: number): Span => last(now, many, MINUTE)
export const lastDays = (now: number, many: number): Span => last(now, many, DAY)
export const lastWeeks = (now: number, many: number): Span => last(now, many, WEEK)

function last(now: number, many: number, length: number): Span {
  const to = FIRST + (Math.floor((now - FIRST) / length) + 1) * length
  return { from: to - many * length, to }
}

export const periods = ['day', 'week', 'month'] as const

/** The day, week from Monday on, or month of UTC that `day` lies in. @throws ApiError 400 for days that no table has */
export function periodOf(period: (typeof periods)[number], day: string | undefined, now: number): Span {
  const at = day === undefined ? now : known(day)
  if (period !== 'month') return last(at, 1, period === 'day' ? DAY : WEEK)
  const [year, month] = [new Date(at).getUTCFullYear(), new Date(at).getUTCMonth()]
  return { from: Date.UTC(year, month, 1), to: Date.UTC(year, month + 1, 1) }
}

export const dates = ({ from, to }: Span) => ({ from: new Date(from), to: new Date(to) })

const startOfDay = (at: number) => Math.floor(at / DAY) * DAY

function known(day: string): number {
  const at = Date.parse(day)
  if (at >= FIRST && at <= LAST) return at
  throw refused('day_unknown', 'a day is asked for that no table has', 'ask for days from 1900 to 2299')
}

const refused = (code: string, message: string, remedy: string) => new ApiError(400, code, message, remedy)
