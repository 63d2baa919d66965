import type { Topic } from '../../../schemas/topic.ts'
import type { GlobalTables } from '../global-table.ts'
import type { RawRecord } from '../raw-record.ts'
import type { Task } from '../task.ts'
import type { Topology } from '../topology.ts'

/** @throws RangeError for a topic that nobody reads: a test that sends to it would find, rightly, that nothing happens */
export function requireRead(
  { name: topology }: Topology,
  tasks: readonly Task[],
  globals: GlobalTables,
  sentTo: readonly Topic<unknown>[],
): void {
  const read = new Set([...tasks.flatMap(({ inputs }) => inputs), ...globals.topics].map(({ name }) => name))
  const unread = sentTo.find(({ name }) => !read.has(name))
  if (unread === undefined) return
  throw new RangeError(`${topology} does not read ${unread.name}: send to ${[...read].join(', ')}`)
}

/** When a record reaches Kafka, ms since 1970: at the driver's clock, `now`, or when it happened, whichever is later. */
export function arrivalOf(task: Task, record: RawRecord, now: number): number {
  try {
    return Math.max(now, task.timeOf(record.topic, record) ?? now)
  } catch {
    // It has reached Kafka all the same: the run throws it again, and is repeated.
    return now
  }
}
