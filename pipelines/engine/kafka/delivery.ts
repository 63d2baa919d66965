import type { OutgoingRecords } from '../outgoing-records.ts'
import type { GroupOffsets } from './offsets.ts'

/** How often a record counts whatever may happen: once, or once and sometimes more often. */
export type Guarantee = 'exactly-once' | 'at-least-once'

export interface Delivered {
  /** The lowest partition index that the process has. */
  lowest: number
  outgoing: OutgoingRecords[]
  offsets: GroupOffsets
}

/** Writes what the tasks of a process have settled. */
export interface Delivery {
  /**
   * Answers where the partitions written to end behind what it wrote, by their keys. @throws NotCommitted if that may be tried again; any
   * other error is to end the process.
   */
  commit(settled: Delivered): Promise<ReadonlyMap<string, bigint>>
  /** The next producer is a new one: after an error, or as the last thing that is done. */
  forget(): Promise<void>
}
