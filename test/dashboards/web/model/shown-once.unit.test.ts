import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { shownOnce } from '../../../../dashboards/web/model/shown-once.ts'

function watched(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const told: string[] = []
  return { told, shown: shownOnce((id) => told.push(id)), pass: (ms: number) => t.mock.timers.tick(ms) }
}

test('a list is told of when it has been in view for a second, once', (t) => {
  const { told, shown, pass } = watched(t)
  shown.list('one')
  shown.inView(true)
  pass(999)
  assert.deepEqual(told, [])
  pass(1)
  assert.deepEqual(told, ['one'])
  shown.inView(false)
  shown.inView(true)
  shown.list('one')
  pass(5_000)
  assert.deepEqual(told, ['one'])
})

test('a second that is broken off does not count', (t) => {
  const { told, shown, pass } = watched(t)
  shown.list('one')
  shown.inView(true)
  pass(900)
  shown.inView(false)
  pass(5_000)
  shown.inView(true)
  pass(900)
  assert.deepEqual(told, [])
  pass(100)
  assert.deepEqual(told, ['one'])
})

test('to be told again that it is in view, or which list it is, does not begin the second anew', (t) => {
  const { told, shown, pass } = watched(t)
  shown.list('one')
  shown.inView(true)
  pass(600)
  shown.inView(true)
  shown.list('one')
  pass(400)
  assert.deepEqual(told, ['one'])
})

test('each list needs a second of its own', (t) => {
  const { told, shown, pass } = watched(t)
  shown.inView(true)
  shown.list('one')
  pass(900)
  shown.list('two')
  pass(900)
  assert.deepEqual(told, [])
  pass(100)
  assert.deepEqual(told, ['two'])
})

test('without a list there is nothing to see', (t) => {
  const { told, shown, pass } = watched(t)
  shown.inView(true)
  pass(5_000)
  assert.deepEqual(told, [])
})
