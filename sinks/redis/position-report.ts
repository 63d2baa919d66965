import type { Logger } from 'pino'
import type { OffsetToCommit } from '../../pipelines/engine/kafka/offsets.ts'

const EVERY_MS = 1_000

/**
 * Tells Kafka, now and then, how far the sink is, so that the group's lag can be seen with Kafka's own tools. Nothing
 * depends on it: the position that counts is the one in Redis.
 */
export class PositionReport {
  readonly #topic: string
  readonly #log: Logger
  readonly #commit: (offsets: OffsetToCommit[]) => Promise<void>
  readonly #positions = new Map<number, bigint>()
  #timer: NodeJS.Timeout | undefined
  #sending: Promise<void> | undefined

  constructor(topic: string, log: Logger, commit: (offsets: OffsetToCommit[]) => Promise<void>) {
    this.#topic = topic
    this.#log = log
    this.#commit = commit
  }

  moved(partition: number, position: bigint): void {
    this.#positions.set(partition, position)
    this.#timer ??= setTimeout(() => this.#send(), EVERY_MS)
  }

  drop(partition: number): void {
    this.#positions.delete(partition)
  }

  async finish(): Promise<void> {
    this.#send()
    await this.#sending
  }

  #send(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    // While Kafka is away one commit waits, and the next one tells what is newest then.
    if (this.#sending !== undefined || this.#positions.size === 0) return
    const offsets = [...this.#positions].map(([partition, offset]) => ({
      topic: this.#topic,
      partition,
      offset,
    }))
    this.#positions.clear()
    this.#sending = this.#commit(offsets)
      .catch((error: unknown) => this.#log.debug({ err: error }, 'the lag could not be reported'))
      .finally(() => (this.#sending = undefined))
  }
}
