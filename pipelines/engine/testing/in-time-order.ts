import { Inbox } from '../kafka/inbox.ts'
import type { RawRecord } from '../raw-record.ts'
import type { Task } from '../task.ts'

/** Records of one task as a process takes them that has fetched all of them before it begins. */
export function inTimeOrder(task: Task, records: readonly RawRecord[]): readonly RawRecord[] {
  if (records.length < 2) return records
  const inbox = new Inbox({
    groups: task.inputGroups.map((group) => group.map(({ name }) => name)),
    timeOf: (record) => task.orderOf(record.topic, record),
    maxIdleMs: 0,
  })
  for (const [topic, ofTopic] of Map.groupBy(records, (record) => record.topic)) {
    const end = ofTopic.at(-1)!.offset + 1n
    const { partition } = task
    const batch = {
      topic,
      partition,
      records: ofTopic,
      nextOffset: end,
      highWatermark: end,
      readableEnd: end,
    }
    inbox.add(batch, 0)
  }
  return inbox.take(records.length, 0).records
}
