import { InTurn } from '../pipelines/engine/kafka/in-turn.ts'
import type { TopicPartition } from '../pipelines/engine/raw-record.ts'
import type { FetchedBatch } from '../pipelines/engine/kafka/fetched.ts'
import type { AttemptsOptions } from './attempts.ts'

type IntakeOptions = Pick<AttemptsOptions, 'sink' | 'metrics' | 'crash'>

/** Takes batches one after another, even if the group moves on while one waits for the registry or for room. */
export class Intake {
  readonly #options: IntakeOptions
  readonly #inTurn: InTurn

  constructor(options: IntakeOptions) {
    this.#options = options
    this.#inTurn = new InTurn(options.crash)
  }

  /** Takes the whole batch, whatever the heartbeat says. */
  accept(
    { topic, partition, nextOffset, highWatermark }: FetchedBatch,
    heartbeat: () => Promise<void>,
    take: () => Promise<void>,
  ): Promise<void> {
    const { metrics, sink } = this.#options
    metrics.lag.set({ sink, topic, partition }, Number(highWatermark - nextOffset))
    return this.#inTurn.take(take, heartbeat)
  }

  /** The lag of these partitions is now their new owner's to tell. */
  forget(lost: Iterable<TopicPartition>): void {
    const { metrics, sink } = this.#options
    for (const { topic, partition } of lost) metrics.lag.remove({ sink, topic, partition })
  }
}
