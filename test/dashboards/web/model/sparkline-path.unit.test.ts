import assert from 'node:assert/strict'
import { test } from 'node:test'
import { areaUnder, sparklinePath } from '../../../../dashboards/web/model/sparkline-path.ts'

test('it grows from the left edge; the highest is at the top, zero at the bottom', () => {
  assert.equal(sparklinePath([0, 10], 61), 'M0.0 30.0L2.0 2.0')
})

test('once it is full, the newest value is at the right edge', () => {
  assert.equal(sparklinePath([0, 10, 5], 3), 'M0.0 30.0L60.0 2.0L120.0 16.0')
})

test('zeros lie on the bottom, and nothing draws nothing', () => {
  assert.equal(sparklinePath([0], 61), 'M0.0 30.0')
  assert.equal(sparklinePath([], 61), '')
  assert.equal(areaUnder(''), '')
})

test('the area under the line reaches down to the base line', () => {
  assert.equal(areaUnder('M0.0 30.0L2.0 2.0'), 'M0.0 30.0L2.0 2.0V32H0Z')
})
