import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { topics } from '../../schemas/topics.ts'
import { sinkRoom } from './sink-room.ts'

let room: Awaited<ReturnType<typeof sinkRoom>>
before(async () => (room = await sinkRoom()))
after(() => room.close())

test('more dead letters than Kafka takes in one batch are written nevertheless', async () => {
  const { putAside } = room.surroundings(randomUUID()).options
  const records = Array.from({ length: 12 }, (_, i) => ({
    topic: room.nameOf(topics.playsClean),
    partition: 0,
    offset: BigInt(i),
    timestamp: 0,
    key: null,
    value: Buffer.alloc(900_000),
    headers: {},
  }))
  await putAside(records.map((record) => ({ record, reason: 'malformed_avro' })))
  const letters = await room.deadLetters()
  assert.deepEqual(
    letters.map(({ offset }) => offset),
    records.map(({ offset }) => Number(offset)),
  )
})
