import { topics } from '../../schemas/topics.ts'
import { openPlace, placeFromEnv } from '../kafka.ts'
import { measure } from '../measured.ts'

/** The floor: kafkajs reads, avsc decodes, nothing else. */
const place = placeFromEnv()
const plays = Number(process.env['BENCH_ROWS'])
const { kafka, codec } = await openPlace(place)
const consumer = kafka.consumer({ groupId: `${place.topicPrefix}floor`, maxWaitTimeInMs: 100 })

await measure(async () => {
  await consumer.connect()
  await consumer.subscribe({ topic: place.topicPrefix + topics.playsClean.name, fromBeginning: true })
  const all = Promise.withResolvers<number>()
  let read = 0
  await consumer.run({
    autoCommit: false,
    eachBatch: ({ batch }) => {
      for (const { value } of batch.messages) {
        codec.decode(topics.playsClean, value)
        read += 1
      }
      if (read >= plays) all.resolve(read)
      return Promise.resolve()
    },
  })
  return all.promise
})
