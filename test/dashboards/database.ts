import { randomUUID } from 'node:crypto'
import { createClient } from '@clickhouse/client'
import { pino } from 'pino'
import { tables } from '../../schemas/tables.ts'
import { migrateClickhouse } from '../../sinks/clickhouse/migrate.ts'

/** An artist of a list that was clicked; `at` in ms since 1970. */
export interface ClickedList {
  /** Default: one of its own. */
  eventId?: string
  list: string
  version: string
  at: number
  /** Default: the same of all. */
  listener?: string
}

/** A play as the API counts it: whose (a pseudonym), of whom, when (ms since 1970). */
export interface ArtistPlay {
  listener: string
  artist: string
  at: number
  msPlayed?: number
  source?: string
}

/** What a stage has set aside; `at` in ms since 1970. */
export interface SetAside {
  id: string
  stage: string
  reason: string
  at: number
  summary?: string
}

/** A list that was shown. */
export interface ShownList extends ClickedList {
  artists?: string[]
}

/** A database of this test's own with the product's tables. */
export async function testDatabase(url: string) {
  const database = `dashboards_${randomUUID().replaceAll('-', '')}`
  await migrateClickhouse({ url, database, log: pino({ level: 'silent' }) })
  const client = createClient({ url, database })
  return {
    url,
    database,
    /** One play for each time (ms since 1970), each of another listener where that matters. */
    async insertPlays(times: number[], listeners: 'one' | 'many' = 'one'): Promise<void> {
      await client.insert({
        table: tables.plays,
        format: 'JSONEachRow',
        values: times.map((time, index) => ({
          event_id: `${time}-${index}`,
          listener: listeners === 'one' ? '' : `listener-${index}`,
          played_at: clickhouseTime(time),
        })),
      })
    },
    async insertArtistPlays(plays: ArtistPlay[]): Promise<void> {
      await client.insert({
        table: tables.plays,
        format: 'JSONEachRow',
        clickhouse_settings: { insert_deduplicate: 0 },
        values: plays.map(({ listener, artist, at, msPlayed = 60_000, source = 'app' }) => ({
          event_id: randomUUID(),
          listener,
          artist_id: artist,
          artist_name: `Name of ${artist}`,
          played_at: clickhouseTime(at),
          ms_played: msPlayed,
          source,
        })),
      })
    },
    /** Lists that were on a screen; say only what the test is about. */
    async insertShown(shown: ShownList[]): Promise<void> {
      await client.insert({
        table: tables.recommendationsShown,
        format: 'JSONEachRow',
        values: shown.map(({ eventId, list, version, artists = ['a1'], at, listener = '' }) => ({
          event_id: eventId ?? randomUUID(),
          listener,
          recommendation_id: list,
          model_version: version,
          artist_ids: artists,
          shown_at: clickhouseTime(at),
        })),
      })
    },
    /** Artists that were chosen from lists. */
    async insertClicked(clicked: ClickedList[]): Promise<void> {
      await client.insert({
        table: tables.recommendationsClicked,
        format: 'JSONEachRow',
        values: clicked.map(({ eventId, list, version, at, listener = '' }) => ({
          event_id: eventId ?? randomUUID(),
          listener,
          recommendation_id: list,
          model_version: version,
          artist_id: 'a1',
          rank: 1,
          clicked_at: clickhouseTime(at),
        })),
      })
    },
    async insertLetters(letters: SetAside[]): Promise<void> {
      await client.insert({
        table: tables.deadLetters,
        format: 'JSONEachRow',
        values: letters.map(({ at, ...letter }) => ({
          kind: 'step',
          topic: 'plays',
          partition: 0,
          offset: '1',
          recorded_at: clickhouseTime(at),
          ingested_at: clickhouseTime(at),
          ...letter,
        })),
      })
    },
    async countPlays(): Promise<number> {
      const result = await client.query({
        query: `SELECT toUInt32(count()) AS plays FROM ${tables.plays}`,
        format: 'JSONEachRow',
      })
      const [row] = await result.json<{ plays: number }>()
      return row!.plays
    },
    async drop(): Promise<void> {
      await client.command({ query: `DROP DATABASE ${database}` })
      await client.close()
    },
  }
}

/** A time, ms since 1970, as ClickHouse reads it. */
export const clickhouseTime = (ms: number): string =>
  new Date(ms).toISOString().replace('T', ' ').slice(0, -1)
