import type { OutgoingRecords } from '../../outgoing-records.ts'
import type { StoreChange } from '../../pages.ts'
import type { Task } from '../../task.ts'
import type { PartitionEnds } from '../offsets.ts'
import type { RecordBatch } from '../record-batch/record-batch.ts'
import type { Identity } from './identity.ts'

/** A store of a task, and what Kafka has of it. */
export interface ChangelogOfStore {
  store: string
  /** Name of its changelog without prefix. */
  changelog: string
  identity: Identity
  ends: PartitionEnds
}

/** What this machine has of a store. */
export interface FoundStore {
  /** Is to be read into memory. */
  blocks: RecordBatch[]
  records: number
  /** The first offset of the changelog that is not in it. */
  offset: bigint
}

/** What local state needs of a task. */
export type TaskState = Pick<Task, 'topology' | 'partition' | 'stores'>

/** What this machine keeps of a task's state. */
export interface LocalState {
  /** Takes records of a changelog that this machine did not have, all before `next`. */
  restored(changelog: string, changes: readonly StoreChange[], next: bigint): void | Promise<void>
  /**
   * What the task has written has been committed, all it has, and its changelogs now end at `endOf`; undefined where nothing was written.
   * Resolves when the task may go on.
   */
  committed(
    outgoing: readonly OutgoingRecords[],
    endOf: (changelog: string) => bigint | undefined,
  ): Promise<void>
  /** What has been read of it is good: whatever the process ends with now, it is not the file. */
  trust(): void
  /** Writes what is left, and closes the file. */
  close(): Promise<void>
}
