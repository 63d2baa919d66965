import type { Kafka } from 'kafkajs'
import type { Logger } from 'pino'
import { changelogOf } from '../changelog-of.ts'
import { partitionKey } from '../raw-record.ts'
import type { Task } from '../task.ts'
import { partitionEnds } from './offsets.ts'
import { type OffsetRange, readRanges } from './read-ranges.ts'
import { type RestoreProgress, RestoreWatch } from './restore-progress.ts'

export interface RestoreOptions {
  kafka: Kafka
  topicPrefix: string
  /** Told as each store's restoration begins, and after each fetch of its changelog. */
  onProgress(progress: RestoreProgress): void
  log: Logger
}

/** Gives tasks of one topology the state that their changelogs remember. Answers which partition indexes had any. */
export async function restoreTasks(
  tasks: Task[],
  { kafka, topicPrefix, onProgress, log }: RestoreOptions,
): Promise<Set<number>> {
  const remembered = new Set<number>()
  const [first] = tasks
  if (first === undefined) return remembered
  const started = performance.now()
  const { topology } = first
  const byPartition = new Map(tasks.map((task) => [task.partition, task]))
  const stores = new Map(
    [...first.stores.keys()].map((store) => [topicPrefix + changelogOf(topology, store), store]),
  )
  const ends = await partitionEnds(kafka, stores.keys())
  const ranges = [...stores.keys()].flatMap((topic) =>
    tasks.map(({ partition }): OffsetRange => {
      const { low, high } = ends.get(partitionKey({ topic, partition })) ?? { low: 0n, high: 0n }
      return { topic, partition, from: low, until: high }
    }),
  )
  const watch = new RestoreWatch(topology, onProgress, log)
  for (const { topic, partition, from, until } of ranges)
    watch.begin(stores.get(topic)!, partition, Number(until - from))
  let rows = 0
  const read = new Map(ranges.map((each) => [partitionKey(each), each.from]))
  await readRanges({
    kafka,
    ranges,
    onRead: ({ topic, partition }, records, next) => {
      const store = stores.get(topic)!
      const task = byPartition.get(partition)!
      for (const { key, value } of records) task.restore(store, { key: key?.toString() ?? '', value })
      rows += records.length
      if (records.length > 0) remembered.add(partition)
      const place = partitionKey({ topic, partition })
      watch.restored(store, partition, Number(next - read.get(place)!))
      read.set(place, next)
    },
  })
  for (const task of tasks) task.restored()
  const seconds = Math.round(performance.now() - started) / 1_000
  log.info({ topology, tasks: [...byPartition.keys()], rows, seconds }, 'state restored')
  return remembered
}
