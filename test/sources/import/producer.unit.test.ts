import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Kafka, TopicMessages } from 'kafkajs'
import { topics } from '../../../schemas/topics.ts'
import { ImportError } from '../../../sources/import/errors.ts'
import { ImportProducer } from '../../../sources/import/producer.ts'
import { rawPlay } from '../../kit/builders.ts'
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

test('no record of an import has a time of its own, however old the play: the broker would delete it at once', async () => {
  const sent: TopicMessages[] = []
  const transaction = {
    sendBatch: ({ topicMessages }: { topicMessages: TopicMessages[] }) => {
      sent.push(...topicMessages)
      return Promise.resolve([{ topicName: 'plays', partition: 0, baseOffset: '0' }])
    },
    commit: () => Promise.resolve(),
  }
  const kafka = { producer: () => ({ transaction: () => Promise.resolve(transaction) }) } as unknown as Kafka
  const codec = await codecFor(topics.plays, topics.importedPlays)
  const options = { kafka, codec, topicPrefix: '', applicationId: 'a', importId: 'id', listener: 'l' }
  const plays = Array.from({ length: 501 }, () => rawPlay({ playedAt: Date.UTC(2009, 0) }))
  const position = await new ImportProducer(options).send(plays, 0)
  assert.deepEqual(position, { partition: 0, offset: 0n })
  const messages = sent.flatMap(({ messages }) => messages)
  assert.equal(messages.length, 501 + 2)
  for (const message of messages) assert.equal(message.timestamp, undefined)
})
