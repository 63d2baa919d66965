import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import pino from 'pino'
import type { Identity } from '../../../../../pipelines/engine/kafka/local-state/identity.ts'
import { OutgoingRecords } from '../../../../../pipelines/engine/outgoing-records.ts'
import { KeyValueStore } from '../../../../../pipelines/engine/store.ts'
import { avroState } from '../../../../../pipelines/engine/store-codec.ts'

export const [store, changelog] = ['counts', 'topology-counts-changelog'] as const
export const identity: Identity = {
  cluster: 'cluster',
  topic: `x-${changelog}`,
  topicId: 'first',
  partition: 3,
}
export const longs = avroState<number>('long')
export const unchecked = { low: 0n, high: 1_000_000n }

/** A folder for what a machine keeps of the task, for as long as a test takes. */
export function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'continuo-local-state-'))
  t.after(() => {
    rmSync(folder, { recursive: true, force: true })
  })
  return folder
}

/** LMDB's file in it. */
export const data = (folder: string) => join(folder, 'data.mdb')

const reasonIn = (line: string) => (JSON.parse(line) as { reason: string }).reason

/** A task with one store, and the reasons that it tells. */
export function newTask() {
  const told: string[] = []
  const log = pino({ level: 'warn' }, { write: (line: string) => void told.push(reasonIn(line)) })
  const counts = new KeyValueStore(longs)
  const stores = new Map([[store, { store: counts as KeyValueStore<unknown>, retention: undefined }]])
  return { told, log, counts, task: { topology: 'topology', partition: 3, stores } }
}

/** Puts values into a store; answers what its changelog is told of them. */
export function changesBy(counts: KeyValueStore<number>, values: Record<string, number>): OutgoingRecords {
  for (const [key, value] of Object.entries(values)) counts.put(key, value)
  const changes = new OutgoingRecords(changelog, 3)
  counts.takeChanges(changes)
  return changes
}
