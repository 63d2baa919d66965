import type { PlacedRow } from '../../../sinks/redis/pending-rows.ts'
import type { RedisStore } from '../../../sinks/redis/redis-store.ts'
import { until } from '../../kit/until.ts'
import type { Gate } from './gate.ts'

const TOPIC_ID = 'storm'
const PARTITION = 0
const WITHIN_MS = 120_000

export interface SinkWriterOptions<V> {
  store: RedisStore<V>
  /** Of values with the same key only the last counts. */
  keyOf(value: V): string
  gate: Gate
  /** The store has been asked where it stands. */
  onBegun(): Promise<void>
  onApplied(rows: readonly PlacedRow<V>[], isPublished: boolean): Promise<void>
  /** Whether they are published is not known. */
  onUnsure(rows: readonly PlacedRow<V>[]): void
}

/** Writes rows as the Redis sink does: from where its store stands, of each key the last one, and again when the store was not heard of, or stands elsewhere. */
export class SinkWriter<V> {
  readonly #options: SinkWriterOptions<V>
  /** What Kafka would keep. */
  readonly #rows: PlacedRow<V>[] = []
  #position: bigint | undefined
  #running: Promise<void> | undefined

  constructor(options: SinkWriterOptions<V>) {
    this.#options = options
  }

  async connect(): Promise<void> {
    await this.#options.store.connect()
  }

  /** Does not wait until it is written. */
  add(...values: V[]): void {
    for (const value of values) this.#rows.push({ offset: BigInt(this.#rows.length), value })
    if (this.#running !== undefined) return
    this.#running = this.#write().finally(() => (this.#running = undefined))
    // Told by `drained`.
    this.#running.catch(() => undefined)
  }

  /** Resolves when all is written. */
  async drained(): Promise<void> {
    while (this.#running !== undefined) await this.#running
  }

  close(): void {
    this.#options.store.close()
  }

  async #write(): Promise<void> {
    const step = () => this.#options.gate.pass(() => this.#step())
    await until(step, { what: 'all rows of a sink to be written', within: WITHIN_MS, every: 50 })
  }

  /** Answers whether the store has all rows. */
  async #step(): Promise<boolean> {
    const { store, onBegun, onApplied, onUnsure } = this.#options
    if (this.#position === undefined) {
      this.#position = (await store.begin(TOPIC_ID, new Map([[PARTITION, 0n]]))).get(PARTITION)!
      await onBegun()
    }
    const from = this.#position
    const next = BigInt(this.#rows.length)
    if (from === next) return true
    const rows = this.#lastOfEachKey(from)
    this.#position = undefined
    try {
      const partitions = [{ partition: PARTITION, from, next, rows }]
      const applied = await store.apply(TOPIC_ID, { partitions, receivedAt: [], refused: [] })
      if (applied === 'moved') return false
      await onApplied(rows, applied === 'published')
    } catch (error) {
      onUnsure(rows)
      throw error
    }
    this.#position = next
    return next === BigInt(this.#rows.length)
  }

  #lastOfEachKey(from: bigint): PlacedRow<V>[] {
    const { keyOf } = this.#options
    return [...new Map(this.#rows.slice(Number(from)).map((row) => [keyOf(row.value), row])).values()]
  }
}
