import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Kafka } from 'kafkajs'
import { topics } from '../../../schemas/topics.ts'
import { ImportError } from '../../../sources/import/errors.ts'
import { ImportProducer } from '../../../sources/import/producer.ts'
import { codecFor } from '../../schemas/codec-for.ts'

test('an import that is shut out while it begins says what to do', async () => {
  const fenced = Object.assign(new Error('there is a newer producer'), { type: 'INVALID_PRODUCER_EPOCH' })
  const producer = {
    connect: () => Promise.resolve(),
    transaction: () => Promise.resolve({ abort: () => Promise.reject(fenced) }),
  }
  const kafka = { producer: () => producer } as unknown as Kafka
  const codec = await codecFor(topics.plays)
  const options = { kafka, codec, topicPrefix: '', applicationId: 'a', importId: 'id', listener: 'l' }
  await assert.rejects(new ImportProducer(options).connect(), (error) => {
    assert.ok(error instanceof ImportError)
    assert.match(error.message, /INVALID_PRODUCER_EPOCH.*Run the import again/)
    assert.equal(error.cause, fenced)
    return true
  })
})
