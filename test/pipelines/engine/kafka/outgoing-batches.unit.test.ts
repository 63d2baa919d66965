import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Kafka, Partitioners, type TopicMessages, type Transaction } from 'kafkajs'
import { OutgoingBatches } from '../../../../pipelines/engine/kafka/outgoing-batches.ts'
import { partitionByKey } from '../../../../pipelines/engine/kafka/partition-by-key.ts'
import { type batchMessage, installReadyBatches } from '../../../../pipelines/engine/kafka/produce-batches.ts'
import { AT, readBatches } from '../../../../pipelines/engine/kafka/record-batch/record-batch.ts'
import { Sequences } from '../../../../pipelines/engine/kafka/sequences.ts'
import type { OutgoingRecord } from '../../../../pipelines/engine/outgoing-records.ts'
import { sentRecords } from '../../../kit/record-batches.ts'
import { outgoingOf } from '../../../kit/outgoing.ts'

const partitioner = Partitioners.DefaultPartitioner()

test('any key goes to the partition that kafkajs sends it to', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.integer({ min: 1, max: 300 }),
      (key, partitions) => {
        const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
          partitionId,
          leader: 0,
        }))
        assert.equal(
          partitionByKey(Buffer.from(key), partitions),
          partitioner({ topic: 't', partitionMetadata, message: { key, value: null } } as never),
        )
      },
    ),
    { numRuns: 5_000 },
  )
})

test('records are numbered without a gap, anew for each producer and epoch, and 0 comes behind the largest', () => {
  const sequences = new Sequences()
  const sender = { topic: 't', partition: 0, producerId: 1n, producerEpoch: 0 }
  assert.deepEqual(
    [sequences.take(sender, 3), sequences.take(sender, 1), sequences.take(sender, 1)],
    [0, 3, 4],
  )
  assert.equal(sequences.take({ ...sender, partition: 1 }, 5), 0)
  const next = { ...sender, producerEpoch: 1 }
  assert.deepEqual(
    [sequences.take(next, 2 ** 31 - 2), sequences.take(next, 4), sequences.take(next, 1)],
    [0, 2 ** 31 - 2, 2],
  )
  assert.equal(sequences.take({ ...next, producerId: 2n }, 1), 0)
})

/** A cluster whose topics have four partitions, and a transaction that keeps what it is sent, by topic and partition. */
function cluster() {
  const sends: Record<string, string[]>[] = []
  let asked = 0
  const admin = {
    connect: () => Promise.resolve(),
    disconnect: () => Promise.resolve(),
    fetchTopicMetadata({ topics }: { topics: string[] }) {
      asked += 1
      return Promise.resolve({ topics: topics.map((name) => ({ name, partitions: [{}, {}, {}, {}] })) })
    },
  }
  const transaction = {
    sendBatch({ topicMessages }: { topicMessages: TopicMessages[] }) {
      const sent: Record<string, string[]> = {}
      for (const { topic, messages } of topicMessages)
        for (const message of messages)
          sent[`${topic}:${message.partition}`] = sentRecords(topic, message).map(({ key }) => String(key))
      sends.push(sent)
      return Promise.resolve([])
    },
  }
  return {
    sends,
    asked: () => asked,
    batches: new OutgoingBatches({ admin: () => admin } as unknown as Kafka),
    transaction: transaction as unknown as Transaction,
  }
}

const outgoing = (topic: string, key: string, partition?: number, bytes = 0): OutgoingRecord => ({
  topic,
  partition,
  key,
  value: Buffer.alloc(bytes),
})
const name = (topic: string) => `p-${topic}`

test('records of a transaction go out together, each partition in its order, and partitions are asked for once', async () => {
  const { batches, transaction, sends, asked } = cluster()
  const ofA = partitionByKey(Buffer.from('a'), 4)
  await batches.send(
    transaction,
    outgoingOf([outgoing('x', 'a'), outgoing('y', 'b', 2), outgoing('x', 'a'), outgoing('y', 'c', 2)]),
    name,
  )
  await batches.send(transaction, outgoingOf([outgoing('x', 'a')]), name)
  await batches.send(transaction, [], name)
  assert.deepEqual(sends, [{ [`p-x:${ofA}`]: ['a', 'a'], 'p-y:2': ['b', 'c'] }, { [`p-x:${ofA}`]: ['a'] }])
  assert.equal(asked(), 1)
})

