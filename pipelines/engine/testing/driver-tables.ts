import type { OutgoingRecords } from '../outgoing-records.ts'
import type { Task } from '../task.ts'

/** Tables for the stores of all tasks, as a process with little memory has them: for the engine's own tests. */
export interface DriverTables {
  /** Gives the stores of a task that has just been made what has been committed of its partition. */
  attach(task: Task): void
  /** Takes what all tasks have committed. */
  committed(outgoing: readonly OutgoingRecords[]): Promise<void>
}
