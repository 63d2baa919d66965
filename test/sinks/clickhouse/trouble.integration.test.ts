import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, afterEach, before, test } from 'node:test'
import pino from 'pino'
import type { CleanPlay } from '../../../schemas/events.ts'
import { topics } from '../../../schemas/topics.ts'
import { startClickhouseSink } from '../../../sinks/clickhouse/sink.ts'
import type { RunningSink } from '../../../sinks/running-sink.ts'
import { play } from '../../kit/builders.ts'
import { until } from '../../kit/until.ts'
import { sinkRoom } from '../sink-room.ts'
import { clickhouseProxy } from './clickhouse-proxy.ts'
import { clickhouseRoom } from './room.ts'

let room: Awaited<ReturnType<typeof sinkRoom>>
let clickhouse: Awaited<ReturnType<typeof clickhouseRoom>>
let proxy: Awaited<ReturnType<typeof clickhouseProxy>>
let running: RunningSink | undefined
before(async () => {
  room = await sinkRoom()
  clickhouse = await clickhouseRoom()
  proxy = await clickhouseProxy(clickhouse.url)
})
afterEach(async () => {
  proxy.setAway(false)
  proxy.onInsert((forward) => forward())
  await running?.stop()
  running = undefined
  await command('TRUNCATE TABLE plays')
  await room.recreate(topics.playsClean)
})
after(async () => {
  proxy.close()
  await clickhouse.close()
  await room.close()
})

const command = (query: string) => clickhouse.client.command({ query })
const alter = (change: string) => command(`ALTER TABLE plays ${change}`)

/** Asks ClickHouse to do inserts under a setting of the test's, as if the user's profile had it. */
const insertsWith = (setting: string) => proxy.onInsert((forward) => forward(setting))

async function start(urlOptions = '') {
  const { options, crashes, registry } = room.surroundings(randomUUID())
  const logged: { level: number; msg: string; err?: { message: string } }[] = []
  const log = pino(
    { level: 'warn' },
    { write: (line) => void logged.push(JSON.parse(line) as (typeof logged)[0]) },
  )
  const sink = await startClickhouseSink({
    ...options,
    log,
    clickhouse: { url: `${proxy.url}${urlOptions}`, database: clickhouse.database },
    maxAgeMs: 20,
  })
  running = sink
  await until(() => sink.ready(), { what: 'the sink to be ready' })
  return { sink, crashes, registry, logged }
}

async function eachOnce(sent: CleanPlay[]): Promise<void> {
  const rows = () => clickhouse.rows<{ id: string }>('SELECT event_id AS id FROM plays ORDER BY id')
  await until(async () => (await rows()).length >= sent.length, { what: `${sent.length} plays` })
  assert.deepEqual(
    (await rows()).map(({ id }) => id),
    sent.map(({ eventId }) => eventId).sort(),
  )
}

interface Trouble {
  what: string
  begin(): unknown
  end(): unknown
  /** What the log says to do. */
  remedy: RegExp
  urlOptions?: string
}

