import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { Registry } from 'prom-client'
import { topologyMetrics } from '../../../../pipelines/engine/index.ts'
import { sinkMetrics } from '../../../../sinks/index.ts'

test('alerts go by metrics that there are', async () => {
  const registries = [new Registry(), new Registry()] as const
  topologyMetrics(registries[0])
  sinkMetrics(registries[1])
  const metricCalled = (name: string) =>
    registries.map((registry) => registry.getSingleMetric(name)).find((metric) => metric !== undefined)
  const text = await readFile(join(import.meta.dirname, '../../../../docs/alerts.yml'), 'utf8')
  const used = new Set(text.match(/continuo_\w+/g))
  assert.ok(used.size >= 2)
  for (const name of used) assert.ok(metricCalled(name), name)
  for (const label of text.matchAll(/by \((\w+)\) \(rate\((\w+)/g)) {
    const metric = metricCalled(label[2]!) as unknown as { labelNames: string[] }
    assert.ok(metric.labelNames.includes(label[1]!), label[0])
  }
})
