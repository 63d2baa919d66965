import { IANAZone } from 'luxon'
import { FileError } from '../errors.ts'
import { csvRecords } from '../files/csv-records.ts'
import { jsonRecords } from '../files/json-records.ts'
import { Unreadable } from '../files/unreadable.ts'
import { peeked } from '../files/peeked.ts'
import { type Listen, type SkipReason, isRecord } from '../listen.ts'
import { epochMs } from '../times.ts'
import { rowParser } from './csv.ts'
import type { Format } from './format.ts'
import { scrobbled } from './scrobble.ts'

/** A page of the API has a thousand tracks at most; whoever puts all pages into one object has room for some 30,000. */
const MAX_RECORD_BYTES = 16 * 1024 * 1024
/** Enough to see whether it is JSON. */
const BEGINNING_BYTES = 64
const UTC = IANAZone.create('UTC')

/** Last.fm: pages of `user.getRecentTracks` as JSON, on their own or in lists, and the CSV of usual exporters. */
export const lastfm: Format = {
  accepts: (path) => /\.(json|jsonl|csv|tsv)(\.gz)?$/i.test(path),
  rank: () => 0,
  async *read(text, now) {
    const { head, all } = await peeked(text, BEGINNING_BYTES)
    yield* /^\s*[[{]/.test(head.toString('latin1')) ? readJson(all, now) : readCsv(all, now)
  },
}

async function* readJson(text: AsyncIterable<Buffer>, now: number) {
  for await (const records of jsonRecords(text, MAX_RECORD_BYTES))
    yield records.flatMap(tracksOf).map((record) => parseTrack(record, now))
}

/** `{ recenttracks: { track } }`, `{ track }`, `{ scrobbles }`, or a track. */
function tracksOf(record: unknown): unknown[] {
  if (!isRecord(record)) return [record]
  const page = isRecord(record['recenttracks']) ? record['recenttracks'] : record
  const tracks = page['track'] ?? page['scrobbles']
  if (Array.isArray(tracks)) return tracks
  return isRecord(tracks) ? [tracks] : [record]
}

export function parseTrack(record: unknown, now: number): Listen | SkipReason {
  if (record instanceof Unreadable) return record.reason
  if (!isRecord(record)) return 'not_an_object'
  const { artist, name, track, date, '@attr': attributes } = record
  if (isRecord(attributes) && String(attributes['nowplaying']) === 'true') return 'playing_now'
  if (artist === undefined && date === undefined) return 'not_a_play'
  const startedAt = isRecord(date) ? epochMs(date['uts']) : epochMs(date)
  if (startedAt === undefined) return 'time_malformed'
  const artistName = isRecord(artist) ? (artist['#text'] ?? artist['name']) : artist
  return scrobbled({ startedAt, artistName, trackName: name ?? track, msPlayed: undefined }, now)
}

/** Names of columns, the better first: a number of seconds needs no reading. */
const TIMES = ['uts', 'timestamp', 'date', 'utc_time', 'time']
const ARTISTS = ['artist', 'artist_name']
const TRACKS = ['track', 'title', 'song', 'name', 'track_name']
/** Of exporters that write no names: artist, album, track, time. */
const WITHOUT_NAMES = { artist: 0, track: 2, started_at: 3 }

async function* readCsv(text: AsyncIterable<Buffer>, now: number) {
  let parse: ReturnType<typeof rowParser> | undefined
  for await (const rows of csvRecords(text)) {
    const listens: (Listen | SkipReason)[] = []
    for (const row of rows) {
      if (row instanceof Unreadable) {
        listens.push(row.reason)
        continue
      }
      if (parse !== undefined) {
        listens.push(parse(row))
        continue
      }
      const columns = columnsOf(row)
      parse = rowParser(columns ?? WITHOUT_NAMES, { timeZone: UTC }, now)
      if (columns !== undefined) continue
      const first = parse(row)
      if (first === 'time_malformed') throw new FileError(NO_COLUMNS)
      listens.push(first)
    }
    yield listens
  }
}

const NO_COLUMNS =
  'its first row names no columns artist, track and time: say which they are with `continuo import csv --map`'

/** Undefined if the row is no row of names. */
function columnsOf(row: readonly string[]) {
  const names = row.map((name) => name.trim().toLowerCase().replace(/#.*$/, ''))
  const first = (some: readonly string[]) => some.map((name) => names.indexOf(name)).find((at) => at >= 0)
  const [started, artist, track] = [first(TIMES), first(ARTISTS), first(TRACKS)]
  if (started === undefined || artist === undefined || track === undefined) return undefined
  return { started_at: started, artist, track }
}
