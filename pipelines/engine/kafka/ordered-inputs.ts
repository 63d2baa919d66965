import type { InputQueue, Run } from './input-queue.ts'

/**
 * Inputs whose records meet in one sub-graph: they are taken in the order of their time, whatever the backlog of each.
 *
 *     plays           12:00  12:01  12:05
 *     likes                         12:03  12:04        taken: 12:00 12:01 12:03 12:04 12:05
 *     likes, empty                                      taken: nothing, until likes has something, is known to be at its
 *                                                       end, or has been waited for long enough
 *
 * An input is at its end if the last fetch of it brought all that could be read: so says a moment ago, not now. What is
 * written in that moment, or while its fetches wait behind others', may come behind records that are later than it; grace is for
 * that. As Kafka Streams does (KIP-353, KIP-695), only that there the time to wait is for what has not been written yet.
 */
export class OrderedInputs {
  readonly #queues: readonly InputQueue[]
  readonly #maxIdleMs: number
  /** Until when an empty input is waited for; kept until it has something, so that it is waited for once. */
  readonly #waitsUntil = new Map<InputQueue, number>()

  constructor(queues: readonly InputQueue[], maxIdleMs: number) {
    this.#queues = queues
    this.#maxIdleMs = maxIdleMs
  }

  /** When the batch came that has waited longest, counted over all inputs of the task. */
  get arrival(): number {
    return Math.min(...this.#queues.map(({ arrival }) => arrival))
  }

  /** Until when it waits for an input that is empty, on the clock of `now`, ms; undefined if it waits for none. */
  waitsUntil(now: number): number | undefined {
    if (this.#queues.every(({ empty }) => empty)) return undefined
    let latest = -Infinity
    for (const queue of this.#queues) {
      if (!queue.empty || queue.atEnd) {
        this.#waitsUntil.delete(queue)
        continue
      }
      const until = this.#waitsUntil.get(queue) ?? now + this.#maxIdleMs
      this.#waitsUntil.set(queue, until)
      latest = Math.max(latest, until)
    }
    return latest > now ? latest : undefined
  }

  /** Topics of the empty inputs for which it waits. */
  waitsFor(now: number): string[] {
    if (this.waitsUntil(now) === undefined) return []
    return this.#queues.filter(({ empty, atEnd }) => empty && !atEnd).map(({ topic }) => topic)
  }

  ready(now: number): boolean {
    return this.arrival < Infinity && this.waitsUntil(now) === undefined
  }

  /** Takes what of one batch precedes all that the other inputs have, up to `limit` records in the run. */
  takeInto(run: Run, limit: number): void {
    const filled = this.#queues.filter(({ empty }) => !empty)
    const [only, another] = filled
    // An only one needs no times, which cost a decoding.
    if (another === undefined) {
      only!.take(run, () => run.records.length < limit)
      return
    }
    // Among equals the input goes first that the topology reads first.
    const first = filled.reduce((one, other) => (other.headTime < one.headTime ? other : one))
    const at = filled.indexOf(first)
    const earliestBefore = earliest(filled.slice(0, at))
    const earliestBehind = earliest(filled.slice(at + 1))
    first.take(
      run,
      () => run.records.length < limit && first.headTime < earliestBefore && first.headTime <= earliestBehind,
    )
  }
}

const earliest = (queues: readonly InputQueue[]) =>
  queues.reduce((time, { headTime }) => Math.min(time, headTime), Infinity)
