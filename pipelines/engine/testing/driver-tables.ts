import type { OutgoingRecords } from '../outgoing-records.ts'
import type { Task } from '../task.ts'

/** Tables on which the stores of all tasks lie, as in a process with little memory: for the engine's own tests. */
export interface DriverTables {
  /** Has the stores of a task that has just been made lie on what has been committed of its partition. */
  attach(task: Task): void
  /** Takes what all tasks have committed. */
  committed(outgoing: readonly OutgoingRecords[]): Promise<void>
}
