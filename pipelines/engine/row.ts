import type { RawRecord } from './raw-record.ts'

/**
 * What flows through a topology: a key, a value, its time, and the record it came from. `By` is the word for what rows are
 * spread by (see `Topic.partitioning`): only streams with the same word can be joined.
 */
export interface Row<V, By extends string = string> {
  readonly key: string
  readonly value: V
  /** Event time, ms since 1970. */
  readonly time: number
  readonly origin: RawRecord
  /** Carries `By`; never set. */
  readonly _by?: By
}

/** A row bound for one of several named outputs; {@link route} says where each goes. */
export type OutputRow<Output extends string, V, By extends string = string> = Output extends string
  ? Row<V, By> & { readonly output: Output }
  : never

/** The same row with another value. */
export const withValue = <V, By extends string>(row: Row<unknown, By>, value: V): Row<V, By> => ({
  key: row.key,
  value,
  time: row.time,
  origin: row.origin,
})
