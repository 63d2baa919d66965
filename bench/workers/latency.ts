import { setTimeout as delay } from 'node:timers/promises'
import { readingBatches } from '../../pipelines/engine/kafka/fetch-batches.ts'
import { fetchedIn } from '../../pipelines/engine/kafka/fetched.ts'
import { openPlace, placeFromEnv } from '../kafka.ts'
import { measure } from '../measured.ts'
import { playMaker } from '../plays.ts'
import { inputs, outputs } from '../topics.ts'

/** Sends plays at a steady rate, heard now, and reads what becomes of them. */
const TICK_MS = 10
/** A send may not be larger than the broker takes, however late the tick is. */
const MOST_A_SEND = 1_000
const place = placeFromEnv()
const rate = Number(process.env['BENCH_RATE'])
const plays = Number(process.env['BENCH_ROWS'])
const { kafka, codec } = await openPlace(place)
const latencies: number[] = []

async function read(): Promise<void> {
  const consumer = kafka.consumer({ groupId: `${place.topicPrefix}reader`, maxWaitTimeInMs: 100 })
  await consumer.connect()
  await consumer.subscribe({ topic: place.topicPrefix + outputs.windows.name, fromBeginning: true })
  const all = Promise.withResolvers<undefined>()
  await readingBatches(() =>
    consumer.run({
      autoCommit: false,
      eachBatch: ({ batch }) => {
        const now = Date.now()
        // The workload has it say when the play was sent.
        for (const { value } of fetchedIn(batch).records(0n))
          latencies.push(now - codec.decode(outputs.windows, value).msPlayed)
        if (latencies.length >= plays) all.resolve(undefined)
        return Promise.resolve()
      },
    }),
  )
  await all.promise
  await consumer.disconnect()
}

async function send(): Promise<void> {
  const producer = kafka.producer()
  await producer.connect()
  const makePlay = playMaker()
  const started = performance.now()
  for (let sent = 0; sent < plays;) {
    const due = Math.min(
      plays,
      sent + MOST_A_SEND,
      Math.floor(((performance.now() - started) * rate) / 1_000),
    )
    const now = Date.now()
    const messages = Array.from({ length: due - sent }, () => {
      const play = makePlay(now)
      return { key: play.listener, value: codec.encode(inputs.plays, play) }
    })
    sent = due
    if (messages.length > 0)
      await producer.send({ topic: place.topicPrefix + inputs.plays.name, messages, acks: -1 })
    await delay(TICK_MS)
  }
  await producer.disconnect()
}

function quantiles(): Record<string, number> {
  const sorted = latencies.slice(plays / 3).sort((a, b) => a - b)
  const at = (q: number) => sorted[Math.floor(q * (sorted.length - 1))]!
  return { 'p50 ms': at(0.5), 'p90 ms': at(0.9), 'p99 ms': at(0.99), 'most ms': at(1) }
}

await measure(async () => {
  await Promise.all([read(), send()])
  return { rows: plays, quantiles: quantiles() }
})
