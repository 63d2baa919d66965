import type { CleanPlay } from '../../../schemas/events.ts'
import { line } from '../../contracts/oracle.ts'

/** A rollup of `plays`: how it is asked, and what a loop over plays answers. */
interface Rollup {
  query: string
  /** Whether it is plays in another order, which are read as a table. */
  ordered?: true
  /** So many of its first columns name a row. */
  keys: number
  lines(plays: readonly CleanPlay[], hashOf: HashOf): Map<string, string>
}

/** ClickHouse's hash of a text. */
export type HashOf = (text: string) => string

const SINCE_1900 = 2_208_988_800_000
const HOUR = 3_600_000
const DAY = 24 * HOUR
const WEEK = 7 * DAY

const at = (unit: number, { playedAt }: CleanPlay) => Math.floor((playedAt + SINCE_1900) / unit)
const sumOf = (plays: readonly CleanPlay[]) => plays.reduce((sum, { msPlayed }) => sum + msPlayed, 0)
const listenersOf = (plays: readonly CleanPlay[]) => new Set(plays.map(({ listener }) => listener)).size

/** By key, of the plays that share it. */
function grouped(
  plays: readonly CleanPlay[],
  keyOf: (play: CleanPlay) => string,
  lineOf: (plays: CleanPlay[]) => string,
): Map<string, string> {
  return new Map([...Map.groupBy(plays, keyOf)].map(([key, its]) => [key, lineOf(its)]))
}

/** Figures of plays in units of time; `listeners`: the query that counts them, exact for as few as there are. */
const inTime = (column: string, unit: number, listeners?: string): Rollup => ({
  query: `SELECT ${column}, count(), sum(ms_played)${listeners === undefined ? '' : `, ${listeners}`} FROM plays GROUP BY ${column}`,
  keys: 1,
  lines: (plays) =>
    grouped(
      plays,
      (play) => line(at(unit, play)),
      (its) => line(its.length, sumOf(its), ...(listeners === undefined ? [] : [listenersOf(its)])),
    ),
})

/** The same of each artist. */
const ofArtistInTime = (column: string, unit: number, listeners: string): Rollup => ({
  query: `SELECT artist_id, ${column}, count(), sum(ms_played), ${listeners} FROM plays GROUP BY artist_id, ${column}`,
  keys: 2,
  lines: (plays) =>
    grouped(
      plays,
      (play) => line(play.artistId, at(unit, play)),
      (its) => line(its.length, sumOf(its), listenersOf(its)),
    ),
})

const greatest = (plays: CleanPlay[], field: 'artistName' | 'trackName' | 'source') =>
  plays.reduce((most, each) => (each[field] > most ? each[field] : most), '')

const lastName = (plays: CleanPlay[]) =>
  plays.reduce((last, each) =>
    each.receivedAt > last.receivedAt ||
    (each.receivedAt === last.receivedAt && each.artistName > last.artistName)
      ? each
      : last,
  ).artistName

/** All rollups, by their names. */
export const rollupsOfPlays: Record<string, Rollup> = {
  by_hour: inTime('played_hour', HOUR, 'uniqUpTo(100)(listener)'),
  by_day: inTime('played_day', DAY, 'uniqCombined(12)(listener)'),
  by_hour_artist: {
    query:
      'SELECT played_hour, sipHash64(artist_id), count(), sum(ms_played) FROM plays GROUP BY played_hour, sipHash64(artist_id)',
    keys: 2,
    lines: (plays, hashOf) =>
      grouped(
        plays,
        (play) => line(at(HOUR, play), hashOf(play.artistId)),
        (its) => line(its.length, sumOf(its)),
      ),
  },
  artist_by_hour: ofArtistInTime('played_hour', HOUR, 'uniqUpTo(100)(listener)'),
  artist_by_day: ofArtistInTime('played_day', DAY, 'uniqCombined(12)(listener)'),
  by_artist: {
    query:
      'SELECT sipHash64(artist_id), any(artist_id), argMax(artist_name, (received_at, artist_name)) FROM plays GROUP BY sipHash64(artist_id)',
    keys: 1,
    lines: (plays, hashOf) =>
      grouped(
        plays,
        ({ artistId }) => hashOf(artistId),
        (its) => line(its[0]!.artistId, lastName(its)),
      ),
  },
  by_listener: {
    query: `SELECT intDiv(played_week, 64), sipHash64(listener), groupBitOr(bitShiftLeft(toUInt64(1), played_week % 64))
      FROM plays GROUP BY intDiv(played_week, 64), sipHash64(listener)`,
    keys: 2,
    lines: (plays, hashOf) =>
      grouped(
        plays,
        (play) => line(Math.floor(at(WEEK, play) / 64), hashOf(play.listener)),
        (its) => its.reduce((bits, each) => bits | (1n << BigInt(at(WEEK, each) % 64)), 0n).toString(),
      ),
  },
  plays_of_listener: {
    query: `SELECT listener, toUnixTimestamp64Milli(played_at), artist_id, track_id, count(), sum(ms_played), max(artist_name), max(track_name), max(source)
      FROM mergeTreeProjection(currentDatabase(), 'plays', 'plays_of_listener') GROUP BY listener, played_at, artist_id, track_id`,
    ordered: true,
    keys: 4,
    lines: (plays) =>
      grouped(
        plays,
        ({ listener, playedAt, artistId, trackId }) => line(listener, playedAt, artistId, trackId),
        (its) =>
          line(
            ...[its.length, sumOf(its), greatest(its, 'artistName')],
            ...[greatest(its, 'trackName'), greatest(its, 'source')],
          ),
      ),
  },
}
