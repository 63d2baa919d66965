import type { Batch } from 'kafkajs'
import { readingBatches } from '../../pipelines/engine/kafka/fetch-batches.ts'
import { fetchedIn } from '../../pipelines/engine/kafka/fetched.ts'
import { openPlace, placeFromEnv } from '../kafka.ts'
import { measure } from '../measured.ts'
import { inputs } from '../topics.ts'

/** The floor: plays are read and decoded, nothing else; as messages of kafkajs, or from record batches of ours. */
const place = placeFromEnv()
const plays = Number(process.env['BENCH_ROWS'])
const ours = process.env['BENCH_WORKLOAD'] === 'record batches'
const { kafka, codec } = await openPlace(place)
const consumer = kafka.consumer({
  groupId: `${place.topicPrefix}floor-${process.env['BENCH_RUN']}-${ours}`,
  maxWaitTimeInMs: 100,
})

await measure(async () => {
  await consumer.connect()
  await consumer.subscribe({ topic: place.topicPrefix + inputs.plays.name, fromBeginning: true })
  const all = Promise.withResolvers<undefined>()
  let read = 0
  const valuesOf = (batch: Batch) => (ours ? fetchedIn(batch).records(0n) : batch.messages)
  const run = () =>
    consumer.run({
      autoCommit: false,
      eachBatch: ({ batch }) => {
        for (const { value } of valuesOf(batch)) {
          codec.decode(inputs.plays, value)
          read += 1
        }
        if (read >= plays) all.resolve(undefined)
        return Promise.resolve()
      },
    })
  await (ours ? readingBatches(run) : run())
  await all.promise
  return { rows: plays }
})
