import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { StateFile } from '../../../../../pipelines/engine/kafka/local-state/state-file.ts'
import { StoreTable } from '../../../../../pipelines/engine/kafka/local-state/store-table.ts'
import { KeyValueStore } from '../../../../../pipelines/engine/store.ts'
import { changesTaken } from '../../../../kit/outgoing.ts'

const folder = mkdtempSync(join(tmpdir(), 'continuo-table-'))
const file = StateFile.open(folder)
after(async () => {
  await file.close()
  rmSync(folder, { recursive: true, force: true })
})

/** `head:key`, or a name without a key; values begin with their time as 4 bytes. */
const index = {
  keyOf: (id: string) => (id.includes(':') ? id.slice(id.indexOf(':') + 1) : undefined),
  timeOf: (id: string, bytes: Buffer) => (id.includes(':') ? bytes.readInt32BE() : undefined),
}
const bytesAsTheyAre = { encode: (value: Buffer) => value, decode: (bytes: Buffer) => bytes }

let tables = 0
function emptyTable(): { store: string; table: StoreTable } {
  const store = `store-${++tables}`
  return { store, table: new StoreTable(file, { store, index, name: store, size: 0 }) }
}

const key = fc.oneof(
  fc.constantFrom(
    'a',
    'ab',
    'b',
    '',
    '\0',
    '\0\0',
    'a\0',
    '\u0001',
    '\u0001a',
    '\u0002',
    '\uffff',
    '\u{1f3b5}',
  ),
  fc.constantFrom('k'.repeat(1_000), 'k'.repeat(1_001), 'k'.repeat(3_000), '\u{1f3b5}'.repeat(500)),
  // What LMDB writes as it is in texts of 64 and more, and takes for the end of one.
  fc
    .constantFrom('', '\0', '\0a', '\u0001', '\u0002', '\u0004', '\ud800', '\ud801')
    .map((end) => 'l'.repeat(70) + end),
  fc.constantFrom('\0'.repeat(70), '\u0002'.repeat(999), '\ud800', '\ud801'),
  fc.string({ unit: 'grapheme', maxLength: 4 }),
)
const id = fc.oneof(
  { weight: 9, arbitrary: fc.tuple(fc.constantFrom('0', '-7', '10', '2 '), key).map((of) => of.join(':')) },
  { weight: 1, arbitrary: fc.constantFrom('all', 'all of them') },
)
const time = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(-(2 ** 31), 2 ** 31 - 1))
const value = fc
  .tuple(time, fc.constantFrom(0, 5, 508, 509, 1_020, 1_500), fc.nat(255))
  .map(([at, length, fill]) => {
    const bytes = Buffer.alloc(4 + length, fill)
    bytes.writeInt32BE(at)
    return bytes
  })
const commits = fc.array(fc.array(fc.tuple(id, fc.option(value)), { maxLength: 8 }), { maxLength: 6 })

test('a table has by key, by time and in number what its changelog amounts to', async () => {
  const property = fc.asyncProperty(commits, time, time, async (all, one, other) => {
    const { store, table } = emptyTable()
    const state = new KeyValueStore<Buffer>(bytesAsTheyAre)
    for (const changes of all) {
      for (const [of, bytes] of changes) {
        if (bytes === null) state.delete(of)
        else state.put(of, bytes)
      }
      await file.writeTables([{ store, changes: table.changesFor(changesTaken(state)) }])
    }
    const entries = [...state.entries()]
    const keyed = entries.flatMap(([of, bytes]) => {
      const ofKey = index.keyOf(of)
      return ofKey === undefined ? [] : [{ id: of, key: ofKey, bytes, time: bytes.readInt32BE() }]
    })
    for (const each of new Set([...keyed.map((entry) => entry.key), undefined, 'nothing has it'])) {
      const found = new Map([...table.ofKey(each)].map(([of, bytes]) => [of, bytes.toString('hex')]))
      const wanted = entries.filter(([of]) => index.keyOf(of) === each)
      assert.deepEqual(found, new Map(wanted.sort().map(([of, bytes]) => [of, bytes.toString('hex')])))
    }
    const [after, until] = [Math.min(one, other), Math.max(one, other)]
    for (const from of [after === 0 ? -0 : after, -Infinity]) {
      const due = keyed.filter((entry) => entry.time > from && entry.time <= until)
      assert.deepEqual(new Set(table.keysDue(from, until)), new Set(due.map((entry) => entry.key)))
    }
    assert.equal(table.size, keyed.length)
    const last = keyed.length === 0 ? undefined : Math.max(...keyed.map((entry) => entry.time))
    assert.equal(table.lastTime, last)
  })
  await fc.assert(property, { numRuns: 300 })
})

test('keys that are due come in the order of their times', async () => {
  const { store, table } = emptyTable()
  const state = new KeyValueStore<Buffer>(bytesAsTheyAre)
  for (const at of [300, -5, 70_000, 2, -70_000]) {
    const bytes = Buffer.alloc(4)
    bytes.writeInt32BE(at)
    state.put(`0:${at}`, bytes)
  }
  await file.writeTables([{ store, changes: table.changesFor(changesTaken(state)) }])
  assert.deepEqual([...table.keysDue(-70_000, 300)], ['-5', '2', '300'])
})

test('a page whose bytes are others is noticed when it is read, and the next start does not open the file', async () => {
  const { store, table } = emptyTable()
  const state = new KeyValueStore<Buffer>(bytesAsTheyAre)
  state.put('0:a', Buffer.alloc(600, 1))
  const changes = table.changesFor(changesTaken(state))
  await file.writeTables([{ store, changes: changes.map(([at, bytes]) => [at, bytes && spoilt(bytes)]) }])
  assert.throws(
    () => [...table.ofKey('a')],
    /STATE_DIR has of store-\d+ is not what was written .* start again/,
  )
  assert.throws(() => StateFile.open(folder), /has ended before it was through/)
  file.hasBeenRead()
})

function spoilt(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes)
  if (copy.length > 100) copy[100]! ^= 1
  return copy
}
