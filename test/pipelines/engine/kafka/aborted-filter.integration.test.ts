import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { test } from 'node:test'
import type { Kafka, Producer, Transaction } from 'kafkajs'
import pino from 'pino'
import { connectKafka, ensureTopics } from '../../../../pipelines/engine/index.ts'
import { fencedProducer } from '../../../../pipelines/engine/kafka/transaction.ts'
import { services } from '../../../kit/services.ts'
import { readCommitted } from '../../fixtures/read-committed.ts'

/*
 *   producer 0      a        a              -
 *   producer 1         a        a        -
 *   producer 2            a        a  -
 *   producer 3   c                             +
 */
test('three interleaved aborted transactions leave no row to a consumer of ours', async (t) => {
  const { kafkaBrokers } = await services()
  const kafka = connectKafka({
    clientId: 'test',
    brokers: kafkaBrokers.split(','),
    tls: false,
    log: pino({ level: 'silent' }),
  })
  const topic = `test-aborted-${randomUUID()}`
  await ensureTopics(kafka, [{ topic, partitions: 1, config: {} }], 1)
  await writeInterleaved(kafka, topic)

  assert.deepEqual(await readCommitted(kafka, topic), ['committed', 'end'])

  await t.test('which kafkajs alone does: it shows rows of them', async () => {
    const alone = new URL('../../fixtures/read-committed.ts', import.meta.url).pathname
    const { stdout } = await promisify(execFile)(process.execPath, [alone, kafkaBrokers, topic])
    const rows = JSON.parse(stdout) as string[]
    assert.ok(rows.includes('committed') && rows.includes('end'))
    assert.ok(
      rows.some((row) => row.startsWith('aborted')),
      'kafkajs filters rightly now: the filter of ours has no use any more',
    )
  })
})

async function writeInterleaved(kafka: Kafka, topic: string): Promise<void> {
  const producers: Producer[] = []
  const begun: Transaction[] = []
  for (let index = 0; index < 4; index++) {
    const producer = await fencedProducer(kafka, `${topic}-${index}`)
    producers.push(producer)
    begun.push(await producer.transaction())
  }
  const send = (index: number, value: string) =>
    begun[index]!.send({ topic, acks: -1, messages: [{ value }] })
  await send(3, 'committed')
  for (const value of ['aborted first', 'aborted second'])
    for (const index of [0, 1, 2]) await send(index, `${value} of ${index}`)
  // The broker lists aborted transactions in the order of their ends: the last to begin comes first.
  for (const index of [2, 1, 0]) await begun[index]!.abort()
  await begun[3]!.commit()
  for (const producer of producers) await producer.disconnect()

  const plain = kafka.producer()
  await plain.connect()
  await plain.send({ topic, messages: [{ value: 'end' }] })
  await plain.disconnect()
}
