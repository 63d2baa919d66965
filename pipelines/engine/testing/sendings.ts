import type { Topic } from '../../../schemas/topic.ts'

/** A row as a test sees it. */
export interface WrittenRow<V> {
  key: string
  value: V
  partition: number
}

export interface SendOptions {
  key?: string
  partition?: number
  /** When the record reached Kafka, ms since 1970. Default: the driver's clock, or its event time where that is later. */
  timestamp?: number
  headers?: Record<string, string | Buffer>
}

/** A topic and a value of its for each V, or null as a tombstone, to be sent. */
export type Sendings<Values extends readonly unknown[]> = {
  readonly [I in keyof Values]: readonly [
    topic: Topic<Values[I]>,
    value: NoInfer<Values[I]> | null,
    options?: SendOptions,
  ]
}
