import type { Kafka } from 'kafkajs'
import type { Logger } from 'pino'
import { changelogOf } from '../changelog-of.ts'
import type { Task } from '../task.ts'
import { readToEnd } from './read-to-end.ts'

export interface RestoreOptions {
  kafka: Kafka
  topicPrefix: string
  log: Logger
}

/** Gives tasks of one topology the state that their changelogs remember. Answers which partition indexes had any. */
export async function restoreTasks(
  tasks: Task[],
  { kafka, topicPrefix, log }: RestoreOptions,
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
  let rows = 0
  await readToEnd(kafka, changelogs, ({ topic, partition, key, value }) => {
    rows += 1
    remembered.add(partition)
    byPartition.get(partition)!.restore(stores.get(topic)!, { key: key?.toString() ?? '', value })
  })
  for (const task of tasks) task.restored()
  log.info({ topology, tasks: [...byPartition.keys()], rows }, 'state restored')
  return remembered
}
