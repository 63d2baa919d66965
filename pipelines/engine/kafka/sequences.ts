import { partitionKey } from '../raw-record.ts'
import type { BatchSender } from './produce-batches.ts'

/** One more than the largest number of 32 bits with a sign: behind that one comes 0. */
const WRAP = 2 ** 31
/** Of a producer without an id, whose records nobody counts. */
const NO_SEQUENCE = -1

/**
 * Numbers the records that a producer sends to each partition, from 0 for each producer id and epoch: the broker refuses what does
 * not follow what it has, and takes nothing twice.
 */
export class Sequences {
  #producer = ''
  readonly #next = new Map<string, number>()

  /** The number of the first of `count` records that are about to be sent. */
  take(sender: BatchSender, count: number): number {
    if (sender.producerId < 0n) return NO_SEQUENCE
    const producer = `${sender.producerId}:${sender.producerEpoch}`
    if (producer !== this.#producer) this.#next.clear()
    this.#producer = producer
    const key = partitionKey(sender)
    const first = this.#next.get(key) ?? 0
    this.#next.set(key, (first + count) % WRAP)
    return first
  }
}
