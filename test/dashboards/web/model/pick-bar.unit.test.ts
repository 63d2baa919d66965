import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pickBar } from '../../../../dashboards/web/model/pick-bar.ts'

test('arrows move from the running minute on, and stay within the hour', () => {
  assert.equal(pickBar('ArrowLeft', undefined, 59), 58)
  assert.equal(pickBar('ArrowLeft', 0, 59), 0)
  assert.equal(pickBar('ArrowRight', undefined, 59), 59)
  assert.equal(pickBar('ArrowRight', 10, 59), 11)
})

test('Home and End go to the ends, Escape leaves, other keys are left alone', () => {
  assert.equal(pickBar('Home', 10, 59), 0)
  assert.equal(pickBar('End', 10, 59), 59)
  assert.equal(pickBar('Escape', 10, 59), undefined)
  assert.equal(pickBar('Tab', 10, 59), 'other')
})
