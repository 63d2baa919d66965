import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { tables } from '../../../schemas/tables.ts'
import { insertJson } from './insert-json.ts'
import { clickhouseRoom } from './room.ts'

const page = readFileSync(new URL('../../../docs/tables.md', import.meta.url), 'utf8')
let room: Awaited<ReturnType<typeof clickhouseRoom>>
before(async () => (room = await clickhouseRoom()))
after(() => room.close())

/** The cells of a row that begins with a name. */
const rowsOfPage = [...page.matchAll(/^\| `(\w+)` *\| (.*?) *\|$/gm)].map(([, name, cells]) => ({
  name: name!,
  cells: cells!.split(/ *\| /),
}))

test('the page for analysts names every table with how long its rows are kept, as ClickHouse has it', async () => {
  const made = await room.rows<{ name: string; kept: string }>(
    `SELECT name, extract(create_table_query, 'TTL [^)]*[)] [+] toInterval(\\\\w+[(]\\\\d+)') AS kept
     FROM system.tables WHERE database = currentDatabase() AND kept != '' ORDER BY name`,
  )
  assert.deepEqual(made.map(({ name }) => name).sort(), Object.values(tables).toSorted())
  const said = rowsOfPage
    .filter(({ cells }) => cells.length === 3)
    .map(({ name, cells }) => {
      const [, number, unit] = /^(\d+) (year|day)s$/.exec(cells[2]!)!
      return { name, kept: `${unit === 'year' ? 'Year' : 'Day'}(${number}` }
    })
  assert.deepEqual(
    said.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    made,
  )
})

test('it names every rollup, and what it shows can be asked', async () => {
  const projections = await room.rows<{ name: string }>(
    'SELECT name FROM system.projections WHERE database = currentDatabase()',
  )
  const said = rowsOfPage.filter(({ cells }) => cells.length === 2).map(({ name }) => name)
  assert.deepEqual(said.toSorted(), projections.map(({ name }) => name).sort())
  const examples = [...page.matchAll(/```sql\n([^`]*)```/g)].map(([, sql]) => sql!)
  assert.equal(examples.length, 2)
  for (const sql of examples) await room.rows(sql)
})

const somePlays = fc.array(
  fc.record({
    listener: fc.constantFrom('ada', 'bob'),
    session: fc.constantFrom(null, 's', 't'),
    minute: fc.nat(50),
    track_id: fc.constantFrom('x', 'y', 'z'),
    artist_id: fc.constantFrom('a', 'b'),
    ms_played: fc.nat(1000),
  }),
  { minLength: 1, maxLength: 30 },
)

test('sessions are those of a loop over plays', async () => {
  await fc.assert(
    fc.asyncProperty(somePlays, async (plays) => {
      await room.client.command({ query: 'TRUNCATE TABLE plays' })
      const at = (minute: number) => `2026-01-01 00:${String(minute).padStart(2, '0')}:00.000`
      const rows = plays.map(({ minute, ...play }, offset) => ({
        ...play,
        played_at: at(minute),
        event_id: String(offset),
        kafka_topic: 'plays-clean',
        kafka_topic_id: crypto.randomUUID(),
        kafka_partition: 0,
        kafka_offset: offset,
      }))
      const end = BigInt(rows.length)
      const origin = { topic: 'plays-clean', topicId: crypto.randomUUID(), partition: 0 }
      await insertJson(room.client, 'plays', origin, { from: 0n, end, last: end - 1n, rows })
      const wanted = Map.groupBy(
        plays.filter(({ session }) => session !== null),
        ({ listener, session }) => `${listener} ${session}`,
      )
      const different = (values: string[]) => new Set(values).size
      const found = await room.rows<Record<string, string>>(
        "SELECT concat(listener, ' ', session) AS key, * EXCEPT (listener, session) FROM sessions ORDER BY key SETTINGS output_format_json_quote_64bit_integers = 0",
      )
      assert.deepEqual(
        found,
        [...wanted]
          .toSorted(([a], [b]) => (a < b ? -1 : 1))
          .map(([key, its]) => ({
            key,
            first_played_at: at(Math.min(...its.map(({ minute }) => minute))),
            last_played_at: at(Math.max(...its.map(({ minute }) => minute))),
            plays: its.length,
            ms_played: its.reduce((sum, play) => sum + play.ms_played, 0),
            tracks: different(its.map((play) => play.track_id)),
            artists: different(its.map((play) => play.artist_id)),
          })),
      )
    }),
    { numRuns: 15 },
  )
})
