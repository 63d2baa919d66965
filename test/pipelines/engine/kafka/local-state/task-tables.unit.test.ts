import assert from 'node:assert/strict'
import { existsSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { GOOD_FOR_MS, type Identity } from '../../../../../pipelines/engine/kafka/local-state/identity.ts'
import { TaskSnapshot } from '../../../../../pipelines/engine/kafka/local-state/task-snapshot.ts'
import { TaskTables } from '../../../../../pipelines/engine/kafka/local-state/task-tables.ts'
import { OutgoingRecords } from '../../../../../pipelines/engine/outgoing-records.ts'
import type { KeyValueStore } from '../../../../../pipelines/engine/store.ts'
import {
  changelog,
  changesBy,
  data,
  folderOf,
  identity,
  longs,
  newTask,
  store,
  unchecked,
} from './counts-task.ts'

const long = (value: number) => longs.encode(value)

/** A start of the task that keeps nothing in memory. */
async function start(folder: string, of: Partial<Identity> = {}, ends = unchecked) {
  const { told, log, counts, task } = newTask()
  const stores = [{ store, changelog, identity: { ...identity, ...of }, ends }]
  const { tables, found } = await TaskTables.open(folder, task, stores, { log, keysInMemory: 0 })
  counts.restored()
  const state = found.get(changelog)
  let end = state?.offset ?? 0n
  /** Has the task commit what it is given. */
  const commit = async (values: Record<string, number>) => {
    const changes = changesBy(counts, values)
    end += BigInt(changes.count)
    await tables.committed([changes], () => end)
  }
  return { tables, told, counts, offset: state?.offset, records: state?.records, commit }
}

/** Leaves tables of two values, of offset 3. */
async function leave(folder: string): Promise<void> {
  const { tables, commit } = await start(folder)
  await commit({ a: 1, b: 2 })
  await commit({ a: 3 })
  await tables.close()
}

const valuesOf = ({ counts }: { counts: KeyValueStore<number> }) => [
  counts.get('a'),
  counts.get('b'),
  counts.size,
]
const empty = [undefined, undefined, 0]
const isSuspect = (folder: string) => existsSync(join(folder, 'reading'))

test('what was committed is there at the next start, with its offset and number, and is not read before it is asked for', async (t) => {
  const folder = folderOf(t)
  await leave(folder)
  const next = await start(folder)
  assert.deepEqual([...next.counts.entries()], [])
  assert.deepEqual([valuesOf(next), next.offset, next.records, next.told], [[3, 2, 2], 3n, 2, []])
  next.counts.delete('a')
  await next.commit({ c: 4 })
  assert.deepEqual([...next.counts.entries()], [], 'nothing is kept in memory')
  await next.tables.close()
  const last = await start(folder)
  assert.deepEqual([valuesOf(last), last.counts.get('c'), last.offset], [[undefined, 2, 2], 4, 5n])
  await last.tables.close()
})

test('what is restored goes into the table, and a start that was killed amid it is gone on with', async (t) => {
  const folder = folderOf(t)
  const first = await start(folder)
  await first.tables.restored(changelog, [{ key: '0/a', value: long(1) }], 10n)
  const changes = [
    { key: '0/a', value: long(2) },
    { key: '0/b', value: long(3) },
  ]
  await first.tables.restored(changelog, changes, 20n)
  await first.tables.restored(changelog, [{ key: '0/b', value: null }], 21n)
  // Nobody closes it: the next start finds what a kill leaves.
  const next = await start(folder)
  assert.deepEqual([valuesOf(next), next.offset, next.told], [[2, undefined, 1], 21n, []])
  await next.tables.close()
  await first.tables.close()
})

test('a process that dies while it looks at what it restores over leaves a file that is not opened again', async (t) => {
  const folder = folderOf(t)
  await leave(folder)
  const next = await start(folder)
  const restoring = next.tables.restored(changelog, [{ key: '0/a', value: long(5) }], 9n)
  assert.equal(isSuspect(folder), true)
  await restoring
  assert.equal(isSuspect(folder), false)
  next.counts.get('a')
  assert.equal(isSuspect(folder), true, 'it has not been committed')
  await next.tables.close()
})

const foreign: [reason: string, of: Partial<Identity>, ends?: { low: bigint; high: bigint }][] = [
  ['another_cluster', { cluster: 'other' }],
  ['another_changelog', { topic: 'y-other-changelog' }],
  ['changelog_made_anew', { topicId: 'second' }],
  ['ahead_of_changelog', {}, { low: 0n, high: 2n }],
  ['behind_changelog', {}, { low: 4n, high: 9n }],
]
for (const [reason, of, ends] of foreign)
  test(`tables are told apart and begun anew: ${reason}`, async (t) => {
    const folder = folderOf(t)
    await leave(folder)
    const next = await start(folder, of, ends)
    assert.deepEqual([valuesOf(next), next.told], [empty, [`local_state_${reason}`]])
    await next.commit({ a: 9 })
    await next.tables.close()
    const last = await start(folder, of)
    assert.deepEqual([valuesOf(last), last.told], [[9, undefined, 1], []])
    await last.tables.close()
  })

test('tables that are older than the changelog keeps deletions are too old', async (t) => {
  const folder = folderOf(t)
  await leave(folder)
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() + GOOD_FOR_MS + 1_000 })
  const next = await start(folder)
  assert.deepEqual([valuesOf(next), next.told], [empty, ['local_state_too_old']])
  await next.tables.close()
})

