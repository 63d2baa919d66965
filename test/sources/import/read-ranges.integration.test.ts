import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { topics } from '../../../schemas/topics.ts'
import { ImportProducer } from '../../../sources/import/producer.ts'
import { readRanges } from '../../../sources/import/read-ranges.ts'
import { rawPlay } from '../../kit/builders.ts'
import { type KafkaRoom, kafkaRoom } from '../kafka-room.ts'

let room: KafkaRoom
before(async () => {
  room = await kafkaRoom()
})
after(() => room.remove())

test('what its reader throws ends the reading with that error, instead of being tried again for ever', async () => {
  const producer = new ImportProducer({ ...room, importId: 'id', listener: 'l' })
  await producer.connect()
  const { partition, offset } = await producer.send([rawPlay()], 0)
  await producer.disconnect()
  const range = { topic: room.topicPrefix + topics.plays.name, partition, from: 0n, to: offset + 1n }
  const unreadable = new Error('no record that I know')
  await assert.rejects(
    readRanges(room.kafka, [range], () => {
      throw unreadable
    }),
    unreadable,
  )
})
