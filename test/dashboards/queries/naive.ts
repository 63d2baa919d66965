import type { ClickHouseClient } from '@clickhouse/client'
import fc from 'fast-check'
import { clickhouseTime } from '../database.ts'

/** What queries ask of a play; times in ms since 1970. */
export interface SomePlay {
  listener: number
  artist: number
  track: number
  at: number
  msPlayed: number
  name: string
  receivedAt: number
}

interface Span {
  from: Date
  to: Date
}

const WEEK = 604_800_000
/** A Monday. */
const FIRST = Date.UTC(1900, 0, 1)
const BEGIN = Date.UTC(2026, 0, 5)

const times = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: BEGIN - 2 * 3_600_000, max: BEGIN + 42 * 3_600_000 }) },
  { weight: 2, arbitrary: fc.integer({ min: BEGIN - 70 * WEEK, max: BEGIN + 20 * WEEK }) },
  // Long ago, long from now, and at edges of weeks.
  { weight: 1, arbitrary: fc.integer({ min: FIRST, max: Date.UTC(2299, 11, 31) }) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.integer({ min: -70, max: 13 }), fc.constantFrom(-1, 0))
      .map(([weeks, less]) => BEGIN + weeks * WEEK + less),
  },
)

/** Plays of few listeners and artists, as they come in one insert after the other. */
export const somePlays: fc.Arbitrary<SomePlay[][]> = fc.array(
  fc.array(
    fc.record({
      listener: fc.nat(6),
      artist: fc.nat(4),
      track: fc.nat(3),
      at: times,
      msPlayed: fc.nat(300_000),
      name: fc.constantFrom('one', 'two', 'three'),
      receivedAt: fc.integer({ min: BEGIN, max: BEGIN + 5 }),
    }),
    { minLength: 1, maxLength: 40 },
  ),
  { minLength: 1, maxLength: 3 },
)

export async function insertPlays(client: ClickHouseClient, plays: readonly SomePlay[]): Promise<void> {
  await client.insert({
    table: 'plays',
    format: 'JSONEachRow',
    clickhouse_settings: { insert_deduplicate: 0 },
    values: plays.map(({ listener, artist, track, at, msPlayed, name, receivedAt }) => ({
      listener: `listener ${listener}`,
      artist_id: `artist ${artist}`,
      artist_name: name,
      track_id: `track ${track}`,
      track_name: name,
      played_at: clickhouseTime(at),
      ms_played: msPlayed,
      received_at: clickhouseTime(receivedAt),
    })),
  })
}

const startOf = (at: number, length: number) => FIRST + Math.floor((at - FIRST) / length) * length

/** Of each span of this length that `from` to `to` touches. */
export function perSpan(plays: readonly SomePlay[], length: number, { from, to }: Span) {
  const rows = []
  for (let start = startOf(from.getTime(), length); start < to.getTime(); start += length) {
    const its = plays.filter(({ at }) => at >= start && at < start + length)
    if (its.length === 0) continue
    rows.push({
      start,
      plays: its.length,
      msPlayed: its.reduce((sum, { msPlayed }) => sum + msPlayed, 0),
      listeners: new Set(its.map(({ listener }) => listener)).size,
    })
  }
  return rows
}

/** All artists that were played from one full hour to another, the most played first. */
export function topOf(plays: readonly SomePlay[], { from, to }: Span) {
  const within = plays.filter(({ at }) => at >= from.getTime() && at < to.getTime())
  const artists = [...new Set(within.map(({ artist }) => artist))].map((artist) => {
    const its = within.filter((play) => play.artist === artist)
    const last = plays
      .filter((play) => play.artist === artist)
      .toSorted((a, b) => b.receivedAt - a.receivedAt || (a.name < b.name ? 1 : -1))
    return {
      artistId: `artist ${artist}`,
      artistName: last[0]!.name,
      plays: its.length,
      msPlayed: its.reduce((sum, { msPlayed }) => sum + msPlayed, 0),
    }
  })
  return artists.toSorted((a, b) => b.plays - a.plays || (a.artistId < b.artistId ? -1 : 1))
}

/** Who began in each of so many weeks, and how many of them played in each week from there to the last. */
export function cohorts(plays: readonly SomePlay[], from: number, weeks: number) {
  const weeksOf = new Map<number, Set<number>>()
  for (const { listener, at } of plays)
    weeksOf.set(listener, (weeksOf.get(listener) ?? new Set()).add(startOf(at, WEEK)))
  const all = Array.from({ length: weeks }, (_, index) => startOf(from, WEEK) + index * WEEK)
  return all.flatMap((start) => {
    const its = [...weeksOf.values()].filter((played) => Math.min(...played) === start)
    if (its.length === 0) return []
    const later = all.filter((week) => week >= start)
    return [
      {
        start,
        listeners: its.length,
        active: later.map((week) => its.filter((played) => played.has(week)).length),
      },
    ]
  })
}

/** Of how many listeners the plays of these artists are; of an artist without any there is no row. */
export function listenersOf(plays: readonly SomePlay[], { from, to }: Span, artists: readonly number[]) {
  return artists.flatMap((artist) => {
    const its = plays.filter(
      (play) => play.artist === artist && play.at >= from.getTime() && play.at < to.getTime(),
    )
    const listeners = new Set(its.map(({ listener }) => listener)).size
    return listeners === 0 ? [] : [{ artistId: `artist ${artist}`, listeners }]
  })
}

/** Asks about random plays in a table of their own, which came in one insert or in several. */
export const onPlaysIn =
  (client: () => ClickHouseClient, numRuns: number) =>
  (check: (plays: SomePlay[]) => Promise<void>): Promise<void> =>
    fc.assert(
      fc.asyncProperty(somePlays, async (inserts) => {
        await client().command({ query: 'TRUNCATE TABLE plays' })
        for (const plays of inserts) await insertPlays(client(), plays)
        await check(inserts.flat())
      }),
      { numRuns },
    )
