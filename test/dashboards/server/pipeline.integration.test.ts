import assert from 'node:assert/strict'
import { type TestContext, after, before, test } from 'node:test'
import { once } from 'node:events'
import { type AddressInfo, type Socket, createServer } from 'node:net'
import { Kafka, logLevel } from 'kafkajs'
import pino from 'pino'
import { Registry } from 'prom-client'
import { watchPipeline } from '../../../cli/pipeline/watch-pipeline.ts'
import { publishStatus } from '../../../cli/status/publish-status.ts'
import type { AnswerOf } from '../../../dashboards/server/endpoints/endpoint.ts'
import type { pipeline } from '../../../dashboards/server/endpoints/pipeline.ts'
import { runTopology, topologyMetrics } from '../../../pipelines/engine/index.ts'
import type { TaskStatus, TopologyStatus } from '../../../pipelines/engine/kafka/task-status.ts'
import { topics } from '../../../schemas/topics.ts'
import { sinkMetrics, startClickhouseSink } from '../../../sinks/index.ts'
import { rawPlay } from '../../kit/builders.ts'
import { until } from '../../kit/until.ts'
import { KafkaRoom, roomKeys, roomTopologies } from '../../pipelines/kafka-room.ts'
import { apiRoom } from '../api-room.ts'
import { clickhouseTime } from '../database.ts'

const log = pino({ level: 'silent' })

type Answer = AnswerOf<typeof pipeline>
type Told = Answer['stages'][number]

let api: Awaited<ReturnType<typeof apiRoom>>
let kafka: KafkaRoom
let config: { TOPIC_PREFIX: string; APPLICATION_ID: string; REPLICATION_FACTOR: number }
before(async () => {
  ;[api, kafka] = await Promise.all([apiRoom(), KafkaRoom.make({ partitions: 2 })])
  const { topicPrefix: TOPIC_PREFIX, applicationId: APPLICATION_ID } = kafka.address
  config = { TOPIC_PREFIX, APPLICATION_ID, REPLICATION_FACTOR: 1 }
})
after(async () => {
  await Promise.all([api.close(), kafka.remove()])
})

const crash = (error: unknown) => assert.fail(String(error))

/** One that takes connections and says nothing. */
async function silentKafka(t: Pick<TestContext, 'after'>): Promise<Kafka> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => sockets.add(socket)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const about = { clientId: 'test', logLevel: logLevel.NOTHING, retry: { retries: 0 } }
  return new Kafka({ ...about, brokers: [`127.0.0.1:${port}`] })
}

/** What an operator is told, of a dashboard that keeps no answers. */
async function asking(t: Parameters<typeof api.dashboard>[0], options: Parameters<typeof api.dashboard>[1]) {
  const get = await api.dashboard(t, { redis: undefined, ...options })
  return async () => {
    const response = await get('/api/pipeline', { headers: await api.operator() })
    assert.equal(response.status, 200)
    return (await response.json()) as Answer
  }
}

