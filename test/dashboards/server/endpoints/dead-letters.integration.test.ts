import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { apiRoom } from '../../api-room.ts'
import { clickhouseTime } from '../../database.ts'

const [HOUR, DAY] = [3_600_000, 86_400_000]
const today = Math.floor(Date.now() / DAY) * DAY

let room: Awaited<ReturnType<typeof apiRoom>>
before(async () => (room = await apiRoom()))
after(() => room.close())

interface Row {
  id: string
  stage: string
  reason: string
  at: number
  attempt?: number
  late?: boolean
}

const row = ({ at, attempt = 0, late = false, ...known }: Row) => ({
  kind: 'step',
  topic: 'x.plays',
  partition: 3,
  offset: '9007199254740993',
  attempt,
  late,
  schema_id: 7,
  error_code: 'STEP_COUNTRY',
  trace_id: 't',
  summary: 'no such country',
  recorded_at: clickhouseTime(0),
  ingested_at: clickhouseTime(at),
  ...known,
})

interface Answer {
  from: number
  to: number
  groups: Record<string, unknown>[]
  hours: { start: number; letters: number }[]
  newest: Record<string, unknown>[]
}

async function asking(t: Parameters<typeof room.dashboard>[0]) {
  const get = await room.dashboard(t, { redis: undefined })
  const headers = await room.operator()
  return {
    status: async (query: string) => (await get(`/api/dead-letters?${query}`, { headers })).status,
    ask: async (query = '') => {
      const response = await get(`/api/dead-letters${query}`, { headers })
      assert.equal(response.status, 200, await response.clone().text())
      return (await response.json()) as Answer
    },
  }
}

test('letters that are alike are together, by the hour, and the newest first', async (t) => {
  const { ask, status } = await asking(t)
  const refused = { stage: 'anonymise', reason: 'unknown_country' }
  await room.client.insert({
    table: 'dead_letters',
    format: 'JSONEachRow',
    values: [
      row({ ...refused, id: 'a', at: today }),
      row({ ...refused, id: 'a', at: today + 1, attempt: 1 }),
      row({ ...refused, id: 'b', at: today - HOUR }),
      row({ id: 'c', stage: 'listening-totals', reason: 'late', at: today - 2, late: true }),
      row({ ...refused, id: 'old', at: today - 7 * DAY }),
    ],
  })
  const told = await ask()
  assert.deepEqual([told.from, told.to], [today - 6 * DAY, today + DAY])
  const alike = { ...refused, kind: 'step', topic: 'x.plays' }
  const late = { ...alike, stage: 'listening-totals', reason: 'late', kind: 'late' }
  assert.deepEqual(told.groups, [
    { ...alike, letters: 3, records: 2, first: today - HOUR, last: today + 1 },
    { ...late, letters: 1, records: 1, first: today - 2, last: today - 2 },
  ])
  assert.deepEqual(told.hours, [
    { start: today - HOUR, letters: 2 },
    { start: today, letters: 2 },
  ])
  assert.deepEqual(
    told.newest.map(({ id, attempt }) => [id, attempt]),
    [
      ['a', 1],
      ['a', 0],
      ['c', 0],
      ['b', 0],
    ],
  )
  assert.deepEqual(told.newest[2], {
    ...late,
    id: 'c',
    at: today - 2,
    partition: 3,
    offset: '9007199254740993',
    attempt: 0,
    errorCode: 'STEP_COUNTRY',
    schemaId: 7,
    traceId: 't',
    summary: 'no such country',
  })

  const one = await ask('?stage=listening-totals')
  assert.deepEqual([one.groups.length, one.hours.length, one.newest.length], [1, 1, 1])
  assert.deepEqual((await ask('?stage=none')).newest, [])
  const day = (at: number) => new Date(at).toISOString().slice(0, 10)
  const last = await ask(`?from=${day(today - 8 * DAY)}&to=${day(today - 6 * DAY)}`)
  assert.deepEqual(
    last.newest.map(({ id }) => id),
    ['old'],
  )

  for (const stage of ["' OR 1=1 --", '', 'a b', '{stage: String}', '\u0000', 'x'.repeat(201)])
    assert.equal(await status(`stage=${encodeURIComponent(stage)}`), 400)
  for (const query of [
    'from=2026-01-01&to=2026-03-01',
    'from=2026-02-30',
    'to=2026-1-1',
    'limit=1',
    'stage=a&stage=b',
  ])
    assert.equal(await status(query), 400)
  assert.equal((await ask()).newest.length, 4)
})

test('of many letters the newest hundred are told, and all are counted', async (t) => {
  const { ask } = await asking(t)
  const values = Array.from({ length: 150 }, (_, at) =>
    row({ id: `m${at}`, stage: 'many', reason: `r${at % 3}`, at: today + at }),
  )
  await room.client.insert({ table: 'dead_letters', format: 'JSONEachRow', values })
  const { groups, newest } = await ask('?stage=many')
  assert.deepEqual(
    groups.map(({ letters }) => letters),
    [50, 50, 50],
  )
  assert.deepEqual([newest.length, newest[0]!['id'], newest.at(-1)!['id']], [100, 'm149', 'm50'])
})
