import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { Registry } from 'prom-client'
import { topologyMetrics } from '../../../../pipelines/engine/index.ts'
import { sinkMetrics } from '../../../../sinks/index.ts'

test('alerts go by metrics that there are', async () => {
  const registry = new Registry()
  topologyMetrics(registry)
  sinkMetrics(registry)
  const text = await readFile(join(import.meta.dirname, '../../../../docs/alerts.yml'), 'utf8')
  const used = new Set(text.match(/continuo_\w+/g))
  assert.ok(used.size >= 5)
  for (const name of used) assert.ok(registry.getSingleMetric(name), name)
  for (const label of text.matchAll(/by \((\w+)\) \(rate\((\w+)/g)) {
    const metric = registry.getSingleMetric(label[2]!) as unknown as { labelNames: string[] }
    assert.ok(metric.labelNames.includes(label[1]!), label[0])
  }
})
