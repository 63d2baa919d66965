import type { Kafka } from 'kafkajs'
import { setImmediate } from 'node:timers/promises'
import type { Logger } from 'pino'
import { changelogOf } from '../changelog-of.ts'
import { type RawRecord, type TopicPartition, keyOf, partitionKey } from '../raw-record.ts'
import type { Task } from '../task.ts'
import { partitionEnds } from './offsets.ts'
import { type OffsetRange, readRanges } from './read-ranges.ts'
import { type RestoreProgress, RestoreWatch } from './restore-progress.ts'
import type { RecordBatch } from './record-batch/record-batch.ts'
import { changesOf } from './local-state/blocks.ts'
import type { StateDirectory } from './local-state/state-directory.ts'
import type { FoundStore } from './local-state/local-state.ts'

export interface RestoreOptions {
  kafka: Kafka
  topicPrefix: string
  /** What this machine may have of the tasks' state. */
  stateDirectory: StateDirectory | undefined
  /** Told as each store's restoration begins, and after each fetch of its changelog. */
  onProgress(progress: RestoreProgress): void
  log: Logger
}

/** The changelog of one store of one task. */
interface StoreToRestore extends OffsetRange {
  task: Task
  store: string
  /** Name of the topic without prefix. */
  changelog: string
  /** What this machine has of it, up to `from`. */
  found: FoundStore | undefined
}

/**
 * Brings the state of one topology's tasks up to the ends of their changelogs, from what this machine has and the rest of the changelogs.
 * Answers which partition indexes had any. If the directory is closed meanwhile, it ends early.
 */
export async function restoreTasks(tasks: Task[], options: RestoreOptions): Promise<Set<number>> {
  const { kafka, stateDirectory, onProgress, log } = options
  const remembered = new Set<number>()
  const [first] = tasks
  if (first === undefined) return remembered
  const started = performance.now()
  const { topology } = first
  const stores = await storesToRestore(tasks, options)
  const watch = new RestoreWatch(topology, onProgress, log)
  for (const each of stores)
    watch.begin(each, Number(each.until - each.from) + recordsIn(each.found?.blocks ?? []))
  for (const each of stores) await restoreFound(each, watch)
  let rows = 0
  const left = new Map(stores.map((each) => [partitionKey(each), { ...each }]))
  const take = async (place: TopicPartition, records: RawRecord[], next: bigint) => {
    const each = left.get(partitionKey(place))!
    const changes = records.map((record) => ({ key: keyOf(record), value: record.value }))
    if (stateDirectory?.onDisk !== true) for (const change of changes) each.task.restore(each.store, change)
    await stateDirectory?.restored(each.task, each.changelog, changes, next)
    rows += changes.length
    if (changes.length > 0) remembered.add(each.partition)
    watch.restored(each.store, each.partition, Number(next - each.from))
    each.from = next
  }
  const signal = stateDirectory?.signal
  const endTelling = watch.tellHoldUps()
  const reading = { kafka, ranges: stores, onRead: take, ...(signal !== undefined && { signal }) }
  await readRanges(reading).finally(endTelling)
  if (signal?.aborted === true) return remembered
  for (const task of tasks) task.restored()
  for (const { found, partition } of stores)
    if (found !== undefined && found.offset > 0n) remembered.add(partition)
  const local = stores.reduce((sum, { found }) => sum + (found?.records ?? 0), 0)
  const seconds = Math.round(performance.now() - started) / 1_000
  log.info(
    { topology, tasks: tasks.map(({ partition }) => partition), rows, local, seconds },
    'state restored',
  )
  return remembered
}

async function storesToRestore(
  tasks: Task[],
  { kafka, topicPrefix, stateDirectory }: RestoreOptions,
): Promise<StoreToRestore[]> {
  const changelogs = tasks.flatMap((task) =>
    [...task.stores.keys()].map((store) => {
      const changelog = changelogOf(task.topology, store)
      return { task, store, changelog, topic: topicPrefix + changelog, partition: task.partition }
    }),
  )
  const ends = await partitionEnds(kafka, new Set(changelogs.map(({ topic }) => topic)))
  const state = await stateDirectory?.open(tasks, ends)
  return changelogs.map((each) => {
    const { low, high } = ends.get(partitionKey(each)) ?? { low: 0n, high: 0n }
    const found = state?.get(partitionKey(each))
    return { ...each, from: found?.offset ?? low, until: high, found }
  })
}

const recordsIn = (blocks: readonly RecordBatch[]) => blocks.reduce((sum, { count }) => sum + count, 0)

/** What else the process does, as telling its group that it is there, goes on in between. */
async function restoreFound({ task, store, found }: StoreToRestore, watch: RestoreWatch): Promise<void> {
  for (const block of found?.blocks ?? []) {
    for (const change of changesOf(block)) task.restore(store, change)
    watch.restored(store, task.partition, block.count)
    await setImmediate()
  }
}
