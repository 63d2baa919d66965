import { DecodeError } from '../schemas/codec.ts'
import type { DeadLetter } from '../schemas/dead-letter.ts'
import type { RawRecord } from '../pipelines/engine/raw-record.ts'

/** A record on its way into a store. */
export interface Source {
  record: RawRecord
  /** Kafka's id of its topic, if that is known. */
  topicId?: string
}

/** A record that a sink cannot take, and why. */
export interface SetAside extends Source {
  /** snake_case. */
  reason: string
  /** A letter that it was given back and cannot open, which goes back as it is. */
  letter?: DeadLetter
}

/**
 * Where a sink puts what it cannot take. Resolves once the dead letters are in Kafka; the sink moves its position
 * afterwards, so a crash in between repeats them under the same id.
 */
export type PutAside = (records: SetAside[]) => Promise<void>

/** A value that its table or key cannot hold. `reason` is what the dead letter carries. */
export class UnfitError extends Error {
  override readonly name = 'UnfitError'
  readonly reason: string
  constructor(reason: string) {
    super(`the sink cannot hold this value: ${reason}`)
    this.reason = reason
  }
}

/** Runs `take`, which reads the record; `refuse` gets the record if it cannot be read or held. */
export function takeOrRefuse(record: RawRecord, take: () => void, refuse: (refused: SetAside) => void): void {
  try {
    take()
  } catch (error) {
    if (!(error instanceof DecodeError || error instanceof UnfitError)) throw error
    refuse({ record, reason: error.reason })
  }
}
