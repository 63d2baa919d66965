import { heartbeatUntil } from '../pipelines/engine/kafka/consume-partitions.ts'
import type { TopicPartition } from '../pipelines/engine/raw-record.ts'
import type { FetchedBatch } from '../pipelines/engine/kafka/fetched.ts'
import type { AttemptsOptions } from './attempts.ts'

type IntakeOptions = Pick<AttemptsOptions, 'sink' | 'metrics' | 'crash'>

/** Takes batches one after another, even if the group moves on while one waits for the registry or for room. */
export class Intake {
  readonly #options: IntakeOptions
  #last: Promise<void> = Promise.resolve()

  constructor(options: IntakeOptions) {
    this.#options = options
  }

  /** Takes the whole batch, whatever the heartbeat says: it is not fetched again. What `take` throws ends the process. */
  async accept(
    { topic, partition, nextOffset, highWatermark }: FetchedBatch,
    heartbeat: () => Promise<void>,
    take: () => Promise<void>,
  ): Promise<void> {
    const { metrics, sink, crash } = this.#options
    metrics.lag.set({ sink, topic, partition }, Number(highWatermark - nextOffset))
    this.#last = this.#last.then(take).catch(crash)
    await heartbeatUntil(this.#last, heartbeat)
  }

  /** The lag of these partitions is now their new owner's to tell. */
  forget(lost: Iterable<TopicPartition>): void {
    const { metrics, sink } = this.#options
    for (const { topic, partition } of lost) metrics.lag.remove({ sink, topic, partition })
  }
}
