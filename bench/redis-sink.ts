import type { Kafka } from 'kafkajs'
import { ensureTopics } from '../pipelines/engine/index.ts'
import type { Codec } from '../schemas/codec.ts'
import type { Topic } from '../schemas/topic.ts'
import { topics } from '../schemas/topics.ts'
import { envOf, openPlace } from './kafka.ts'
import { type Measured, runWorker } from './measured.ts'
import { listenerName, madeList, madeTotal } from './redis-rows.ts'
import { withStack } from './with-services.ts'

const UPDATES = Number(process.env['BENCH_ROWS'] ?? 600_000)
/** Lists are longer, and rarer. */
const LISTS = Math.ceil(UPDATES / 6)
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 3)
const PARTITIONS = 2
const A_SEND = 1_000
const MINUTE_MS = 60_000
const MINUTES = 90
const ARTISTS = 5_000
const LISTENERS = 50_000

/** Updates of a window's artists in the order of time: few come twice in a step. */
const total = (row: number) =>
  madeTotal((row * 7_919) % ARTISTS, Math.floor((row / UPDATES) * MINUTES) * MINUTE_MS)
const list = (row: number) => madeList(row, listenerName((row * 7_919) % LISTENERS))

/** Redis' sinks, from topic to Redis, beside bare HSETs of as many fields by ioredis. */
export async function benchRedisSink(): Promise<void> {
  await withStack(['kafka', 'schemaRegistry', 'redis'], async (urls) => {
    const place = {
      kafkaBrokers: urls.kafkaBrokers!,
      schemaRegistryUrl: urls.schemaRegistryUrl!,
      topicPrefix: 'bench-',
    }
    const { kafka, codec } = await openPlace(place)
    const at = { kafka, codec, topicPrefix: place.topicPrefix }
    console.log('writing totals and lists, then measuring')
    await fill(at, topics.artistTotalsLive, UPDATES, total)
    await fill(at, topics.recommendations, LISTS, list)
    const runs = new Map<string, Measured[]>()
    for (let round = 1; round <= ROUNDS; round++)
      for (const what of ['floor', 'totals', 'lists', 'floor again'])
        runs.set(what, [
          ...(runs.get(what) ?? []),
          await runWorker(what.startsWith('floor') ? 'redis-floor' : 'redis-sink', {
            ...envOf(place),
            REDIS_URL: urls.redisUrl!,
            BENCH_RUN: `${what}-${round}`,
            BENCH_WORKLOAD: what,
            BENCH_ROWS: String(what === 'lists' ? LISTS : UPDATES),
          }),
        ])
    console.table([...runs].map(([what, its]) => rowOf(what, its)))
  })
}

const says: Record<string, string> = {
  floor: 'HSETs, 500 a pipeline, nothing else',
  'floor again': 'the same again',
  totals: 'totals, from topic to Redis',
  lists: 'lists of 20 artists, from topic to Redis',
}

function rowOf(what: string, runs: Measured[]): Record<string, string | number> {
  const best = (of: (run: Measured) => number) => Math.round(Math.max(...runs.map(of))).toLocaleString('en')
  return {
    what: says[what] ?? what,
    updates: (runs[0]?.rows ?? 0).toLocaleString('en'),
    'a CPU-second of the process': best(({ rows, cpuSeconds }) => rows / cpuSeconds),
    'a second': best(({ rows, wallSeconds }) => rows / wallSeconds),
  }
}

async function fill<V>(
  { kafka, codec, topicPrefix }: { kafka: Kafka; codec: Codec; topicPrefix: string },
  topic: Topic<V>,
  count: number,
  valueOf: (row: number) => V,
): Promise<void> {
  const name = topicPrefix + topic.name
  await ensureTopics(kafka, [{ topic: name, partitions: PARTITIONS, config: {} }], 1)
  await codec.register(topic)
  const producer = kafka.producer({ idempotent: true })
  await producer.connect()
  for (let from = 0; from < count; from += A_SEND) {
    const rows = Array.from({ length: Math.min(A_SEND, count - from) }, (_, at) => from + at)
    const messages = rows.map((row) => ({
      partition: row % PARTITIONS,
      value: codec.encode(topic, valueOf(row)),
    }))
    for (let partition = 0; partition < PARTITIONS; partition++)
      await producer.send({ topic: name, messages: messages.filter((each) => each.partition === partition) })
  }
  await producer.disconnect()
}
