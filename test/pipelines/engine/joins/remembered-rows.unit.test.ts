import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { RememberedRows } from '../../../../pipelines/engine/joins/remembered-rows.ts'
import type { StoreChange } from '../../../../pipelines/engine/pages.ts'
import { avroState } from '../../../../pipelines/engine/store-codec.ts'
import { changesTaken } from '../../../kit/outgoing.ts'

const codec = avroState<number>('long')
const times = { waitMs: 3, retentionMs: 5 }

interface Modelled {
  key: string
  time: number
  value: number
  waiting: boolean
}

const key = fc.constantFrom('a', 'b', '1:2', '')
const time = fc.integer({ min: -6, max: 6 })
const action = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('remember' as const), key, time, waiting: fc.boolean() }),
  },
  fc.record({ do: fc.constant('pair' as const), key, time }),
  fc.record({ do: fc.constant('comeOut' as const) }),
  fc.record({ do: fc.constant('forgetUntil' as const), time }),
  fc.record({ do: fc.constant('restore' as const) }),
)

/** By time, key, arrival. */
const firstOf = (rows: Modelled[]) =>
  rows.toSorted((a, b) => a.time - b.time || (a.key < b.key ? -1 : Number(a.key > b.key)))[0]

/** The rows as their changelog makes them: the other way round, which a join must not mind. */
function restoredFrom(changelog: readonly StoreChange[]) {
  const last = new Map(changelog.map(({ key, value }) => [key, value]))
  const restored = new RememberedRows(codec, times)
  for (const [key, value] of [...last].reverse()) restored.restore({ key, value })
  restored.restored()
  return restored
}

test('rows are found by key and time, come out and are forgotten as from a plain list, through restores', () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 40, size: 'max' }), (actions) => {
      let rows = new RememberedRows(codec, times)
      const changelog: StoreChange[] = []
      let model: Modelled[] = []
      for (const [value, each] of actions.entries()) {
        if (each.do === 'remember') {
          const row = { key: each.key, time: each.time, value, waiting: each.waiting }
          rows.remember(row, each.waiting)
          model.push(row)
        } else if (each.do === 'pair') {
          for (const row of rows.find(each.key, each.time, each.time + 1)) rows.pair(row)
          for (const row of model)
            if (row.key === each.key && [each.time, each.time + 1].includes(row.time)) row.waiting = false
        } else if (each.do === 'comeOut') {
          const [found, wanted] = [rows.firstWaiting, firstOf(model.filter(({ waiting }) => waiting))]
          assert.equal(found?.value, wanted?.value)
          if (found !== undefined) rows.forget(found)
          model = model.filter((row) => row !== wanted)
        } else if (each.do === 'forgetUntil') {
          // Whoever waits has come out before it is forgotten.
          for (const row of model) {
            if (row.time > each.time || !row.waiting) continue
            for (const found of rows.find(row.key, row.time, row.time)) rows.pair(found)
            for (const other of model)
              if (other.key === row.key && other.time === row.time) other.waiting = false
          }
          rows.forgetUntil(each.time)
          model = model.filter((row) => row.time > each.time)
        } else {
          changelog.push(...changesTaken(rows))
          rows = restoredFrom(changelog)
          assert.deepEqual(changesTaken(rows), [])
        }
        for (const key of ['a', 'b', '1:2', '']) {
          const wanted = model.filter((row) => row.key === key).toSorted((a, b) => a.time - b.time)
          const found = rows.find(key, -10, 10)
          assert.deepEqual(
            found.map(({ value, waiting }) => [value, waiting]),
            wanted.map(({ value, waiting }) => [value, waiting]),
          )
        }
        assert.equal(rows.size, model.length)
      }
    }),
    { numRuns: 1_000 },
  )
})

test('a changelog that is not of a join is refused loudly', () => {
  for (const id of ['0:a', 'x0:0:a', '0::a', ''])
    assert.throws(
      () => restoredFrom([{ key: `0/${id}`, value: Buffer.of(0, 2) }]),
      /written by another version/,
    )
})

test('rows of one key and time are told apart and stay as they came, however many there are, through a restore', () => {
  const rows = new RememberedRows(codec, times)
  const values = Array.from({ length: 12 }, (_, value) => value)
  for (const value of values) rows.remember({ key: 'a', time: -12, value }, true)
  const restored = restoredFrom(changesTaken(rows))
  assert.deepEqual(
    restored.find('a', -12, -12).map(({ value }) => value),
    values,
  )
  const first = restored.firstWaiting!
  assert.deepEqual([first.value, first.nth], [0, 0])
})

test('a first partner is written, a second one is not: the row has one already', () => {
  const rows = new RememberedRows(codec, times)
  rows.remember({ key: 'a', time: 1, value: 0 }, true)
  assert.deepEqual(changesTaken(rows), [{ key: '0/1:0:a', value: Buffer.of(1, 0) }])
  for (const row of rows.find('a', 1, 1)) rows.pair(row)
  assert.deepEqual(changesTaken(rows), [{ key: '0/1:0:a', value: Buffer.of(0, 0) }])
  for (const row of rows.find('a', 1, 1)) rows.pair(row)
  assert.deepEqual(changesTaken(rows), [])
})

test('rows that are gone through while some are forgotten are at the end those that there are', () => {
  const rows = new RememberedRows(codec, times)
  for (const time of [1, 2, 3]) rows.remember({ key: 'a', time, value: time }, false)
  const told = [...changesTaken(rows)]
  const pass = rows.contents()
  told.push(...(pass.next().value ?? []))
  rows.forgetUntil(2)
  told.push(...changesTaken(rows))
  for (const changes of pass) told.push(...changes)
  assert.deepEqual([...restoredFrom(told).entries()], [['3:0:a', { value: 3, waiting: false }]])
})
