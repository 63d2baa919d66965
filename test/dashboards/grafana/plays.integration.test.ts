import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { tables } from '../../../schemas/tables.ts'
import { dashboardFiles, panels } from '../../kit/metrics-used.ts'
import { clickhouseRoom } from '../../sinks/clickhouse/room.ts'
import { type SomePlay, cohorts, insertPlays, perSpan, somePlays, topOf } from '../queries/naive.ts'
import { asSent } from './macros.ts'
import { clickhouseTime } from '../database.ts'

const [MINUTE, HOUR, DAY, WEEK] = [60_000, 3_600_000, 86_400_000, 604_800_000]
const begin = Date.UTC(2026, 0, 5)
/** Neither end is at that of a minute. */
const spans = [30 * HOUR, 12 * WEEK].map((length) => ({
  from: new Date(begin + 1_234),
  to: new Date(begin + length + 5_678),
}))

interface List {
  list: number
  version: number
  listener: number
  artists: number
  /** When it was shown, and when one of it was chosen. */
  shown: number[]
  clicked: number[]
}

interface History {
  plays: SomePlay[][]
  lists: List[]
}

const at = fc.oneof(
  fc.integer({ min: begin - HOUR, max: begin + 31 * HOUR }),
  fc.integer({ min: begin - WEEK, max: begin + 13 * WEEK }),
)
const histories: fc.Arbitrary<History> = fc.record({
  plays: somePlays,
  lists: fc
    .array(
      fc.record({
        version: fc.nat(3),
        listener: fc.nat(4),
        artists: fc.integer({ min: 1, max: 9 }),
        shown: fc.array(at, { maxLength: 3 }),
        clicked: fc.array(at, { maxLength: 3 }),
      }),
      { maxLength: 20 },
    )
    .map((lists) => lists.map((each, list) => ({ ...each, list }))),
})

let room: Awaited<ReturnType<typeof clickhouseRoom>>
before(async () => (room = await clickhouseRoom()))
after(() => room.close())

type Span = (typeof spans)[number]
type Rows = Record<string, unknown>[]

/** Of spans of UTC of a length that the panel's span touches, their start and a figure of them. */
const bySpan =
  (length: number, column: string, of: (row: ReturnType<typeof perSpan>[number]) => number) =>
  ({ plays }: History, { from, to }: Span): Rows =>
    perSpan(plays.flat(), length, { from: new Date(Math.floor(from.getTime() / length) * length), to }).map(
      (row) => ({ time: clickhouseTime(row.start), [column]: of(row) }),
    )

/** Of minutes those plays alone that are within the span. */
const byMinute =
  (column: 'plays' | 'listeners') =>
  ({ plays }: History, { from, to }: Span): Rows =>
    perSpan(
      plays.flat().filter((play) => play.at >= from.getTime() && play.at < to.getTime()),
      MINUTE,
      { from, to },
    ).map((row) => ({ time: clickhouseTime(row.start), [column]: row[column] }))

const hours = ({ from, to }: Span): Span => ({
  from: new Date(Math.floor(from.getTime() / HOUR) * HOUR),
  to: new Date(Math.ceil(to.getTime() / HOUR) * HOUR),
})

/** What each panel must answer, by its title, as a loop has it. */
const wanted: Record<string, (history: History, span: Span) => Rows> = {
  'Plays by minute': byMinute('plays'),
  'Listeners by minute': byMinute('listeners'),
  'Plays by hour': bySpan(HOUR, 'plays', ({ plays }) => plays),
  'Hours listened by hour': bySpan(HOUR, 'listened', ({ msPlayed }) => msPlayed / HOUR),
  'Plays by day': bySpan(DAY, 'plays', ({ plays }) => plays),
  'Listeners by day': bySpan(DAY, 'listeners', ({ listeners }) => listeners),
  'An artist by hour': ({ plays, ...rest }, span) =>
    bySpan(
      HOUR,
      'plays',
      (row) => row.plays,
    )({ ...rest, plays: plays.map((some) => some.filter(({ artist }) => artist === 1)) }, span),
  'Top artists': ({ plays }, span) =>
    topOf(plays.flat(), hours(span)).map(({ artistName, plays: count, msPlayed }) => ({
      artist: artistName,
      plays: count,
      listened: msPlayed / HOUR,
    })),
  'Click-through by model': ({ lists }, { from, to }) => {
    const within = (times: number[]) => times.filter((each) => each >= from.getTime() && each < to.getTime())
    return [3, 2, 1, 0].flatMap((version) => {
      const seen = lists
        .filter((list) => list.version === version)
        .map((list) => ({ ...list, shown: within(list.shown), clicked: within(list.clicked) }))
        .filter(({ shown, clicked }) => shown.length + clicked.length > 0)
      if (seen.length === 0) return []
      const clicked = seen.filter((list) => list.clicked.length > 0)
      return [
        {
          version: `m${version}`,
          lists: seen.length,
          listeners: new Set(seen.map(({ listener }) => listener)).size,
          clicks: clicked.reduce((sum, list) => sum + list.clicked.length, 0),
          'click-through': clicked.length / seen.length,
        },
      ]
    })
  },
  'Retention by week': ({ plays }, { from, to }) => {
    const weeks = Math.floor((to.getTime() - from.getTime()) / WEEK) + 1
    return cohorts(plays.flat(), from.getTime(), weeks).flatMap(({ start, listeners, active }) =>
      active.map((playing, week) => ({
        cohort: new Date(start).toISOString().slice(0, 10),
        week,
        playing: playing / listeners,
      })),
    )
  },
}

