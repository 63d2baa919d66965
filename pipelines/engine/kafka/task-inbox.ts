import { Breaker, type BreakerLimits } from '../breaker.ts'
import { partitionKey } from '../raw-record.ts'
import type { Task } from '../task.ts'
import { Inbox } from './inbox.ts'
import type { InputNames } from './input-names.ts'

/** A task, and what has been fetched for it. */
export interface TaskInbox {
  task: Task
  inbox: Inbox
  /** Where its inputs stand, as Kafka knows them: what it emits without a record is committed with these. */
  positions: Map<string, bigint>
  breaker: Breaker
}

export interface TaskInboxOptions extends BreakerLimits {
  inputNames: InputNames
  /** See {@link Inbox}. */
  maxTaskIdleMs: number
}

/** `committed`: by {@link partitionKey}; `replays`: the topic of what is replayed. */
export function taskInbox(
  task: Task,
  { committed, replays }: { committed: ReadonlyMap<string, bigint>; replays: string },
  { inputNames, maxTaskIdleMs, ...limits }: TaskInboxOptions,
): TaskInbox {
  const groups = task.inputGroups.map((group) => group.map(({ name }) => inputNames.inKafka(name)))
  const inbox = new Inbox({
    groups,
    // What is replayed comes when it comes, and nothing waits for it.
    apart: replays,
    timeOf: (record) => task.orderOf(inputNames.ofTopology(record.topic), record),
    maxIdleMs: maxTaskIdleMs,
  })
  const { partition } = task
  const at = (topic: string) => committed.get(partitionKey({ topic, partition })) ?? 0n
  const positions = new Map(inbox.topics.map((topic) => [topic, at(topic)]))
  return { task, inbox, positions, breaker: new Breaker(limits) }
}
