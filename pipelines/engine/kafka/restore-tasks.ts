import type { Kafka } from 'kafkajs'
import type { Logger } from 'pino'
import { changelogOf } from '../changelog-of.ts'
import type { Task } from '../task.ts'
import { partitionKey } from '../raw-record.ts'
import { partitionEnds } from './offsets.ts'
import { readToEnd } from './read-to-end.ts'
import { type RestoreProgress, RestoreWatch } from './restore-progress.ts'

export interface RestoreOptions {
  kafka: Kafka
  topicPrefix: string
  /** Told as each store's restoration begins, and again as it goes on. */
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
  const { topology } = first
  const byPartition = new Map(tasks.map((task) => [task.partition, task]))
  const stores = new Map(
    [...first.stores.keys()].map((store) => [topicPrefix + changelogOf(topology, store), store]),
  )
  const changelogs = [...stores.keys()].flatMap((topic) =>
    tasks.map(({ partition }) => ({ topic, partition })),
  )
  const ends = await partitionEnds(kafka, stores.keys())
  const watch = new RestoreWatch(topology, onProgress, log)
  for (const each of changelogs) {
    const { low, high } = ends.get(partitionKey(each)) ?? { low: 0n, high: 0n }
    watch.begin(stores.get(each.topic)!, each.partition, Number(high - low))
  }
  let rows = 0
  await readToEnd(kafka, changelogs, ({ topic, partition, key, value }) => {
    rows += 1
    remembered.add(partition)
    const store = stores.get(topic)!
    watch.restored(store, partition, 1)
    byPartition.get(partition)!.restore(store, { key: key?.toString() ?? '', value })
  })
  for (const task of tasks) task.restored()
  log.info({ topology, tasks: [...byPartition.keys()], rows }, 'state restored')
  return remembered
}
