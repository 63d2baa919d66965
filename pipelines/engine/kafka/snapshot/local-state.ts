import type { Logger } from 'pino'
import type { OutgoingRecords } from '../../outgoing-records.ts'
import type { StoreChange } from '../../pages.ts'
import type { Task } from '../../task.ts'
import type { PartitionEnds } from '../offsets.ts'
import type { RecordBatch } from '../record-batch/record-batch.ts'
import type { Identity } from './identity.ts'
import { SnapshotError } from './snapshot-error.ts'
import { SnapshotFile } from './snapshot-file.ts'

/** A store of a task, and what Kafka has of it. */
export interface SnapshotStore {
  store: string
  /** Name of its changelog without prefix. */
  changelog: string
  identity: Identity
  ends: PartitionEnds
}

/** What this machine has of a store. */
export interface FoundState {
  /** Is to be read into memory. */
  blocks: RecordBatch[]
  records: number
  /** The first offset of the changelog that is not in it. */
  offset: bigint
}

/** What there is to a task for its state on this machine. */
export type TaskState = Pick<Task, 'topology' | 'partition' | 'stores'>

/** What this machine keeps of a task's state. */
export interface LocalState {
  /** These are the records of a changelog, all before `next` that it has not. */
  restored(changelog: string, changes: readonly StoreChange[], next: bigint): void | Promise<void>
  /**
   * What the task has written has been committed, all it has, and its changelogs now end at `endOf`; undefined where nothing was written.
   * Resolves when the task may go on.
   */
  committed(
    outgoing: readonly OutgoingRecords[],
    endOf: (changelog: string) => bigint | undefined,
  ): Promise<void>
  /** Writes what is left, and closes the file. */
  close(): Promise<void>
}

export function openOrBegin(folder: string, task: TaskState, log: Logger): SnapshotFile {
  try {
    return SnapshotFile.open(folder)
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error
    notUsed(log, `${task.topology}:${task.partition}`, error)
    SnapshotFile.remove(folder)
    return SnapshotFile.open(folder)
  }
}

export const notUsed = (log: Logger, what: string, { reason, message }: SnapshotError): void => {
  log.warn(
    { reason: `snapshot_${reason}` },
    `the snapshot of ${what} is not used: ${message}; its state is read from the changelog`,
  )
}
