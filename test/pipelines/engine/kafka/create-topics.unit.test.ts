import assert from 'node:assert/strict'
import { test } from 'node:test'
import kafkajs, { type Admin, type Kafka, type KafkaJSAggregateError } from 'kafkajs'
import { withAdmin } from '../../../../pipelines/engine/kafka/admin.ts'
import { createTopics } from '../../../../pipelines/engine/kafka/ensure-topics.ts'

const spec = { topic: 'plays', partitions: 2, config: {} }

/** As kafkajs tells it. */
function refusal(...types: string[]): KafkaJSAggregateError {
  const errors = types.map((type) =>
    Object.assign(new kafkajs.KafkaJSProtocolError(type), { type, topic: 'plays' }),
  )
  return new kafkajs.KafkaJSAggregateError('Topic creation errors', errors)
}

/** A cluster that answers `answers` one by one when topics are to be made, and then makes them. */
function cluster(answers: KafkaJSAggregateError[]) {
  const made: string[] = []
  const admin = {
    connect: () => Promise.resolve(),
    disconnect: () => Promise.resolve(),
    createTopics({ topics }: Parameters<Admin['createTopics']>[0]) {
      const refused = answers.shift()
      if (refused !== undefined) return Promise.reject(refused)
      made.push(...topics.map(({ topic }) => topic))
      return Promise.resolve(true)
    },
  }
  const kafka = { admin: () => admin as unknown as Admin } as unknown as Kafka
  return { made, make: () => withAdmin(kafka, (admin) => createTopics(admin, [spec], 1)) }
}

test('topics are made when a broker is in service again that had missed its heartbeat', async () => {
  const { made, make } = cluster([
    refusal('INVALID_REPLICATION_FACTOR'),
    refusal('TOPIC_ALREADY_EXISTS', 'INVALID_REPLICATION_FACTOR'),
  ])
  await make()
  assert.deepEqual(made, ['plays'])
})

test('what no waiting mends is told at once, by name', async () => {
  const { make } = cluster([refusal('INVALID_REPLICATION_FACTOR', 'TOPIC_AUTHORIZATION_FAILED')])
  await assert.rejects(make(), /Kafka does not make plays, plays: .*\(TOPIC_AUTHORIZATION_FAILED\)/)
})
