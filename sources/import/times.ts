import type { IANAZone } from 'luxon'

/** A point in time as a text says it. */
export interface Moment {
  /** Milliseconds since 1970 if the text has a zone or is in UTC. */
  ms: number
  /** Whether the text says which zone it is in. */
  zoned: boolean
}

const ISO =
  /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(?: ?(Z|UTC|[+-]\d\d(?::?\d\d)?))?$/
const MINUTE = 60_000

/** `YYYY-MM-DD HH:MM`, with seconds, fractions and a zone if it has them; undefined if it is no such time: the 30th of February is none. */
export function momentOf(text: string): Moment | undefined {
  const found = ISO.exec(text)
  if (found === null) return undefined
  const [, year, month, day, hour, minute, second = '0', fraction = '0', zone] = found
  const ms = utcOf([year, month, day, hour, minute, second].map(Number))
  const offset = offsetMinutes(zone)
  if (ms === undefined || offset === undefined) return undefined
  const exact = ms + Math.floor(Number(`0.${fraction}`) * 1_000)
  return { ms: exact - offset * MINUTE, zoned: zone !== undefined }
}

/** Undefined if there is no such time: what is too much of one part would go over into the next. */
function utcOf(parts: readonly number[]): number | undefined {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts
  const ms = Date.UTC(year, month - 1, day, hour, minute, second)
  if (hour > 23 || minute > 59 || second > 59) return undefined
  const date = new Date(ms)
  const isDay = date.getUTCDate() === day && date.getUTCMonth() === month - 1
  return isDay && date.getUTCFullYear() === year ? ms : undefined
}

function offsetMinutes(zone: string | undefined): number | undefined {
  if (zone === undefined || zone === 'Z' || zone === 'UTC') return 0
  const hours = Number(zone.slice(1, 3))
  const minutes = zone.length > 3 ? Number(zone.slice(-2)) : 0
  if (hours > 14 || minutes > 59) return undefined
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes)
}

/**
 * What a clock on the wall of that zone showed, in milliseconds since 1970. An hour that there was twice is the first of the two; one
 * that was left out is as if the clock had not been put forward.
 */
export function inZone(wallMs: number, zone: IANAZone): number {
  const first = wallMs - zone.offset(wallMs - DAY) * MINUTE
  const second = wallMs - zone.offset(first) * MINUTE
  return zone.offset(second) === zone.offset(first) ? second : first
}

const DAY = 24 * 60 * MINUTE

/** `YYYY-MM-DD HH:MM` in UTC. */
export const minuteText = (ms: number): string => {
  const iso = new Date(ms).toISOString()
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)}`
}

/** Seconds or milliseconds since 1970, whichever it can be; undefined if it is no such number. */
export function epochMs(value: unknown): number | undefined {
  const text = typeof value === 'number' ? String(value) : value
  if (typeof text !== 'string') return undefined
  const [, digits] = /^(\d{1,14})(?:\.0+)?$/.exec(text) ?? []
  if (digits === undefined) return undefined
  return digits.length > 11 ? Number(digits) : Number(digits) * 1_000
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const LASTFM = /^(\d{1,2}) ([A-Z][a-z]{2}) (\d{4}),? (\d\d):(\d\d)(?::(\d\d))?$/

/** `12 Mar 2015, 10:05`, in UTC, as Last.fm writes it. */
export function lastfmTime(text: string): number | undefined {
  const found = LASTFM.exec(text)
  if (found === null) return undefined
  const [, day, month = '', year, hour, minute, second = '0'] = found
  return utcOf([year, MONTHS.indexOf(month) + 1, day, hour, minute, second].map(Number))
}