test('a topology that works, one that restores, those that nobody runs; then the first stops by itself', async (t) => {
  const watch = watchPipeline({ kafka: kafka.kafka, config, log })
  t.after(() => watch.stop())
  const ask = await asking(t, { readStages: () => watch.stages() })
  const stage = async (name: string) => (await ask()).stages.find((each) => each.stage === name)!
  const at = async (name: string, expected: Partial<Told>) => {
    const { stages } = await ask()
    const found = stages.find((each) => each.stage === name)!
    const same = Object.fromEntries(Object.keys(expected).map((key) => [key, found[key as keyof Told]]))
    assert.deepEqual(same, expected)
    return found
  }
  await kafka.send(
    topics.plays,
    Array.from({ length: 60 }, () => rawPlay({ playedAt: Date.now() })),
    ({ userId }) => userId,
  )
  const untouched = await at('anonymise', {
    state: 'nobody_runs_it',
    processes: 0,
    tasks: 2,
    lagRecords: 60,
    inPerSecond: 1,
    inLastHour: 60,
    outPerSecond: null,
    committedAt: null,
    kind: 'topology',
    version: 1,
    deadLetters: 0,
  })
  assert.ok(untouched.lagMs > 0 && untouched.lagMs < 60_000)
  assert.equal((await stage('push')).state, 'nobody_runs_it')

  const topology = await runTopology({
    ...kafka.address,
    kafka: kafka.kafka,
    codec: kafka.codec,
    topology: roomTopologies.anonymise,
    deadLetterKey: roomKeys.deadLetterKey,
    deadLetterRun: 5,
    deadLetterRatio: 0,
    crash,
    log,
    metrics: topologyMetrics(new Registry()),
  })
  t.after(() => topology.stop())
  const sink = await startClickhouseSink({
    kafka: kafka.kafka,
    codec: kafka.codec,
    ...kafka.address,
    crash,
    log,
    clickhouse: api.clickhouse,
    metrics: sinkMetrics(new Registry()),
    putAside: () => Promise.resolve(),
  })
  t.after(() => sink.stop())
  const restored = { records: 30, of: 120 }
  const task: TaskStatus = {
    partition: 0,
    phase: 'restoring',
    since: 0,
    rows: 0,
    waitsFor: [],
    openWindows: 0,
    restored,
  }
  const restoring: TopologyStatus = { topology: 'listening-totals', tasks: [task] }
  const running = () => [topology, sink, { status: () => restoring }]
  const published = publishStatus({ kafka: kafka.kafka, config, running, log })
  t.after(() => published.stop())

  await until(() => at('anonymise', { state: 'running', processes: 1, lagRecords: 0, lagMs: 0 }), {
    what: 'a topology that works',
    within: 20_000,
  })
  await until(async () => (await stage('anonymise')).outPerSecond !== null, { what: 'its rate' })
  assert.ok(Math.abs(Date.now() - (await stage('anonymise')).committedAt!) < 60_000)
  await until(() => at('clickhouse-sink', { state: 'running', processes: 1, lagRecords: 0 }), {
    what: 'a sink that works',
    within: 20_000,
  })
  assert.ok((await ask()).latency!.plays > 0)
  await at('listening-totals', { state: 'restoring', restored: 0.25 })

  const rubbish = Array.from({ length: 20 }, () => ({ key: 'somebody', value: Buffer.from('rubbish') }))
  await kafka.sendBytes(topics.plays, rubbish)
  const stopped = await until(() => at('anonymise', { state: 'stopped', lagRecords: 20 }), {
    what: 'a topology that has stopped by itself',
    within: 20_000,
  })
  assert.ok(stopped.lagMs > 0)
  assert.doesNotMatch(JSON.stringify(await ask()), /somebody|user|AAAA|127\.0\.0\.1/)
})

test('letters are counted by stage, and latency is of the plays of the last five minutes', async (t) => {
  const now = Date.now()
  const health = { stage: 'anonymise', inLastHour: 50 } as Told
  const ask = await asking(t, { readStages: () => Promise.resolve([health, { ...health, inLastHour: 0 }]) })
  await api.client.command({ query: 'TRUNCATE TABLE plays' })
  const took = (ms: number, agoMs: number) => ({
    event_id: `${ms}-${agoMs}`,
    listener: 'l',
    played_at: clickhouseTime(now - agoMs - ms),
    ms_played: 1,
    received_at: clickhouseTime(now - agoMs - ms),
    ingested_at: clickhouseTime(now - agoMs),
  })
  await api.client.insert({
    table: 'plays',
    format: 'JSONEachRow',
    values: [
      ...Array.from({ length: 100 }, (_, index) => took((index + 1) * 10, 60_000)),
      ...Array.from({ length: 500 }, () => took(9_999, 400_000)),
    ],
  })
  const letter = (agoMs: number) => ({
    id: `a:${agoMs}`,
    stage: 'anonymise',
    ingested_at: clickhouseTime(now - agoMs),
  })
  await api.client.insert({
    table: 'dead_letters',
    format: 'JSONEachRow',
    values: [1_000, 3_000_000, 3_500_000, 3_700_000].map(letter),
  })
  const { stages, latency } = await ask()
  assert.deepEqual(
    stages.map(({ deadLetters, deadLetterRatio }) => [deadLetters, deadLetterRatio]),
    [
      [3, 0.06],
      [3, null],
    ],
  )
  assert.equal(latency?.plays, 100)
  for (const [told, real] of [
    [latency.p50, 500],
    [latency.p95, 950],
    [latency.p99, 990],
  ] as const)
    assert.ok(Math.abs(told! - real) <= 0.02 * real + 10, `${told} instead of ${real}`)
})

test('what is away is told, in time, and the rest all the same', async (t) => {
  const nowhere = await silentKafka(t)
  const blind = watchPipeline({ kafka: nowhere, config, log, deadlineMs: 300 })
  t.after(() => blind.stop())
  const ask = await asking(t, { readStages: () => blind.stages() })
  for (const _ of [1, 2]) {
    const { unavailable, stages, latency } = await ask()
    assert.deepEqual([unavailable, stages, latency !== null], [['kafka'], [], true])
  }
  const watch = watchPipeline({ kafka: kafka.kafka, config, log })
  t.after(() => watch.stop())
  const clickhouse = { url: 'http://127.0.0.1:1', database: 'none' }
  const withoutHistory = await asking(t, { clickhouse, readStages: () => watch.stages() })
  const { unavailable, stages, latency } = await withoutHistory()
  assert.deepEqual([unavailable, latency], [['clickhouse'], null])
  assert.ok(stages.length > 5 && stages.every(({ deadLetters }) => deadLetters === null))
})
