import assert from 'node:assert/strict'
import { test } from 'node:test'
import { latencyWindow } from '../../../../dashboards/web/model/latency-window.ts'

const sample = (paintedAt: number, latency: number) => ({
  receivedAt: paintedAt - latency,
  paintedAt,
  latency,
})

test('p50 and p99 are those of the samples painted within the window', () => {
  const window = latencyWindow({ windowMs: 1000 })
  window.add(sample(0, 9999))
  for (let i = 1; i <= 100; i++) window.add(sample(1000 + i, i))
  assert.deepEqual(window.summary(1100), { samples: 100, overMs: 1000, p50: 50, p99: 99 })
})

test('a young window says how long it has been measuring, however old its oldest sample is', () => {
  const window = latencyWindow({ windowMs: 1000 })
  window.add(sample(100, 5))
  assert.equal(window.summary(700)!.overMs, 600)
  window.add(sample(1500, 5))
  assert.equal(window.summary(2000)!.overMs, 1000)
})

test('beyond its capacity the oldest samples go first', () => {
  const window = latencyWindow({ capacity: 3 })
  for (const latency of [1, 2, 3, 4, 5]) window.add(sample(latency, latency))
  assert.deepEqual(
    window.samples(5).map(({ latency }) => latency),
    [3, 4, 5],
  )
})

test('without a sample in the window there is no summary', () => {
  const window = latencyWindow({ windowMs: 1000 })
  assert.equal(window.summary(0), undefined)
  window.add(sample(0, 5))
  assert.equal(window.summary(1000), undefined)
})
