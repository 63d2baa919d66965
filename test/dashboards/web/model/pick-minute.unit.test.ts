import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pickMinute } from '../../../../dashboards/web/model/pick-minute.ts'

test('arrows move from the running minute on, and stay within the hour', () => {
  assert.equal(pickMinute('ArrowLeft', undefined, 59), 58)
  assert.equal(pickMinute('ArrowLeft', 0, 59), 0)
  assert.equal(pickMinute('ArrowRight', undefined, 59), 59)
  assert.equal(pickMinute('ArrowRight', 10, 59), 11)
})

test('Home and End go to the ends, Escape leaves, other keys are left alone', () => {
  assert.equal(pickMinute('Home', 10, 59), 0)
  assert.equal(pickMinute('End', 10, 59), 59)
  assert.equal(pickMinute('Escape', 10, 59), undefined)
  assert.equal(pickMinute('Tab', 10, 59), 'other')
})
