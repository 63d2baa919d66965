import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConsumerRunConfig, EachBatchPayload, Kafka } from 'kafkajs'
import { followPartitions } from '../../../../pipelines/engine/kafka/follow-partitions.ts'
import { fetchedBatch } from '../../../kit/record-batches.ts'

type Listener = (event: { payload: unknown }) => void

/** A consumer that does what the test says: joins, brings batches, crashes. */
function consumerByHand() {
  const listeners = new Map<string, Listener>()
  const tell = (event: string, payload: unknown = {}) => listeners.get(event)?.({ payload })
  const seeks: string[] = []
  const done = { disconnected: false }
  const ran = Promise.withResolvers<NonNullable<ConsumerRunConfig['eachBatch']>>()
  const consumer = {
    events: { END_BATCH_PROCESS: 'end', CRASH: 'crash', GROUP_JOIN: 'join' },
    on: (event: string, listener: Listener) => listeners.set(event, listener),
    connect: () => Promise.resolve(),
    subscribe: () => Promise.resolve(),
    disconnect: async () => void (done.disconnected = true),
    seek: ({ partition, offset }: { partition: number; offset: string }) =>
      seeks.push(`${partition}:${offset}`),
    run: async ({ eachBatch }: ConsumerRunConfig) => ran.resolve(eachBatch!),
  }
  return {
    kafka: { consumer: () => consumer } as unknown as Kafka,
    seeks,
    done,
    tell,
    async bring(partition: number, offsets: number[]): Promise<void> {
      const eachBatch = await ran.promise
      await eachBatch({ batch: fetchedBatch(partition, offsets) } as unknown as EachBatchPayload)
      tell('end', { topic: 'log', partition, lastOffset: String(offsets.at(-1)) })
    },
    running: ran.promise,
  }
}

function follow(consumer: ReturnType<typeof consumerByHand>, until: [string, bigint][]) {
  const seen: string[] = []
  const crashes: unknown[] = []
  const following = followPartitions({
    kafka: consumer.kafka,
    partitions: [0, 1].map((partition) => ({ topic: 'log', partition })),
    until: new Map(until),
    maxWaitMs: 1,
    onRecords: (records) => records.forEach(({ partition, offset }) => seen.push(`${partition}:${offset}`)),
    crash: (error) => crashes.push(error),
  })
  return { seen, crashes, following }
}

test('it answers when it has read what there was, and goes on with what comes', async () => {
  const consumer = consumerByHand()
  const { seen, following } = follow(consumer, [
    ['log:0', 2n],
    ['log:1', 1n],
  ])
  let answered = false
  void following.then(() => (answered = true))
  await consumer.bring(0, [0, 1])
  assert.equal(answered, false)
  await consumer.bring(1, [0])
  await following
  await consumer.bring(0, [2])
  assert.deepEqual(seen, ['0:0', '0:1', '1:0', '0:2'])
})

test('it answers at once where there is nothing to read', async () => {
  const consumer = consumerByHand()
  await (await follow(consumer, []).following).stop()
  assert.ok(consumer.done.disconnected)
})

test('a consumer that joins again is sent to where it stood', async () => {
  const consumer = consumerByHand()
  const { seen, following } = follow(consumer, [['log:0', 1n]])
  await consumer.running
  consumer.tell('join')
  assert.deepEqual(consumer.seeks, [])
  await consumer.bring(0, [0])
  await following
  consumer.tell('join')
  assert.deepEqual(consumer.seeks, ['0:1'])
  await consumer.bring(0, [0, 1])
  assert.deepEqual(seen, ['0:0', '0:1'])
})

test('what ends it is thrown while it is awaited, and told from then on; an interruption is neither', async () => {
  const early = consumerByHand()
  const awaited = follow(early, [['log:0', 1n]])
  await early.running
  early.tell('crash', { restart: true, error: new Error('away') })
  early.tell('crash', { restart: false, error: new Error('refused') })
  await assert.rejects(awaited.following, /refused/)
  assert.ok(early.done.disconnected)
  assert.deepEqual(awaited.crashes, [])

  const late = consumerByHand()
  const { crashes, following } = follow(late, [])
  await following
  late.tell('crash', { restart: true, error: 'away' })
  late.tell('crash', { restart: false, error: 'refused' })
  assert.deepEqual(crashes, ['refused'])
})
