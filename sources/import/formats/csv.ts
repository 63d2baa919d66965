import type { IANAZone } from 'luxon'
import { csvRecords } from '../files/csv-records.ts'
import { Unreadable } from '../files/unreadable.ts'
import { FileError } from '../errors.ts'
import { type Listen, type SkipReason, checked } from '../listen.ts'
import { platformOf } from '../platforms.ts'
import { epochMs, inZone, lastfmTime, minuteText, momentOf } from '../times.ts'
import type { Format } from './format.ts'
import { SCROBBLED_MS, scrobbled } from './scrobble.ts'

/** What a column can hold. */
export const csvFields = [
  'ended_at',
  'started_at',
  'artist',
  'track',
  'ms_played',
  'seconds_played',
  'platform',
  'country',
] as const
export type CsvField = (typeof csvFields)[number]

/** Which column holds what, by its name in the first row. */
export type CsvMapping = Partial<Record<CsvField, string>>

export interface CsvOptions {
  mapping: CsvMapping
  /** Of times that do not say theirs. */
  timeZone?: IANAZone
  /** Default: the one of which the first row has most. */
  delimiter?: string
}

/** Any CSV with a row of names. */
export const csv = (options: CsvOptions): Format => ({
  accepts: (path) => /\.(csv|tsv)(\.gz)?$/i.test(path),
  rank: () => 0,
  async *read(text, now) {
    let parse: ((row: string[]) => Listen | SkipReason) | undefined
    for await (const rows of csvRecords(text, options.delimiter)) {
      const listens: (Listen | SkipReason)[] = []
      for (const row of rows) {
        if (row instanceof Unreadable) listens.push(row.reason)
        else if (parse === undefined) parse = rowParser(columnsOf(row, options.mapping), options, now)
        else listens.push(parse(row))
      }
      yield listens
    }
  },
})

type Columns = Partial<Record<CsvField, number>>

/** @throws FileError naming the columns that are missing; those that there are may be a listener's first play */
function columnsOf(names: readonly string[], mapping: CsvMapping): Columns {
  const columns: Columns = {}
  const missing: string[] = []
  for (const field of csvFields) {
    const wanted = mapping[field]
    if (wanted === undefined) continue
    const at = names.findIndex((name) => name.trim() === wanted)
    if (at < 0) missing.push(wanted)
    columns[field] = at
  }
  if (missing.length === 0) return columns
  throw new FileError(
    `its first row names no column ${missing.join(', ')} among its ${names.length}: give another --map or --delimiter, or put a row of names before the others`,
  )
}

/** @throws FileError without a time, an artist and a track */
export function rowParser(columns: Columns, { timeZone }: Pick<CsvOptions, 'timeZone'>, now: number) {
  const { ended_at: ended, started_at: started, artist, track } = columns
  return function parseRow(row: readonly string[]): Listen | SkipReason {
    /** Undefined if no column tells; a row that is too short tells nothing. */
    const told = (field: CsvField) => (columns[field] === undefined ? undefined : (row[columns[field]] ?? ''))
    const [artistName, trackName] = [row[artist!], row[track!]]
    const time = timeOf(row[ended ?? started!] ?? '', timeZone)
    if (typeof time !== 'number') return time
    const msPlayed = durationOf(told('ms_played'), told('seconds_played'))
    const platform = told('platform')
    const about = {
      artistName,
      trackName,
      country: told('country'),
      ...(platform && { platform: platformOf(platform) }),
    }
    if (ended === undefined) return scrobbled({ ...about, startedAt: time, msPlayed }, now)
    const identity =
      msPlayed === undefined
        ? ({ kind: 'scrobble', startSecond: Math.floor((time - SCROBBLED_MS) / 1_000) } as const)
        : ({ kind: 'spotify', endMinute: minuteText(time) } as const)
    return checked({ ...about, playedAt: time, msPlayed: msPlayed ?? SCROBBLED_MS, identity }, now)
  }
}

/** Undefined if no column tells; NaN, which is refused later, if it tells something else. */
function durationOf(ms: string | undefined, seconds: string | undefined): number | undefined {
  if (ms !== undefined) return plainNumber(ms)
  return seconds === undefined ? undefined : Math.round(plainNumber(seconds) * 1_000)
}

const plainNumber = (text: string) => (/^\s*\d+(\.\d+)?\s*$/.test(text) ? Number(text) : NaN)

/** Seconds or milliseconds since 1970, ISO 8601, or as Last.fm writes it, which is in UTC. */
function timeOf(text: string, zone: IANAZone | undefined): number | SkipReason {
  const trimmed = text.trim()
  const known = epochMs(trimmed) ?? lastfmTime(trimmed)
  if (known !== undefined) return known
  const moment = momentOf(trimmed)
  if (moment === undefined) return 'time_malformed'
  if (moment.zoned) return moment.ms
  return zone === undefined ? 'time_zone_unknown' : inZone(moment.ms, zone)
}
