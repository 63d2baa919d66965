import assert from 'node:assert/strict'
import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { changesOf } from '../../../../../pipelines/engine/kafka/local-state/blocks.ts'
import { GOOD_FOR_MS, type Identity } from '../../../../../pipelines/engine/kafka/local-state/identity.ts'
import { StateFile } from '../../../../../pipelines/engine/kafka/local-state/state-file.ts'
import { TaskSnapshot } from '../../../../../pipelines/engine/kafka/local-state/task-snapshot.ts'
import { changelog, changesBy, data, folderOf, identity, newTask, store, unchecked } from './counts-task.ts'

/** A start of the task: what it finds in its snapshot, and what it tells. */
async function start(folder: string, of: Partial<Identity> = {}, ends = unchecked) {
  const { told, log, counts: memory, task } = newTask()
  const stores = [{ store, changelog, identity: { ...identity, ...of }, ends }]
  const { snapshot, found } = await TaskSnapshot.open(folder, task, stores, log)
  const state0 = found.get(changelog)
  for (const block of state0?.blocks ?? []) for (const change of changesOf(block)) memory.restore(change)
  memory.restored()
  let end = state0?.offset ?? 0n
  /** Has the task commit what it is given. */
  const commit = async (values: Record<string, number>) => {
    const changes = changesBy(memory, values)
    end += BigInt(changes.count)
    await snapshot.committed([changes], () => end)
  }
  return { snapshot, told, values: Object.fromEntries(memory.entries()), offset: state0?.offset, commit, log }
}

/** Leaves a snapshot of two values, of offset 3. */
async function leave(folder: string, of: Partial<Identity> = {}): Promise<void> {
  const { snapshot, commit } = await start(folder, of)
  await commit({ a: 1, b: 2 })
  await commit({ a: 3 })
  await snapshot.close()
}

test('what was committed is there at the next start, with the offset that it reflects', async (t) => {
  const folder = folderOf(t)
  await leave(folder)
  const next = await start(folder)
  assert.deepEqual([next.values, next.offset, next.told], [{ a: 3, b: 2 }, 3n, []])
  await next.commit({ c: 4 })
  await next.snapshot.close()
  const last = await start(folder)
  assert.deepEqual([last.values, last.offset], [{ a: 3, b: 2, c: 4 }, 4n])
  await last.snapshot.close()
})

test('a task that has committed nothing yet leaves nothing', async (t) => {
  const folder = folderOf(t)
  await (await start(folder)).snapshot.close()
  const next = await start(folder)
  assert.deepEqual([next.offset, next.told], [undefined, []])
  await next.snapshot.close()
})

const foreign: [reason: string, of: Partial<Identity>, ends?: { low: bigint; high: bigint }][] = [
  ['another_cluster', { cluster: 'other' }],
  ['another_changelog', { topic: 'y-other-changelog' }],
  ['another_changelog', { partition: 4 }],
  ['changelog_made_anew', { topicId: 'second' }],
  ['ahead_of_changelog', {}, { low: 0n, high: 2n }],
  ['behind_changelog', {}, { low: 4n, high: 9n }],
]
for (const [reason, of, ends] of foreign)
  test(`a snapshot is told apart and begun anew: ${reason} by ${Object.keys(of)[0] ?? 'offset'}`, async (t) => {
    const folder = folderOf(t)
    await leave(folder)
    const next = await start(folder, of, ends)
    assert.deepEqual([next.values, next.told], [{}, [`local_state_${reason}`]])
    await next.commit({ z: 9 })
    await next.snapshot.close()
    const last = await start(folder, of)
    assert.deepEqual([last.values, last.told], [{ z: 9 }, []])
    await last.snapshot.close()
  })

test('one that is older than the changelog keeps deletions is too old: what was deleted since would be there again', async (t) => {
  const folder = folderOf(t)
  await leave(folder)
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() + GOOD_FOR_MS + 1_000 })
  const next = await start(folder)
  assert.deepEqual([next.values, next.told], [{}, ['local_state_too_old']])
  await next.snapshot.close()
})

const spoil: Record<string, [reason: string, (folder: string) => void]> = {
  'no file of LMDB': [
    'unreadable',
    (folder) => {
      writeFileSync(data(folder), Buffer.alloc(50_000, 7))
    },
  ],
  'its first page alone': [
    'torn',
    (folder) => {
      truncateSync(data(folder), 4_096)
    },
  ],
  'its last page missing': [
    'torn',
    (folder) => {
      truncateSync(data(folder), statSync(data(folder)).size - 4_096)
    },
  ],
  'a byte of a record changed': [
    'torn',
    (folder) => {
      const bytes = readFileSync(data(folder))
      // "0/a", each time it is there: LMDB leaves old pages as they are.
      for (let at = bytes.indexOf('0/a'); at >= 0; at = bytes.indexOf('0/a', at + 1)) bytes[at] = 0x31
      writeFileSync(data(folder), bytes)
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
  test(`a snapshot that is spoilt is noticed, told and begun anew: ${what}`, async (t) => {
    const folder = folderOf(t)
    await leave(folder)
    spoilt(folder)
    const next = await start(folder)
    assert.deepEqual([next.values, next.told], [{}, [`local_state_${reason}`]])
    await next.commit({ z: 9 })
    await next.snapshot.close()
    const last = await start(folder)
    assert.deepEqual([last.values, last.told], [{ z: 9 }, []])
    await last.snapshot.close()
  })

test('an entry whose blocks are not all there is torn', async (t) => {
  const folder = folderOf(t)
  await leave(folder)
  const file = StateFile.open(folder)
  const entry = file.entry(store)!
  await file.write([{ store, blocks: [], dropped: [0, 0], entry: { ...entry, next: entry.next + 1 } }])
  file.hasBeenRead()
  await file.close()
  const next = await start(folder)
  assert.deepEqual(next.told, ['local_state_torn'])
  await next.snapshot.close()
})

test('a format that this version does not know is left alone', async (t) => {
  const folder = folderOf(t)
  await leave(folder)
  const file = StateFile.open(folder)
  const entry = file.entry(store)!
  await file.write([{ store, blocks: [], dropped: [0, 0], entry: { ...entry, identity: { format: 99 } } }])
  file.hasBeenRead()
  await file.close()
  const next = await start(folder)
  assert.deepEqual(next.told, ['local_state_another_format'])
  await next.snapshot.close()
})

/*
 *   first    opens … commits a … sleeps                  wakes, commits b
 *   second                             opens … commits c
 */
test('a process that wakes when another goes on with its task changes nothing of its snapshot', async (t) => {
  const folder = folderOf(t)
  const first = await start(folder)
  await first.commit({ a: 1 })
  const second = await start(folder)
  await second.commit({ c: 3 })
  await second.snapshot.close()
  await first.commit({ b: 2 })
  await first.snapshot.close()
  assert.deepEqual(first.told, ['snapshot_ended'])
  const last = await start(folder)
  assert.deepEqual(last.values, { c: 3 })
  await last.snapshot.close()
})
