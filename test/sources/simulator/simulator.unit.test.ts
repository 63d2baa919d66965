import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Kafka } from 'kafkajs'
import pino from 'pino'
import { topics } from '../../../schemas/topics.ts'
import { startSimulator } from '../../../sources/simulator/index.ts'
import { codecFor } from '../../schemas/codec-for.ts'
import { until } from '../../kit/until.ts'

/** A simulator on a Kafka that answers a batch as told. */
async function simulating(send: () => Promise<unknown>) {
  const seen = { batches: 0, closed: 0 }
  const producer = {
    connect: () => Promise.resolve(),
    send: () => {
      seen.batches++
      return send()
    },
    disconnect: () => Promise.resolve(seen.closed++),
  }
  const simulator = await startSimulator({
    kafka: { producer: () => producer } as unknown as Kafka,
    codec: await codecFor(topics.plays),
    topicPrefix: '',
    log: pino({ level: 'silent' }),
    playsPerSecond: 1_000,
    listeners: 10,
    stopWithinMs: 10,
  })
  return { simulator, seen }
}

test('when Kafka refuses for good it says so, and closes its producer all the same', async () => {
  const refusal = new Error('not authorised')
  const { simulator, seen } = await simulating(() => Promise.reject(refusal))
  await assert.rejects(simulator.done, refusal)
  await assert.rejects(simulator.stop(), refusal)
  assert.equal(seen.closed, 1)
})

test('stopped while Kafka does not answer it ends in time, with what was acknowledged', async () => {
  const { simulator, seen } = await simulating(() => new Promise(() => undefined))
  await until(() => seen.batches === 1, { what: 'a batch on its way' })
  await simulator.stop()
  assert.equal((await simulator.done).plays, 0)
  assert.equal(seen.closed, 1)
})