test('a batch is no larger than brokers take, unless one record is', async () => {
  const { batches, transaction, sends } = cluster()
  const large = (key: string, bytes: number) => outgoing('x', key, 1, bytes)
  await batches.send(
    transaction,
    outgoingOf([large('a', 300_000), large('b', 300_000), large('c', 900_000), large('d', 1)]),
    name,
  )
  assert.deepEqual(sends, [{ 'p-x:1': ['a'] }, { 'p-x:1': ['b'] }, { 'p-x:1': ['c'] }, { 'p-x:1': ['d'] }])
})

interface ProduceExchange {
  request: { apiVersion: number; encode(): Promise<{ buffer: Buffer }> }
}

test('the request that carries batches is that of kafkajs, with the records numbered, and is made once', async () => {
  installReadyBatches()
  const { requests } = createRequire(import.meta.url)('kafkajs/src/protocol/requests') as {
    requests: { Produce: { protocol: (chosen: object) => (request: object) => ProduceExchange } }
  }
  const messages: unknown[] = []
  const { batches } = cluster()
  const transaction = {
    async sendBatch({
      topicMessages,
    }: {
      topicMessages: { topic: string; messages: ReturnType<typeof batchMessage>[] }[]
    }) {
      const request = {
        acks: -1,
        timeout: 30_000,
        transactionalId: 'id',
        producerId: '9',
        producerEpoch: 2,
        topicData: topicMessages.map(({ topic, messages: of }) => ({
          topic,
          partitions: of.map((message) => ({
            partition: message.partition,
            firstSequence: 77,
            messages: [message],
          })),
        })),
      }
      const exchange = requests.Produce.protocol({ version: 7 })(request)
      const { buffer } = await exchange.request.encode()
      messages.push(parsed(buffer))
      // kafkajs may try: then the transaction fails, for a broker has, and the process goes on.
      await assert.rejects(async () => exchange.request.encode(), {
        message: 'p-x:3: a batch is sent twice',
        retriable: true,
      })
      // The first answer says where it lies, the second does not know it any more.
      return [
        { topicName: 'p-x', partition: 3, errorCode: 0, baseOffset: messages.length === 1 ? '40' : '-1' },
      ]
    },
  } as unknown as Transaction
  const ends = await batches.send(
    transaction,
    outgoingOf([outgoing('x', 'a', 3), outgoing('x', 'b', 3)]),
    name,
  )
  assert.deepEqual([...ends], [['p-x:3', 42n]])
  assert.deepEqual([...(await batches.send(transaction, outgoingOf([outgoing('x', 'c', 3)]), name))], [])
  const of = { id: 'id', acks: -1, topic: 'p-x', partition: 3, producerId: 9n, epoch: 2 }
  assert.deepEqual(messages, [
    { ...of, sequence: 0, count: 2 },
    { ...of, sequence: 2, count: 1 },
  ])
})

/** A request for one partition: id string, acks int16, timeout int32, [topic string, [partition int32, bytes]]. */
function parsed(request: Buffer) {
  const [id, topic] = [request.subarray(2, 4).toString(), request.subarray(16, 19).toString()]
  const [batch] = readBatches({ topic, partition: 0 }, request.subarray(31), 0n)
  assert.ok(batch)
  assert.equal(request.readInt32BE(27), batch.bytes.length)
  return {
    id,
    acks: request.readInt16BE(4),
    topic,
    partition: request.readInt32BE(23),
    producerId: batch.producerId,
    epoch: batch.bytes.readInt16BE(AT.producerEpoch),
    sequence: batch.bytes.readInt32BE(AT.baseSequence),
    count: batch.count,
  }
}
