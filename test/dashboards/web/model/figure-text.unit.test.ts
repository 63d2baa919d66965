import assert from 'node:assert/strict'
import { test } from 'node:test'
import { latencyText, rateText } from '../../../../dashboards/web/model/figure-text.ts'

const summary = { samples: 1288, overMs: 5_700, p50: 40, p99: 90 }

test('a figure says over how many seconds it is', () => {
  assert.equal(rateText(10_000), 'over the last 10 s')
  assert.equal(rateText(5_700), 'over the last 6 s')
  assert.equal(rateText(0), 'over the last 1 s')
})

test('the latency says on how many plays it rests, and how exact the clocks let it be', () => {
  const clock = { offset: 3, uncertainty: 16.5 }
  assert.equal(latencyText(summary, clock, false), '1,288 plays sampled in the last 6 s, exact to ± 17 ms')
  assert.equal(
    latencyText(summary, undefined, false),
    '1,288 plays sampled in the last 6 s; clocks not compared yet',
  )
})

test('a clock that is off is said to be behind or ahead, and corrected', () => {
  assert.match(
    latencyText(summary, { offset: 3_000, uncertainty: 2 }, true),
    /; this device’s clock is 3,000 ms behind the server’s: corrected, exact to ± 2 ms$/,
  )
  assert.match(
    latencyText(summary, { offset: -3_000, uncertainty: 2 }, true),
    /; this device’s clock is 3,000 ms ahead of the server’s: corrected/,
  )
})
