import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import type { Kafka, ProducerRecord } from 'kafkajs'
import { driverDeadLetterKey as key } from '../../pipelines/engine/testing/drive.ts'
import { topics } from '../../schemas/topics.ts'
import { putAsideInKafka } from '../../sinks/put-aside.ts'
import { codecFor } from '../schemas/codec-for.ts'

const codec = await codecFor(topics.deadLetters)
const MOST_BYTES = Number(topics.deadLetters.config['max.message.bytes'])

test('a batch of letters is no larger than their topic takes, whatever letter comes behind which', async () => {
  const batches: number[] = []
  const producer = {
    connect: () => Promise.resolve(),
    disconnect: () => Promise.resolve(),
    send({ messages }: ProducerRecord) {
      batches.push(messages.reduce((sum, { value }) => sum + value!.length, 0))
      return Promise.resolve([])
    },
  }
  const kafka = { producer: () => producer } as unknown as Kafka
  const { as } = await putAsideInKafka({ kafka, codec, topicPrefix: '', key })
  const records = [1_990_000, 3_590_000, 900_000, 900_000, 3_590_000].map((bytes, at) => ({
    topic: 'plays',
    partition: 0,
    offset: BigInt(at),
    timestamp: 0,
    key: null,
    headers: {},
    value: randomBytes(bytes),
  }))
  await as('sink')(records.map((record) => ({ record, reason: 'malformed_avro' })))
  assert.equal(batches.length, 4)
  assert.ok(Math.max(...batches) < MOST_BYTES, batches.join())
})