const noTrouble = () => proxy.onInsert((forward) => forward())
const troubles: Trouble[] = [
  {
    what: 'is away',
    begin: () => proxy.setAway(true),
    end: () => proxy.setAway(false),
    remedy: /ClickHouse does not answer: .* is it up/,
  },
  {
    what: 'is read-only',
    begin: () => insertsWith('readonly=1'),
    end: noTrouble,
    remedy: /let its user write/,
  },
  {
    what: 'is out of disk',
    begin: () => alter('MODIFY SETTING min_free_disk_bytes_to_perform_insert = 1000000000000000000'),
    end: () => alter('RESET SETTING min_free_disk_bytes_to_perform_insert'),
    remedy: /free space on its disk/,
  },
  {
    what: 'is out of memory',
    begin: () => insertsWith('max_memory_usage=1&max_untracked_memory=1'),
    end: noTrouble,
    remedy: /give it more memory/,
  },
  {
    what: 'has too many parts',
    async begin() {
      await command('SYSTEM STOP MERGES plays')
      await alter('MODIFY SETTING parts_to_throw_insert = 1, parts_to_delay_insert = 1')
    },
    async end() {
      await alter('RESET SETTING parts_to_throw_insert, parts_to_delay_insert')
      await command('SYSTEM START MERGES plays')
    },
    remedy: /its merges are behind/,
  },
  {
    what: 'takes too long',
    begin: () => insertsWith('max_execution_time=0.000001'),
    end: noTrouble,
    remedy: /raise max_execution_time/,
  },
  {
    what: 'has a column of another type',
    begin: () => alter('MODIFY COLUMN platform String'),
    end: () => alter('MODIFY COLUMN platform LowCardinality(String)'),
    remedy: /refuses rows of table plays \(INCORRECT_DATA\) and names none – compare its columns/,
  },
  {
    what: 'does not answer in time',
    begin: () => proxy.onInsert(() => new Promise(() => undefined)),
    end: noTrouble,
    remedy: /ClickHouse does not answer: Timeout error/,
    urlOptions: '?request_timeout=500',
  },
]

for (const { what, begin, end, remedy, urlOptions } of troubles)
  test(`while ClickHouse ${what} it waits, is not ready and says what to do; then each row is there once`, async () => {
    const { sink, crashes, logged, registry } = await start(urlOptions)
    const sent = Array.from({ length: 20 }, () => play())
    await room.send(topics.playsClean, 0, sent.slice(0, 10))
    await eachOnce(sent.slice(0, 10))
    await begin()
    try {
      await room.send(topics.playsClean, 0, sent.slice(10))
      await until(() => !sink.ready(), { what: 'the failure to be noticed' })
      await until(() => logged.some(({ err }) => remedy.test(err?.message ?? '')), {
        what: `${remedy} in ${JSON.stringify(logged)}`,
      })
    } finally {
      await end()
    }
    await eachOnce(sent)
    await until(() => sink.ready(), { what: 'the sink to be ready again' })
    assert.match(await registry.metrics(), /continuo_sink_failures_total\{sink="clickhouse"\} [1-9]/)
    assert.deepEqual([crashes, await room.deadLetters()], [[], []])
  })

test('a column that is missing ends the sink with the remedy, and is not left out', async () => {
  const { crashes } = await start()
  await alter('DROP COLUMN utc_offset_minutes')
  try {
    await room.send(topics.playsClean, 0, [play()])
    await until(() => crashes.length > 0, { what: 'the sink to end' })
    const { name, message } = crashes[0] as Error
    assert.equal(name, 'TableError')
    assert.match(message, /utc_offset_minutes.* run `continuo migrate` of this version$/s)
    assert.equal(await clickhouse.count('plays'), 0)
  } finally {
    await alter('ADD COLUMN utc_offset_minutes Nullable(Int32) AFTER skip_reason')
  }
})

test('a row that violates a constraint is set aside, and the others of its chunk are there once', async () => {
  await alter('ADD CONSTRAINT short CHECK ms_played < 1000000')
  try {
    const { crashes, registry } = await start()
    const bad = { msPlayed: 2_000_000, trackName: 'is violated at row 1. ' }
    const sent = Array.from({ length: 40 }, (_, i) => play(i % 13 === 12 ? bad : {}))
    await room.send(topics.playsClean, 0, sent)
    await eachOnce(sent.filter((_, i) => i % 13 !== 12))
    const letters = await room.deadLetters()
    assert.deepEqual(
      letters.map(({ stage, kind, reason, offset }) => [stage, kind, reason, offset]),
      [12, 25, 38].map((offset) => ['test-sink', 'sink', 'violated_constraint', offset]),
    )
    assert.match(
      await registry.metrics(),
      /dead_letters_total\{sink="clickhouse",.*reason="violated_constraint"\} 3/,
    )
    assert.deepEqual(crashes, [])
  } finally {
    await alter('DROP CONSTRAINT short')
  }
})
