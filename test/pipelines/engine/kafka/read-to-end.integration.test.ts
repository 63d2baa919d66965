import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ensureTopics } from '../../../../pipelines/engine/index.ts'
import { partitionEnds } from '../../../../pipelines/engine/kafka/offsets.ts'
import { readToEnd } from '../../../../pipelines/engine/kafka/read-to-end.ts'
import { fencedProducer } from '../../../../pipelines/engine/kafka/transaction.ts'
import { KafkaRoom } from '../../kafka-room.ts'

const PARTITIONS = 3

let room: KafkaRoom
let topic: string
before(async () => {
  room = await KafkaRoom.make({ partitions: 1 })
  topic = `${room.address.topicPrefix}log`
  await ensureTopics(room.kafka, [{ topic, partitions: PARTITIONS, config: {} }], 1)
})
after(() => room.remove())

async function transact(partition: number, values: string[], end: 'commit' | 'abort') {
  const producer = await fencedProducer(room.kafka, `${topic}-${partition}`)
  const transaction = await producer.transaction()
  await transaction.send({ topic, acks: -1, messages: values.map((value) => ({ value, partition })) })
  await transaction[end]()
  await producer.disconnect()
}

async function readAll(partitions: number[]): Promise<string[]> {
  const seen: string[] = []
  await readToEnd(
    room.kafka,
    partitions.map((partition) => ({ topic, partition })),
    ({ partition, value }) => seen.push(`${partition}:${value?.toString()}`),
  )
  return seen.sort()
}

test('partitions that hold nothing, or none at all, end at once', async () => {
  assert.deepEqual(await readAll([0, 1, 2]), [])
  assert.deepEqual(await readAll([]), [])
})

test('it ends although partitions end in a control record, or hold aborted rows alone', async () => {
  await transact(0, ['a', 'b'], 'commit')
  await transact(0, ['never'], 'abort')
  await transact(1, ['never'], 'abort')
  assert.deepEqual(await readAll([0, 1, 2]), ['0:a', '0:b'])
})

test('only the partitions that were asked for are read', async () => {
  await transact(2, ['c'], 'commit')
  assert.deepEqual(await readAll([2]), ['2:c'])
})

test('what a transaction has written that is not over is there, and is waited for', async () => {
  const producer = await fencedProducer(room.kafka, `${topic}-open`)
  const transaction = await producer.transaction()
  await transaction.send({ topic, acks: -1, messages: [{ value: 'd', partition: 2 }] })
  const ends = await partitionEnds(room.kafka, [topic])
  const reading = readAll([2])
  await transaction.commit()
  await producer.disconnect()
  assert.equal(ends.get(`${topic}:2`)?.high, 3n)
  assert.deepEqual(await reading, ['2:c', '2:d'])
})
