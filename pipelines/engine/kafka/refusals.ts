import { errorType } from './transactional-requests.ts'

/**
 * Why a transaction has not been committed: the `group` has moved on; another process has taken over the transactional
 * `id`, or the transaction was open for too long; or `brokers` are not able to, for now.
 */
export type Refusal = 'group' | 'id' | 'brokers'

/** What was to be committed has not been, and the same may be tried again under a new producer. */
export class NotCommitted extends Error {
  override readonly name = 'NotCommitted'
  readonly refusal: Refusal
  /** Whether the records have been written all the same, so that only offsets are to be committed. Not in a transaction. */
  readonly written: boolean = false

  constructor(refusal: Refusal, cause: unknown, { written = false } = {}) {
    super(messageOf(cause), { cause })
    this.refusal = refusal
    this.written = written
  }
}

/**
 * The commit of a transaction has been asked for, and what became of it has not been heard; or another has taken the transactional id
 * (`refusal`), which ends what it finds: by a commit, if that had been begun. The group's offsets tell.
 */
export class InDoubt extends Error {
  override readonly name = 'InDoubt'
  readonly refusal: Refusal
  /** Where the partitions written to end behind what it wrote, by their keys. */
  readonly ends: ReadonlyMap<string, bigint>

  constructor(cause: unknown, ends: ReadonlyMap<string, bigint>) {
    super(messageOf(cause), { cause })
    this.refusal = refusalOf(cause) ?? 'brokers'
    this.ends = ends
  }
}

const messageOf = (cause: unknown) => (cause instanceof Error ? cause.message : String(cause))

const REFUSALS: Record<string, Refusal> = {
  ILLEGAL_GENERATION: 'group',
  UNKNOWN_MEMBER_ID: 'group',
  FENCED_INSTANCE_ID: 'group',
  REBALANCE_IN_PROGRESS: 'group',
  INVALID_PRODUCER_EPOCH: 'id',
  PRODUCER_FENCED: 'id',
  INVALID_PRODUCER_ID_MAPPING: 'id',
  INVALID_TXN_STATE: 'id',
  // Of records that a broker has lost: the next producer counts anew.
  OUT_OF_ORDER_SEQUENCE_NUMBER: 'brokers',
  UNKNOWN_PRODUCER_ID: 'brokers',
}

/** An error and those behind it: kafkajs wraps what it was told. */
export function* causes(error: unknown): Generator<Error & { retriable?: boolean }> {
  for (let each = error; each instanceof Error; each = each.cause) yield each
}

/** Why a broker has refused a request, undefined if it is not known to. */
function refusalOf(error: unknown): Refusal | undefined {
  for (const each of causes(error)) {
    const refusal = REFUSALS[errorType(each)]
    if (refusal !== undefined) return refusal
  }
  return undefined
}

/** Whether the same may go well another time. */
export const isPassing = (error: unknown) => causes(error).some(({ retriable }) => retriable === true)

/** What an error before the commit of a transaction is to be thrown as. */
export function asRefusal(error: unknown, state?: { written: boolean }): unknown {
  const refusal = refusalOf(error) ?? (isPassing(error) ? 'brokers' : undefined)
  return refusal === undefined ? error : new NotCommitted(refusal, error, state)
}
