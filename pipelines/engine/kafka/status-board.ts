import { sumOf } from './commit-board.ts'
import type { RestoreProgress } from './restore-progress.ts'
import type { TaskInbox } from './task-inbox.ts'
import { type TaskStatus, type TopologyStatus, figuresOf } from './task-status.ts'

/** What is known of a task besides what can be seen of it. */
interface Entry {
  /** When this process began with it, ms since 1970. */
  since: number
  /** By store; undefined once it runs. */
  restoring: Map<string, RestoreProgress> | undefined
  rows: number
  committedAt: number | undefined
}

type Running = Pick<TaskInbox, 'task' | 'inbox' | 'positions'>

/** What a process knows of its tasks of one topology, put together for those who look at it from outside. Times are ms since 1970. */
export class StatusBoard {
  readonly #topology: string
  readonly #entries = new Map<number, Entry>()

  constructor(topology: string) {
    this.#topology = topology
  }

  /** Tasks of these partitions are being taken over. */
  takesOver(partitions: Iterable<number>, now: number): void {
    for (const partition of partitions)
      this.#entries.set(partition, { since: now, restoring: new Map(), rows: 0, committedAt: undefined })
  }

  restores(progress: RestoreProgress): void {
    this.#entries.get(progress.partition)?.restoring?.set(progress.store, progress)
  }

  /** They have their state, and run. */
  runs(partitions: Iterable<number>): void {
    for (const partition of partitions) {
      const entry = this.#entries.get(partition)
      if (entry !== undefined) entry.restoring = undefined
    }
  }

  /** They now are another's. */
  loses(partitions: Iterable<number>): void {
    for (const partition of partitions) this.#entries.delete(partition)
  }

  /** So many `rows`, by partition, have been committed. */
  commits(rows: ReadonlyMap<number, number>, now: number): void {
    for (const [partition, count] of rows) {
      const entry = this.#entries.get(partition)
      if (entry === undefined) continue
      entry.rows += count
      entry.committedAt = now
    }
  }

  /** As it is at this moment; `now` is the clock that inboxes go by. */
  status(running: Iterable<Running>, now: number): TopologyStatus {
    const runs = new Map([...running].map((each) => [each.task.partition, each]))
    const tasks = [...this.#entries].flatMap(([partition, entry]): TaskStatus[] => {
      if (entry.restoring !== undefined) return [restoringTask(partition, entry, entry.restoring)]
      const runningNow = runs.get(partition)
      return runningNow === undefined ? [] : [runningTask(runningNow, entry, now)]
    })
    return { topology: this.#topology, tasks: tasks.sort((one, other) => one.partition - other.partition) }
  }
}

function runningTask(
  { task, inbox, positions }: Running,
  { since, rows, committedAt }: Entry,
  now: number,
): TaskStatus {
  const { partition } = task
  return {
    partition,
    phase: 'running',
    since,
    rows,
    waitsFor: inbox.waitsFor(now),
    ...figuresOf(task),
    ...(committedAt !== undefined && { committedAt, position: sumOf(positions.values()) }),
  }
}

function restoringTask(
  partition: number,
  { since }: Entry,
  stores: ReadonlyMap<string, RestoreProgress>,
): TaskStatus {
  const all = [...stores.values()]
  const records = all.reduce((sum, { restored }) => sum + restored, 0)
  const of = all.reduce((sum, store) => sum + store.of, 0)
  return {
    partition,
    phase: 'restoring',
    since,
    rows: 0,
    waitsFor: [],
    openWindows: 0,
    ...(of > 0 && { restored: { records, of } }),
  }
}
