import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { StoreChange } from '../../../pipelines/engine/pages.ts'
import { StoreTable } from '../../../pipelines/engine/kafka/local-state/store-table.ts'
import { KeyValueStore } from '../../../pipelines/engine/store.ts'
import { avroState } from '../../../pipelines/engine/store-codec.ts'
import { changesTaken } from '../../kit/outgoing.ts'
import { TablesOnDisk } from '../../kit/tables-on-disk.ts'

const longs = avroState<number>('long')

type Action = { do: 'put'; key: string; value: number } | { do: 'delete'; key: string } | { do: 'commit' }

const key = fc.constantFrom('a', 'b', 'c')
const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ do: fc.constant('put' as const), key, value: fc.integer() }),
  fc.record({ do: fc.constant('delete' as const), key }),
  fc.constant({ do: 'commit' as const }),
)

test('a store restored from its changes holds what the store held at its last commit', () => {
  fc.assert(
    fc.property(fc.array(action), (actions) => {
      const store = new KeyValueStore(longs)
      const model = new Map<string, number>()
      const changelog: StoreChange[] = []
      for (const each of [...actions, { do: 'commit' } as const]) {
        if (each.do === 'commit') {
          changelog.push(...changesTaken(store))
        } else if (each.do === 'put') {
          store.put(each.key, each.value)
          model.set(each.key, each.value)
        } else {
          store.delete(each.key)
          model.delete(each.key)
        }
      }
      const restored = new KeyValueStore(longs)
      for (const change of changelog) restored.restore(change)
      restored.restored()
      const contents = (of: Iterable<[string, number]>) => [...of].sort()
      assert.deepEqual(contents(restored.entries()), contents(model))
      assert.deepEqual(contents(store.entries()), contents(model))
      assert.deepEqual([restored.size, changesTaken(restored)], [model.size, []])
    }),
  )
})

test('of a commit the changelog gets the last value of each key, and nothing twice', () => {
  const store = new KeyValueStore(longs)
  store.put('a', 1)
  store.put('b', 1)
  store.put('a', 2)
  store.delete('b')
  store.delete('never there')
  assert.deepEqual(changesTaken(store), [
    { key: '0/a', value: longs.encode(2) },
    { key: '0/b', value: null },
  ])
  assert.deepEqual(changesTaken(store), [])
  assert.equal(store.get('a'), 2)
})

test('state of another shape is refused, with its name and what to do', () => {
  const field = (name: string) => ({ name, type: 'long' as const })
  const before = avroState<object>({ type: 'record', name: 'Tally', fields: [field('plays')] })
  const after = avroState<object>({ type: 'record', name: 'Tally', fields: [field('plays'), field('ms')] })
  const refused = /state Tally .* another shape: .* reads both, or the topology another name/
  assert.throws(() => after.decode(before.encode({ plays: 1 })), refused)
  assert.throws(() => before.decode(after.encode({ plays: 1, ms: 2 })), refused)
  assert.throws(() => longs.decode(Buffer.alloc(0)), /state long /)
})

test('state of a schema that has changed is read as the schema is now, whichever version wrote it', () => {
  const long = (name: string, rest = {}) => ({ name, type: 'long' as const, ...rest })
  const record = (...fields: ReturnType<typeof long>[]) => ({
    type: 'record' as const,
    name: 'Tally',
    fields,
  })
  const [v1, v2, v3] = [
    record(long('plays')),
    record(long('ms', { default: 0 }), long('plays')),
    record(long('played', { aliases: ['ms'], default: 0 }), long('plays')),
  ] as const
  const first = avroState<object>(v1)
  const second = avroState<object>(v2, [v1])
  const third = avroState<object>(v3, [v1, v2])
  assert.deepEqual(third.decode(first.encode({ plays: 1 })), { played: 0, plays: 1 })
  assert.deepEqual(third.decode(second.encode({ ms: 5, plays: 1 })), { played: 5, plays: 1 })
  assert.deepEqual(third.decode(third.encode({ played: 5, plays: 1 })), { played: 5, plays: 1 })
  assert.deepEqual(second.decode(first.encode({ plays: 7 })), { ms: 0, plays: 7 })
  assert.throws(() => second.decode(third.encode({ played: 5, plays: 1 })), /state Tally .* another shape/)
})

test('state that does not fit its schema is refused by the name of the field, and its value is not told', () => {
  const answers = avroState<{ answer: string }>({
    type: 'record',
    name: 'Answers',
    fields: [{ name: 'answer', type: { type: 'enum', name: 'Answer', symbols: ['yes', 'no'] } }],
  })

  assert.throws(() => answers.encode({ answer: 'Ada Lovelace' }), {
    name: 'TypeError',
    message: 'state Answers: answer is not {"name":"Answer","type":"enum","symbols":["yes","no"]}',
  })
  assert.throws(() => longs.encode(0.5), {
    name: 'TypeError',
    message: 'state long: the value is not "long"',
  })
})

test('what is forgotten by time is forgotten wherever it lies, also if it came later than what is younger', async () => {
  const tables = new TablesOnDisk()
  const store = new KeyValueStore(longs, (at) => at)
  const table = new StoreTable(tables.file, { store: 'ids', index: store.index, name: 'ids', size: 0 })
  store.attachTable(table, 0)
  const commit = async () => {
    await tables.file.writeTables([{ store: 'ids', changes: table.changesFor(changesTaken(store)) }])
    store.flushed()
  }
  store.put('a', 10)
  store.put('b', 20)
  await commit()
  store.forgetBefore(15)
  assert.deepEqual([store.get('a'), store.get('b'), store.size], [undefined, 20, 1])
  store.put('older', 5)
  await commit()
  store.forgetBefore(16)
  assert.deepEqual([store.get('older'), store.size], [undefined, 1])
  await tables.close()
})
