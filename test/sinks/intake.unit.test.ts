import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Registry } from 'prom-client'
import type { FetchedBatch } from '../../pipelines/engine/kafka/fetched.ts'
import { Intake } from '../../sinks/intake.ts'
import { sinkMetrics } from '../../sinks/metrics.ts'

function room() {
  const crashes: unknown[] = []
  const registry = new Registry()
  const intake = new Intake({
    sink: 'test',
    metrics: sinkMetrics(registry),
    crash: (error) => crashes.push(error),
  })
  const lags = async () =>
    (await registry.metrics()).split('\n').filter((line) => line.startsWith('continuo_sink_lag_records{'))
  return { intake, crashes, lags }
}

const batch = (partition: number): FetchedBatch => ({
  topic: 't',
  partition,
  records: [],
  nextOffset: 3n,
  highWatermark: 10n,
  readableEnd: 10n,
})
const heartbeat = async () => undefined

test('the lag of a partition is told while it is ours, and no longer', async () => {
  const { intake, lags } = room()
  for (const partition of [0, 1]) await intake.accept(batch(partition), heartbeat, async () => undefined)
  intake.forget([{ topic: 't', partition: 0 }])
  assert.deepEqual(await lags(), ['continuo_sink_lag_records{sink="test",topic="t",partition="1"} 7'])
})

test('a batch waits for the one before it', async () => {
  const { intake } = room()
  const seen: string[] = []
  const gate = Promise.withResolvers<undefined>()
  const first = intake.accept(batch(0), heartbeat, async () => {
    await gate.promise
    seen.push('first')
  })
  const second = intake.accept(batch(1), heartbeat, async () => void seen.push('second'))
  gate.resolve(undefined)
  await Promise.all([first, second])
  assert.deepEqual(seen, ['first', 'second'])
})

test('a batch that cannot be taken ends the process', async () => {
  const { intake, crashes } = room()
  const error = new Error('unexpected')
  await intake.accept(batch(0), heartbeat, () => Promise.reject(error))
  assert.deepEqual(crashes, [error])
})
