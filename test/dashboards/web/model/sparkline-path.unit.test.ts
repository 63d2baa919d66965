import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sparklinePath } from '../../../../dashboards/web/model/sparkline-path.ts'

test('the newest value is at the right edge, the highest at the top, zero at the bottom', () => {
  assert.equal(sparklinePath([0, 10], 61), 'M118.0 30.0L120.0 2.0')
})

test('zeros lie on the bottom, and nothing draws nothing', () => {
  assert.equal(sparklinePath([0], 61), 'M120.0 30.0')
  assert.equal(sparklinePath([], 61), '')
})
