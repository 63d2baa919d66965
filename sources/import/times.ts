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
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined
  const ms = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  )
  const date = new Date(ms)
  if (date.getUTCDate() !== Number(day) || date.getUTCMonth() !== Number(month) - 1) return undefined
  const exact = ms + Math.floor(Number(`0.${fraction}`) * 1_000)
  return { ms: exact - offsetMinutes(zone) * MINUTE, zoned: zone !== undefined }
}

function offsetMinutes(zone: string | undefined): number {
  if (zone === undefined || zone === 'Z' || zone === 'UTC') return 0
  const sign = zone.startsWith('-') ? -1 : 1
  return sign * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2)) * (zone.length > 3 ? 1 : 0))
}

/** What a clock on the wall of that zone showed, in milliseconds since 1970. An hour that there was twice is the first of the two. */
export function inZone(wallMs: number, zone: IANAZone): number {
  const first = wallMs - zone.offset(wallMs - DAY) * MINUTE
  return zone.offset(first) * MINUTE === wallMs - first ? first : wallMs - zone.offset(first) * MINUTE
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
  if (typeof text !== 'string' || !/^\d{1,14}$/.test(text)) return undefined
  return text.length > 11 ? Number(text) : Number(text) * 1_000
}

const LASTFM = /^(\d{1,2}) ([A-Z][a-z]{2}) (\d{4}),? (\d\d):(\d\d)(?::(\d\d))?$/

/** `12 Mar 2015, 10:05`, in UTC, as Last.fm writes it. */
export function lastfmTime(text: string): number | undefined {
  if (!LASTFM.test(text)) return undefined
  const ms = Date.parse(`${text.replace(',', '')} UTC`)
  return Number.isNaN(ms) ? undefined : ms
}
