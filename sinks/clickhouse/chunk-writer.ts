import type { OffsetToCommit } from '../../pipelines/engine/kafka/consume-partitions.ts'
import { retrying } from '../retry.ts'
import type { SinkOptions } from '../running-sink.ts'
import { isTransient } from './insert.ts'
import type { Chunk, ChunkLimits, PartitionBuffer } from './partition-buffer.ts'
import { intentText } from './range.ts'

export interface ChunkWriterOptions extends Pick<SinkOptions, 'putAside' | 'metrics' | 'crash' | 'log'> {
  buffers(): Iterable<PartitionBuffer>
  insert(buffer: PartitionBuffer, chunk: Chunk): Promise<void>
  /** Refused by the broker once the group has moved on. */
  commit(offsets: OffsetToCommit[]): Promise<void>
  limits: ChunkLimits
  /** A row waits at most so long for others. */
  maxAgeMs: number
}

interface Work {
  buffer: PartitionBuffer
  chunk: Chunk
}

const SINK = 'clickhouse'

/**
 * Writes what waits in the buffers, a round at a time, a chunk of each partition in a round:
 *
 *     commit "I am about to write up to END"  →  insert  →  commit END
 *
 * A crash anywhere in between leaves a range in doubt that names itself, and the next owner finishes just that.
 */
export class ChunkWriter {
  /** Whether the last attempt failed. */
  failing = false
  readonly #options: ChunkWriterOptions
  #round: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #givenUp = false

  constructor(options: ChunkWriterOptions) {
    this.#options = options
  }

  /** Something waits: begins a round, at once if there is much of it, else as soon as it is old enough. */
  wake(): void {
    if (this.#round !== undefined || this.#givenUp) return
    if (this.#isFull) this.#begin()
    else this.#timer ??= setTimeout(() => this.#begin(), this.#options.maxAgeMs)
  }

  /** Resolves when there is room for more. */
  async relieved(): Promise<void> {
    while (this.#isFull && !this.#givenUp) {
      this.wake()
      await this.#round
    }
  }

  /** Writes all that waits, or gives up after `withinMs`: what is then in doubt is settled at the next start. */
  async finish(withinMs: number): Promise<void> {
    const deadline = setTimeout(() => (this.#givenUp = true), withinMs)
    while (!this.#givenUp && (this.#round !== undefined || this.#takeable)) {
      if (this.#round === undefined) this.#begin()
      await this.#round
    }
    clearTimeout(deadline)
    clearTimeout(this.#timer)
    this.#givenUp = true
  }

  get #isFull(): boolean {
    let records = 0
    let bytes = 0
    for (const { waiting } of this.#options.buffers()) {
      records += waiting.records
      bytes += waiting.bytes
    }
    return records >= this.#options.limits.rows || bytes >= this.#options.limits.bytes
  }

  get #takeable(): boolean {
    for (const buffer of this.#options.buffers()) if (buffer.takeable) return true
    return false
  }

  #begin(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#round = this.#writeRound()
      .catch((error: unknown) => {
        if (!this.#givenUp) this.#options.crash(error)
      })
      .finally(() => {
        this.#round = undefined
        if (this.#takeable) this.wake()
      })
  }

  async #writeRound(): Promise<void> {
    const work: Work[] = []
    for (const buffer of this.#options.buffers()) {
      const chunk = buffer.take()
      if (chunk !== undefined) work.push({ buffer, chunk })
    }
    if (work.length === 0) return
    const observed = this.#options.metrics.writes.startTimer({ sink: SINK })
    await this.#commit(work, (chunk) => ({ offset: chunk.from, metadata: intentText(chunk) }))
    await Promise.all(work.map((each) => this.#insert(each)))
    await this.#putAside(work)
    await this.#commit(work, ({ end }) => ({ offset: end, metadata: '' }))
    observed()
  }

  #commit(
    work: Work[],
    position: (chunk: Chunk) => Pick<OffsetToCommit, 'offset' | 'metadata'>,
  ): Promise<void> {
    return this.#persist('committing offsets', async () => {
      const offsets = work
        .filter(({ buffer }) => !buffer.lost)
        .map(({ buffer: { origin }, chunk }) => ({
          topic: origin.topic,
          partition: origin.partition,
          ...position(chunk),
        }))
      if (offsets.length > 0) await this.#options.commit(offsets)
    })
  }

  async #insert({ buffer, chunk }: Work): Promise<void> {
    await this.#persist(`inserting rows of ${buffer.origin.topic}`, async () => {
      if (!buffer.lost) await this.#options.insert(buffer, chunk)
    })
    this.#options.metrics.rows.inc({ sink: SINK, topic: buffer.origin.topic }, chunk.lines.length)
  }

  async #putAside(work: Work[]): Promise<void> {
    const refused = work.filter(({ buffer }) => !buffer.lost).flatMap(({ chunk }) => chunk.refused)
    if (refused.length === 0) return
    await this.#persist('writing dead letters', () => this.#options.putAside(refused))
    for (const { record, reason } of refused) {
      this.#options.metrics.setAside.inc({ sink: SINK, topic: record.topic, reason })
    }
  }

  async #persist(what: string, attempt: () => Promise<void>): Promise<void> {
    await retrying(
      async () => {
        try {
          await attempt()
          this.failing = false
        } catch (error) {
          this.failing = true
          this.#options.metrics.failures.inc({ sink: SINK })
          throw error
        }
      },
      { what, log: this.#options.log, transient: isTransient, pointless: () => this.#givenUp },
    )
  }
}
