import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { changesOf, checkedBlock } from '../../../../../pipelines/engine/kafka/local-state/blocks.ts'
import type { LogEntry, LogWrite } from '../../../../../pipelines/engine/kafka/local-state/state-file.ts'
import { StoreLog } from '../../../../../pipelines/engine/kafka/local-state/store-log.ts'
import type { StoreChange } from '../../../../../pipelines/engine/pages.ts'
import { KeyValueStore } from '../../../../../pipelines/engine/store.ts'
import { changesTaken } from '../../../../kit/outgoing.ts'

const text = { encode: (value: string) => Buffer.from(value), decode: (bytes: Buffer) => bytes.toString() }
const identity = { cluster: 'c', topic: 'log', topicId: 't', partition: 0 }
const pace = { recordsASlice: 2, recordsToSpare: 0 }

/** A file that keeps what it is given, in memory. */
class Blocks {
  readonly blocks = new Map<number, Buffer>()
  entry: LogEntry | undefined

  write({ blocks, dropped, entry }: LogWrite): void {
    for (const [index, bytes] of blocks) this.blocks.set(index, bytes)
    for (let index = dropped[0]; index < dropped[1]; index++) this.blocks.delete(index)
    this.entry = entry ?? this.entry
  }

  /** What its entry says is there. */
  changes(): StoreChange[] {
    const { first = 0, next = 0, records = 0 } = this.entry ?? {}
    const found: StoreChange[] = []
    for (let index = first; index < next; index++)
      found.push(...changesOf(checkedBlock(identity, this.blocks.get(index)!)))
    assert.equal(found.length, records)
    return found
  }
}

const logOf = (state: KeyValueStore<string>, offset: number, entry?: LogEntry) =>
  new StoreLog({ store: 's', state, identity, offset: BigInt(offset) }, entry, pace)

type Action =
  | { do: 'put'; key: string; size: number }
  | { do: 'delete'; key: string }
  | { do: 'commit' | 'write' | 'kill' }

const key = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f')
const action: fc.Arbitrary<Action> = fc.oneof(
  // Up to four pages.
  { weight: 6, arbitrary: fc.record({ do: fc.constant('put' as const), key, size: fc.nat(1_800) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('delete' as const), key }) },
  { weight: 4, arbitrary: fc.constant({ do: 'commit' as const }) },
  { weight: 2, arbitrary: fc.constant({ do: 'write' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'kill' as const }) },
)

/** A store with its changelog and its snapshot; a kill loses what is only in memory. */
class Killable {
  readonly changelog: StoreChange[] = []
  readonly committed = new Map<string, string>()
  readonly file = new Blocks()
  now = new Map<string, string>()
  state = new KeyValueStore(text)
  log = logOf(this.state, 0)
  passes = 0

  put(id: string, size: number): void {
    const value = `${id}${size}`.padEnd(size, String(size % 10))
    this.state.put(id, value)
    this.now.set(id, value)
  }

  delete(id: string): void {
    this.state.delete(id)
    this.now.delete(id)
  }

  commit(): void {
    const changes = changesTaken(this.state)
    this.changelog.push(...changes)
    for (const change of changes) this.log.add(change)
    this.log.committed(BigInt(this.changelog.length))
    this.committed.clear()
    for (const [id, value] of this.now) this.committed.set(id, value)
  }

  write(): void {
    const write = this.log.take(0)
    if (write.dropped[1] > write.dropped[0]) this.passes += 1
    this.file.write(write)
  }

  /** @throws unless what a start finds is what had been committed */
  killAndStart(): void {
    this.state = new KeyValueStore(text)
    const { entry } = this.file
    const from = Number(entry?.offset ?? 0)
    this.log = logOf(this.state, from, entry)
    const rest = this.changelog.slice(from)
    for (const change of [...this.file.changes(), ...rest]) this.state.restore(change)
    this.log.restored(rest, BigInt(this.changelog.length))
    this.state.restored()
    this.now = new Map(this.committed)
    assert.deepEqual(new Map([...this.state.entries()].sort()), new Map([...this.now].sort()))
  }
}

test('snapshot and rest of the changelog are what had been committed, whenever it was killed and however much is written', () => {
  let passes = 0
  fc.assert(
    fc.property(fc.array(action, { minLength: 1, maxLength: 150, size: 'max' }), (actions) => {
      const store = new Killable()
      for (const each of actions) {
        if (each.do === 'put') store.put(each.key, each.size)
        else if (each.do === 'delete') store.delete(each.key)
        else if (each.do === 'commit') store.commit()
        else if (each.do === 'write') store.write()
        else store.killAndStart()
      }
      store.killAndStart()
      passes += store.passes
    }),
    { numRuns: 500 },
  )
  assert.ok(passes > 100, `it went through the store ${passes} times only`)
})

test('what was there before a store was gone through is dropped: a snapshot does not grow with what is written', () => {
  const store = new Killable()
  for (let round = 0; round < 500; round++) {
    store.put('ab'[round % 2]!, round % 100)
    store.commit()
    store.write()
  }
  assert.ok(store.file.blocks.size < 20, `${store.file.blocks.size} blocks`)
  store.killAndStart()
})

test('a store that nothing changes is gone through with the commits of others', () => {
  const store = new Killable()
  for (const id of ['a', 'b', 'c', 'd', 'e', 'f']) store.put(id, 10)
  store.changelog.push(...changesTaken(store.state))
  store.commit()
  store.log.committed(undefined)
  store.log.committed(undefined)
  assert.equal(store.log.take(0).entry, undefined)
  store.log.committed(undefined)
  assert.equal(store.log.take(0).entry?.records, 6)
})
