import type { OffsetToCommit } from '../../pipelines/engine/kafka/offsets.ts'
import type { Attempts } from '../attempts.ts'
import type { SetAside, Source } from '../decode.ts'
import { observeLatency } from '../metrics.ts'
import type { SinkOptions } from '../running-sink.ts'
import { SAMPLE_SIZE, evenly } from '../sample.ts'
import type { Chunk, ChunkLimits, PartitionBuffer } from './partition-buffer.ts'
import { intentText } from './range.ts'
import type { RefusedRow } from './refused-row.ts'

export interface ChunkWriterOptions extends Pick<SinkOptions, 'metrics'> {
  attempts: Attempts
  buffers(): Iterable<PartitionBuffer>
  /** Writes the rows of a chunk, all or none: none if it answers the first that the table refuses. */
  insert(buffer: PartitionBuffer, chunk: Chunk): Promise<RefusedRow | undefined>
  /** When what a row is made of reached Kafka, ms since 1970; undefined where its table does not say. */
  receivedAt(source: Source): number | undefined
  /** Refused by the broker once the group has moved on. */
  commit(offsets: OffsetToCommit[]): Promise<void>
  /** Rows of it do not tell whether what comes is well. */
  replayTopic?: string | undefined
  limits: ChunkLimits
  /** A row waits at most so many milliseconds for others. */
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
 *     commit "I am about to write up to END"  →  put aside what becomes no row  →  insert  →  commit END
 *
 * A crash anywhere in between leaves a range in doubt that names itself, and the next owner finishes just that: it reads the range again, and inserts what the
 * table has not. What of it becomes no row is put aside first, a row that the table refuses, too, before the rest is sent: it would not be looked for again
 * if its range were to expire.
 */
export class ChunkWriter {
  readonly #options: ChunkWriterOptions
  #round: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(options: ChunkWriterOptions) {
    this.#options = options
  }

  /** Something waits: begins a round, at once if there is much of it, else as soon as it is old enough. */
  wake(): void {
    if (this.#round !== undefined || this.#options.attempts.givenUp) return
    if (this.#isFull) this.#begin()
    else this.#timer ??= setTimeout(() => this.#begin(), this.#options.maxAgeMs)
  }

  /** Resolves when there is room for more. */
  async relieved(): Promise<void> {
    while (this.#isFull && !this.#options.attempts.givenUp) {
      this.wake()
      await this.#round
    }
  }

  /** Resolves when nothing waits, or it has been given up: what is then in doubt is settled at the next start. */
  async drained(): Promise<void> {
    while (!this.#options.attempts.givenUp && (this.#round !== undefined || this.#takeable)) {
      if (this.#round === undefined) this.#begin()
      await this.#round
    }
    clearTimeout(this.#timer)
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
      .catch(this.#options.attempts.crash)
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
    const { attempts, metrics, replayTopic } = this.#options
    const observed = metrics.writes.startTimer({ sink: SINK })
    await this.#commit(work, (chunk) => ({ offset: chunk.from, metadata: intentText(chunk) }))
    const ours = owned(work)
    await attempts.putAside(
      ours.flatMap(({ chunk }) => chunk.refused),
      ours
        .filter(({ buffer }) => buffer.origin.topic !== replayTopic)
        .reduce((rows, { chunk }) => rows + chunk.rows.length, 0),
    )
    await Promise.all(work.map((each) => this.#insert(each)))
    await this.#commit(work, ({ end }) => ({ offset: end, metadata: '' }))
    observed()
    for (const { buffer, chunk } of ours)
      if (buffer.origin.topic !== replayTopic)
        observeLatency(metrics, { sink: SINK, topic: buffer.origin.topic }, this.#someReceivedAt(chunk))
  }

  /** Of some rows of a chunk. */
  #someReceivedAt({ sources }: Chunk): number[] {
    return evenly(sources, SAMPLE_SIZE)
      .map(this.#options.receivedAt)
      .filter((ms) => ms !== undefined)
  }

  #commit(
    work: Work[],
    position: (chunk: Chunk) => Pick<OffsetToCommit, 'offset' | 'metadata'>,
  ): Promise<void> {
    return this.#options.attempts.run('committing offsets', async () => {
      const offsets = owned(work).map(({ buffer: { origin }, chunk }) => ({
        topic: origin.topic,
        partition: origin.partition,
        ...position(chunk),
      }))
      if (offsets.length > 0) await this.#options.commit(offsets)
    })
  }

  async #insert({ buffer, chunk }: Work): Promise<void> {
    const { attempts, insert, metrics } = this.#options
    const { topic } = buffer.origin
    const attempt = async () => (buffer.lost ? undefined : insert(buffer, chunk))
    for (;;) {
      const refused = await attempts.run(`inserting rows of ${topic}`, attempt)
      if (refused === undefined) break
      await attempts.putAside([withoutRow(chunk, refused)])
    }
    // Whoever has the partition now writes and counts them.
    if (!buffer.lost) metrics.rows.inc({ sink: SINK, topic }, chunk.rows.length)
  }
}

/** Takes a row out of its chunk; what it was made of. */
function withoutRow({ rows, sources }: Chunk, { row, reason }: RefusedRow): SetAside {
  rows.splice(row, 1)
  const [source] = sources.splice(row, 1)
  return { ...source!, reason }
}

/** What is still this process's to write: a partition may be lost at any moment. */
const owned = (work: Work[]) => work.filter(({ buffer }) => !buffer.lost)
