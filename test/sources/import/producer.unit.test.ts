import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Kafka } from 'kafkajs'
import { topics } from '../../../schemas/topics.ts'
import { ImportError } from '../../../sources/import/errors.ts'
import { ImportProducer, type TopicRecords } from '../../../sources/import/producer.ts'
import { rawPlay } from '../../kit/builders.ts'
import { codecFor } from '../../schemas/codec-for.ts'

const idle = {
  topicPrefix: '',
  applicationId: 'a',
  importId: 'id',
  listener: 'l',
  recordBatches: () => () => Promise.resolve([]),
}

test('an import that is shut out while it begins says what to do', async () => {
  const fenced = Object.assign(new Error('there is a newer producer'), { type: 'INVALID_PRODUCER_EPOCH' })
  const producer = {
    connect: () => Promise.resolve(),
    transaction: () => Promise.resolve({ abort: () => Promise.reject(fenced) }),
  }
  const kafka = { producer: () => producer } as unknown as Kafka
  const codec = await codecFor(topics.plays)
  const options = { ...idle, kafka, codec }
  await assert.rejects(new ImportProducer(options).connect(), (error) => {
    assert.ok(error instanceof ImportError)
    assert.match(error.message, /INVALID_PRODUCER_EPOCH.*Run the import again/)
    assert.equal(error.cause, fenced)
    return true
  })
})

test('no record of an import has a time of its own, however old the play: the broker would delete it at once', async () => {
  const sent: TopicRecords[] = []
  const recordBatches = () => (_: unknown, records: TopicRecords[]) => {
    sent.push(...records)
    return Promise.resolve([{ topic: 'plays', partition: 1, end: 501n }])
  }
  const transaction = { commit: () => Promise.resolve() }
  const kafka = { producer: () => ({ transaction: () => Promise.resolve(transaction) }) } as unknown as Kafka
  const codec = await codecFor(topics.plays, topics.importedPlays)
  const options = { ...idle, kafka, codec, recordBatches }
  const plays = Array.from({ length: 501 }, () => rawPlay({ playedAt: Date.UTC(2009, 0) }))
  const position = await new ImportProducer(options).send(plays, 0)
  assert.deepEqual(position, { partition: 1, offset: 500n })
  const records = sent.flatMap((each) => each.records)
  assert.equal(records.length, 501 + 2)
  for (const record of records) assert.deepEqual(Object.keys(record).slice(0, 2), ['key', 'value'])
  for (const record of records) assert.ok(!('timestamp' in record))
})
