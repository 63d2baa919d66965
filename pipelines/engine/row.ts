import type { RawRecord } from './kafka/raw-record.ts'

/** What flows through a topology: a key, a value, and the record it came from. */
export interface Row<V> {
  readonly key: string
  readonly value: V
  readonly origin: RawRecord
}

/** A row bound for one of several named outputs; {@link route} says where each goes. */
export type OutputRow<Output extends string, V> = Output extends string
  ? Row<V> & { readonly output: Output }
  : never

/** The same row with another value. */
export const withValue = <V>(row: Row<unknown>, value: V): Row<V> => ({
  key: row.key,
  value,
  origin: row.origin,
})
