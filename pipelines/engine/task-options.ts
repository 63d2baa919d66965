import type { Codec } from '../../schemas/codec.ts'
import type { SealingKey } from './dead-letters.ts'
import type { GlobalTables } from './global-table.ts'
import type { Topology } from './topology.ts'

/** Told what happens to rows that do not go on. */
export type OutcomeCounter = (topology: string, step: string, outcome: string, reason: string) => void

export interface TaskOptions {
  topology: Topology
  partition: number
  /** Of each topic that it reads: so many tasks there are. Default: 1. */
  partitions?: number
  codec: Codec
  deadLetterKey: SealingKey
  onOutcome?: OutcomeCounter
  /** Shared by the tasks of a process. Default: the task's own. */
  globals?: GlobalTables
}