test('a snapshot of state in memory is no table, and a table is no snapshot', async (t) => {
  const folder = folderOf(t)
  await leave(folder)
  const { told, log, task } = newTask()
  const stores = [{ store, changelog, identity, ends: unchecked }]
  const { snapshot, found } = await TaskSnapshot.open(folder, task, stores, log)
  assert.deepEqual([found.size, told], [0, ['local_state_another_format']])
  const changes = new OutgoingRecords(changelog, 3)
  await snapshot.committed([changes], () => 1n)
  await snapshot.close()
  const next = await start(folder)
  assert.deepEqual([valuesOf(next), next.told], [empty, ['local_state_another_format']])
  await next.tables.close()
})

test('who tries state in memory, and goes back to the disk before that has left a snapshot, finds nothing of the old tables', async (t) => {
  const folder = folderOf(t)
  await leave(folder)
  const { log, task } = newTask()
  const stores = [{ store, changelog, identity, ends: unchecked }]
  const { snapshot } = await TaskSnapshot.open(folder, task, stores, log)
  await snapshot.close()
  const next = await start(folder)
  await next.tables.restored(changelog, [{ key: '0/a', value: long(3) }], 5n)
  assert.deepEqual([valuesOf(next), next.offset], [[3, undefined, 1], undefined])
  await next.tables.close()
})

const spoil: Record<string, [reason: string, spoilt: (folder: string) => void]> = {
  'no file of LMDB': [
    'unreadable',
    (folder) => {
      writeFileSync(data(folder), Buffer.alloc(50_000, 7))
    },
  ],
  'its last page missing': [
    'torn',
    (folder) => {
      truncateSync(data(folder), statSync(data(folder)).size - 4_096)
    },
  ],
  'a process that has ended over it': [
    'unreadable',
    (folder) => {
      writeFileSync(join(folder, 'reading'), '')
    },
  ],
}
for (const [what, [reason, spoilt]] of Object.entries(spoil))
  test(`tables that are spoilt are noticed, told and begun anew: ${what}`, async (t) => {
    const folder = folderOf(t)
    await leave(folder)
    spoilt(folder)
    const next = await start(folder)
    assert.deepEqual([valuesOf(next), next.told], [empty, [`local_state_${reason}`]])
    await next.tables.close()
  })

test('a value whose bytes are others ends the task, and the next start begins anew', async (t) => {
  const folder = folderOf(t)
  const first = await start(folder)
  await first.commit({ a: 1_234_567_890 })
  await first.tables.close()
  const bytes = readFileSync(data(folder))
  const value = long(1_234_567_890)
  for (let at = bytes.indexOf(value); at >= 0; at = bytes.indexOf(value, at + 1)) bytes[at]! ^= 2
  writeFileSync(data(folder), bytes)
  const next = await start(folder)
  assert.throws(() => next.counts.get('a'), /what STATE_DIR has of topology:3 counts is not what was written/)
  await next.tables.close()
  const last = await start(folder)
  assert.deepEqual([valuesOf(last), last.told], [empty, ['local_state_unreadable']])
  await last.tables.close()
})

test('an error that ends the process between the first reading and the first commit costs no table', async (t) => {
  const folder = folderOf(t)
  await leave(folder)
  const next = await start(folder)
  next.counts.get('a')
  next.tables.trust()
  assert.equal(isSuspect(folder), false)
  await next.tables.close()
})

test('an end of the process between the first reading and the first commit is taken for the fault of the file, a later one is not', async (t) => {
  const folder = folderOf(t)
  await leave(folder)
  const next = await start(folder)
  assert.equal(isSuspect(folder), false)
  next.counts.get('a')
  assert.equal(isSuspect(folder), true)
  await next.commit({ b: 5 })
  assert.equal(isSuspect(folder), false)
  next.counts.get('a')
  assert.equal(isSuspect(folder), false)
  await next.tables.close()
})

/*
 *   first    opens … commits a … sleeps                  wakes, commits b
 *   second                             opens … commits c
 */
test('a process that wakes when another goes on with its task changes nothing of its tables, and keeps what it has', async (t) => {
  const folder = folderOf(t)
  const first = await start(folder)
  await first.commit({ a: 1 })
  const second = await start(folder)
  await second.commit({ a: 3 })
  await second.tables.close()
  await first.commit({ b: 2 })
  assert.deepEqual([...first.counts.entries()], [['b', 2]])
  await first.tables.close()
  const last = await start(folder)
  assert.deepEqual(valuesOf(last), [3, undefined, 1])
  await last.tables.close()
})

/*
 *   first    opens … restores a …                        restores b … commits
 *   second                        opens, restores, commits
 */
test('a process that loses its task to another while it restores it goes on, changes nothing of its tables, and may commit nothing', async (t) => {
  const folder = folderOf(t)
  const first = await start(folder)
  await first.tables.restored(changelog, [{ key: '0/a', value: long(1) }], 5n)
  const second = await start(folder)
  await first.tables.restored(changelog, [{ key: '0/b', value: long(9) }], 6n)
  await first.tables.restored(changelog, [{ key: '0/a', value: null }], 7n)
  await assert.rejects(
    first.commit({ b: 2 }),
    /another process has taken over .* topology:3: start this one again/,
  )
  await first.tables.close()
  await second.tables.close()
  const last = await start(folder)
  assert.deepEqual([valuesOf(last), last.offset], [[1, undefined, 1], 5n])
  await last.tables.close()
})
