import type { Kafka } from 'kafkajs'
import { changelogOf } from '../changelog-of.ts'
import { placeInLog } from '../pages.ts'
import { keyOf } from '../raw-record.ts'
import type { Topology } from '../topology.ts'
import { unfedTask } from '../unfed-task.ts'
import { withAdmin } from './admin.ts'
import { partitionCounts } from './ensure-topics.ts'
import { readToEnd } from './read-to-end.ts'

export interface StateToFind {
  kafka: Kafka
  topicPrefix: string
  topology: Topology
  /** As `continuo topology describe` names it. */
  store: string
  /** Of the rows. */
  key: string
}

/** What a store holds of a key. */
export interface FoundState {
  /** Partition index of the task. */
  partition: number
  /** Where its window starts, or when its row happened, ms since 1970; for stores that keep more than one entry of a key. */
  time?: number
  value: unknown
}

/**
 * Reads what a store holds of a key, as the last commits left it, from its changelog: whether or not anybody runs the topology. A
 * changelog says nothing of where keys are, so that all of it is read.
 * @throws TopicError if there is no changelog, TopologyError for state of another version
 */
export async function stateOfKey(wanted: StateToFind): Promise<FoundState[]> {
  const { kafka, topicPrefix, topology, store, key } = wanted
  const topic = topicPrefix + changelogOf(topology.name, store)
  const count = await withAdmin(
    kafka,
    async (admin) => (await partitionCounts(admin, [topic])).get(topic) ?? 0,
  )
  const timeOf = timesIn(store, key)
  const tasks = Array.from({ length: count }, (_, partition) =>
    unfedTask(topology, { partition, partitions: count }),
  )
  await readToEnd(
    kafka,
    tasks.map(({ partition }) => ({ topic, partition })),
    (record) => {
      const change = { key: keyOf(record), value: record.value }
      if (timeOf(placeInLog(change.key).id) !== undefined) tasks[record.partition]?.restore(store, change)
    },
  )
  return tasks.flatMap((task) => {
    task.restored()
    return [...task.stores.get(store)!.store.entries()].map(([id, value]) => {
      const time = timeOf(id)
      return { partition: task.partition, ...(typeof time === 'number' && { time }), value }
    })
  })
}

/** A window's state is kept under its start and the key, a row to be joined under its time, a number and the key. */
const HEADS: Readonly<Record<string, RegExp>> = {
  'fold-window': /^(?:[a-z-]+ )?(-?\d+):$/,
  'join-stream': /^(-?\d+):\d+:$/,
}

/** Tells of the ids in a store whether they are of this key, and of which time, if they have one. */
function timesIn(store: string, key: string): (id: string) => number | 'none' | undefined {
  const [, head] = Object.entries(HEADS).find(([kind]) => store.startsWith(`${kind}-`)) ?? []
  return (id) => {
    if (!id.endsWith(key)) return undefined
    if (head === undefined) return id === key ? 'none' : undefined
    const time = head.exec(id.slice(0, id.length - key.length))?.[1]
    return time === undefined ? undefined : Number(time)
  }
}
