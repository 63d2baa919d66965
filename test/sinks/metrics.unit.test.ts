import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Registry } from 'prom-client'
import { observeLatency, sinkMetrics } from '../../sinks/metrics.ts'

test('latency is told in seconds from the arrival in Kafka, and is never negative', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: 1_000_000 })
  const registry = new Registry()
  const labels = { sink: 'redis', topic: 'artist-totals-live' }
  observeLatency(sinkMetrics(registry), labels, [999_970, 999_800, 1_000_500])
  const page = await registry.metrics()
  const told = (part: string) =>
    Number(new RegExp(`continuo_sink_latency_seconds_${part}.*} (.*)`).exec(page)?.[1])
  assert.equal(told('count'), 3)
  assert.equal(told('sum'), 0.23)
  assert.deepEqual([told('bucket.le="0.025"'), told('bucket.le="0.05"'), told('bucket.le="0.25"')], [1, 2, 3])
})
