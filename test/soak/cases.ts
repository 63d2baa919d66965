/** Which side of a join a row comes from; windows have a left side alone. */
export type Side = 'l' | 'r'

/** One row of a random stream. Times are ms since 1970; Kafka Streams refuses negative ones. */
export interface CaseRow {
  readonly side: Side
  readonly key: string
  readonly time: number
  /** Null deletes: in a table alone. */
  readonly value: number | null
}

interface Tumbling {
  readonly kind: 'tumbling'
  readonly size: number
  readonly grace: number
}

interface Hopping {
  readonly kind: 'hopping'
  readonly size: number
  readonly advance: number
  readonly grace: number
}

interface Sliding {
  readonly kind: 'sliding'
  readonly difference: number
  readonly grace: number
}

interface Session {
  readonly kind: 'session'
  readonly gap: number
  readonly grace: number
}

export interface StreamJoin {
  readonly kind: 'join-inner' | 'join-left' | 'join-outer'
  readonly within: number
  readonly grace: number
}

/** The left side is a stream, the right one a table. */
export interface StreamTableJoin {
  readonly kind: 'stream-table-inner' | 'stream-table-left'
}

export interface TableJoin {
  readonly kind: 'table-table-inner' | 'table-table-left' | 'table-table-outer'
}

/** An operator that goes by time. */
export type TimedOperator = Tumbling | Hopping | Sliding | Session | StreamJoin

/** What is tried; lengths in ms. */
export type Operator = TimedOperator | StreamTableJoin | TableJoin

export type Kind = Operator['kind']

/** An operator, and the rows that it is given, in order of arrival. */
export interface Case<Op extends Operator = Operator> {
  readonly operator: Op
  readonly rows: readonly CaseRow[]
}

export const kinds: readonly Kind[] = [
  'tumbling',
  'hopping',
  'sliding',
  'session',
  'join-inner',
  'join-left',
  'join-outer',
  'stream-table-inner',
  'stream-table-left',
  'table-table-inner',
  'table-table-left',
  'table-table-outer',
]
