import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { canBeParted, inSteps, partInSteps, publish } from '../../schemas/k-anonymity.ts'

const minute = (start: number, listeners: number, plays = listeners) => ({ start, plays, listeners })

test('a row is told from k listeners on, its listeners in steps of k, in the order of the rows', () => {
  const told = publish('minute', [minute(1, 9), minute(2, 29, 100), minute(3, 10)], 10)
  assert.deepEqual(told, [minute(2, 20, 100), minute(3, 10)])
})

test('of one’s own data everything is told', () => {
  const rows = [minute(1, 1), minute(2, 2)]
  assert.deepEqual(publish('minute', rows, 1), rows)
})

test('of a part of a row and of what it leaves are enough listeners, or none', () => {
  for (const [part, rest] of [
    [0, 12],
    [12, 0],
    [10, 10],
    [0, 0],
  ] as const)
    assert.ok(canBeParted(part, rest, 10))
  for (const [part, rest] of [
    [1, 12],
    [12, 9],
  ] as const)
    assert.ok(!canBeParted(part, rest, 10))
  assert.ok(canBeParted(1, 1, 1))
})

test('rows of a second dimension are refused', () => {
  const rows = [minute(1, 30), minute(1, 20)]
  assert.throws(() => publish('minute', rows, 10), /by minute: a start has several rows/)
  // @ts-expect-error a field that is no figure is another dimension
  publish('minute', [{ start: 1, country: 'DE', listeners: 30 }], 10)
  // @ts-expect-error one breakdown at a time
  assert.throws(() => publish(['minute', 'modelVersion'], rows, 10))
  // @ts-expect-error how many listeners are in it must be known
  publish('minute', [{ start: 1, plays: 30 }], 10)
})

test('every row of k listeners is told, and no other; no figure of listeners is finer than k', () => {
  const listeners = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 9 })
  fc.assert(
    fc.property(listeners, fc.integer({ min: 1, max: 12 }), (all, k) => {
      const told = publish(
        'minute',
        all.map((each, at) => minute(at, each)),
        k,
      )
      const enough = [...all.keys()].filter((at) => all[at]! >= k)
      assert.deepEqual(
        told.map(({ start }) => start),
        enough,
      )
      for (const row of told) assert.ok(row.listeners % k === 0 && row.listeners > row.plays - k)
    }),
  )
})

test('plays are told in steps of k, time in steps of k minutes, downwards; one’s own as they are', () => {
  const row = { start: 1, plays: 29, msPlayed: 1_199_999 }
  assert.deepEqual(inSteps(row, 10), { start: 1, plays: 20, msPlayed: 600_000 })
  assert.deepEqual(inSteps(row, 1), row)
})

test('a part of a row is told in steps of k, if it and what it leaves are enough listeners, or none', () => {
  const told = [0, 1, 9, 10, 19, 25, 26, 35].map((part) => partInSteps(part, 35, 10))
  assert.deepEqual(told, [0, null, null, 10, 10, 20, null, 30])
  assert.deepEqual(
    [0, 1, 2].map((part) => partInSteps(part, 2, 1)),
    [0, 1, 2],
  )
})