async function fill({ plays, lists }: History): Promise<void> {
  const { client } = room
  for (const table of [tables.plays, tables.recommendationsShown, tables.recommendationsClicked])
    await client.command({ query: `TRUNCATE TABLE ${table}` })
  for (const some of plays) await insertPlays(client, some)
  const common = ({ list, version, listener }: List) => ({
    recommendation_id: `list ${list}`,
    model_version: `m${version}`,
    listener: `listener ${listener}`,
  })
  const insert = (table: string, values: object[]) =>
    client.insert({
      table,
      values,
      format: 'JSONEachRow',
      clickhouse_settings: { insert_deduplicate: 0 },
    })
  await insert(
    tables.recommendationsShown,
    lists.flatMap((list) =>
      list.shown.map((each, i) => ({
        ...common(list),
        event_id: `shown ${list.list} ${i}`,
        shown_at: clickhouseTime(each),
        artist_ids: Array.from({ length: list.artists }, (_, artist) => `artist ${artist}`),
      })),
    ),
  )
  await insert(
    tables.recommendationsClicked,
    lists.flatMap((list) =>
      list.clicked.map((each, i) => ({
        ...common(list),
        event_id: `clicked ${list.list} ${i}`,
        clicked_at: clickhouseTime(each),
        artist_id: 'artist 1',
        rank: 1,
      })),
    ),
  )
}

async function answerOf(rawSql: string, span: Span): Promise<Rows> {
  const answer = await room.client.query({
    query: asSent(rawSql, span, { artist: 'artist 1' }),
    format: 'JSONEachRow',
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0, readonly: '2' },
  })
  return answer.json()
}

const asked = panels.flatMap(({ panel: { title, targets } }) =>
  targets.flatMap((target) => ('rawSql' in target ? [{ title, rawSql: target.rawSql }] : [])),
)

test('each panel out of ClickHouse answers what a loop counts in rows that are known', async () => {
  assert.deepEqual(asked.map(({ title }) => title).sort(), Object.keys(wanted).sort())
  await fc.assert(
    fc.asyncProperty(histories, async (history) => {
      await fill(history)
      for (const { title, rawSql } of asked)
        for (const span of spans)
          assert.deepEqual(await answerOf(rawSql, span), wanted[title]!(history, span), title)
    }),
    { numRuns: 4 },
  )
})

test('artists to choose from are the most played, by id and name', async () => {
  await fc.assert(
    fc.asyncProperty(histories, async (history) => {
      await fill(history)
      const { query } = dashboardFiles
        .get('plays.json')!
        .templating.list.find(({ name }) => name === 'artist')!
      const [span] = spans
      const rows = await answerOf((query as { rawSql: string }).rawSql, span!)
      assert.deepEqual(rows, topOf(history.plays.flat(), hours(span!)))
      if (rows.length > 0) assert.deepEqual(Object.keys(rows[0]!).slice(0, 2), ['artistId', 'artistName'])
    }),
    { numRuns: 1 },
  )
})

test('a choice with quotes in it stays a text', async () => {
  const artist = `O'Neil '; DROP TABLE plays; --`
  const sent = asSent(`SELECT \${artist:sqlstring} AS name`, spans[0]!, { artist })
  const answer = await room.client.query({ query: sent, format: 'JSONEachRow' })
  assert.deepEqual(await answer.json(), [{ name: artist }])
})
