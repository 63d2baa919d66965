import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { RememberedRows, storedRow } from '../../../../pipelines/engine/joins/remembered-rows.ts'
import { MemoryStore, avroState } from '../../../../pipelines/engine/store.ts'

const codec = storedRow(avroState<number>('long'))

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

/** The store as its changelog makes it: the other way round, which a join must not mind. */
function restoredFrom(store: MemoryStore<ReturnType<typeof codec.decode>>) {
  const restored = new MemoryStore(codec)
  for (const [id, row] of [...store.entries()].reverse())
    restored.restore({ key: `0/${id}`, value: codec.encode(row) })
  restored.restored()
  return restored
}

test('rows are found by key and time, come out and are forgotten as from a plain list, through restores', () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 40, size: 'max' }), (actions) => {
      let store = new MemoryStore(codec)
      let rows = new RememberedRows(store)
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
          store = restoredFrom(store)
          rows = new RememberedRows(store)
        }
        for (const key of ['a', 'b', '1:2', '']) {
          const wanted = model.filter((row) => row.key === key).toSorted((a, b) => a.time - b.time)
          const found = rows.find(key, -10, 10)
          assert.deepEqual(
            found.map(({ value, waiting }) => [value, waiting]),
            wanted.map(({ value, waiting }) => [value, waiting]),
          )
        }
        assert.equal(store.size, model.length)
      }
    }),
    { numRuns: 1_000 },
  )
})

test('a changelog that is not of a join is refused loudly', () => {
  for (const id of ['0:a', 'x0:0:a', '0::a', '']) {
    const store = new MemoryStore(codec)
    store.put(id, { value: 1, waiting: false })
    assert.throws(() => new RememberedRows(store), /written by another version/)
  }
})

test('rows of one key and time are told apart and stay as they came, however many there are, through a restore', () => {
  const store = new MemoryStore(codec)
  const rows = new RememberedRows(store)
  const values = Array.from({ length: 12 }, (_, value) => value)
  for (const value of values) rows.remember({ key: 'a', time: -12, value }, true)
  const restored = new RememberedRows(restoredFrom(store))
  assert.deepEqual(
    restored.find('a', -12, -12).map(({ value }) => value),
    values,
  )
  const first = restored.firstWaiting!
  assert.deepEqual([first.value, first.nth], [0, 0])
})

test('a first partner is written, a second one is not: the row has one already', () => {
  const written: [string, boolean][] = []
  const store = new MemoryStore(codec)
  const put = store.put.bind(store)
  store.put = (id, row) => {
    written.push([id, row.waiting])
    put(id, row)
  }
  const rows = new RememberedRows(store)
  rows.remember({ key: 'a', time: 1, value: 0 }, true)
  for (const row of [...rows.find('a', 1, 1), ...rows.find('a', 1, 1)]) rows.pair(row)
  assert.deepEqual(written, [
    ['1:0:a', true],
    ['1:0:a', false],
  ])
})
