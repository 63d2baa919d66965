import type { SetAside, Source } from '../decode.ts'
import type { OffsetRange, Origin } from './range.ts'

/** Bounds of one insert. A chunk may exceed the bytes by one row. */
export interface ChunkLimits {
  rows: number
  bytes: number
}

/** What goes into one insert: a range of offsets and its rows, always the same for the same range. */
export interface Chunk extends OffsetRange {
  rows: Buffer[]
  /** What each row was made of. */
  sources: Source[]
  /** Records of the range that become no row. */
  refused: SetAside[]
  /** The size of rows and refused records together. */
  bytes: number
  /** Whether it was begun by a previous owner: its rows may be in the table already. */
  isRepeated: boolean
}

const emptyChunk = (range: OffsetRange, isRepeated: boolean): Chunk => ({
  ...range,
  rows: [],
  sources: [],
  refused: [],
  bytes: 0,
  isRepeated,
})

/** Rows of one partition on their way to a table, cut into chunks that follow one another without a gap. */
export class PartitionBuffer {
  readonly origin: Origin
  /** Set when the partition belongs to another process: from then on nothing more may be written or committed. */
  lost = false
  readonly #limits: ChunkLimits
  readonly #chunks: Chunk[] = []
  /** The chunk that repeats what the previous owner left in doubt: its end is fixed. */
  readonly #repeated: Chunk | undefined
  #repeatedIsComplete = true
  /** Where the last chunk taken ends. */
  #takenUpTo: bigint

  /**
   * `position` is where reading begins. A range in doubt begins there, and becomes the first chunk, exact to the offset.
   */
  constructor(origin: Origin, position: bigint, limits: ChunkLimits, doubt?: OffsetRange) {
    this.origin = origin
    this.#limits = limits
    this.#takenUpTo = position
    if (doubt === undefined) return
    this.#repeated = emptyChunk(doubt, true)
    this.#repeatedIsComplete = false
    this.#chunks.push(this.#repeated)
  }

  /** The next record, in offset order, as the row that it becomes. */
  append(offset: bigint, row: Buffer, source: Source): void {
    const chunk = this.#chunkFor(offset)
    chunk.rows.push(row)
    chunk.sources.push(source)
    chunk.bytes += row.length
  }

  /** The next record, in offset order, which becomes no row. `offset`: where it was read, if that is not its own. */
  refuse(refused: SetAside, offset = refused.record.offset): void {
    const chunk = this.#chunkFor(offset)
    chunk.refused.push(refused)
    chunk.bytes += refused.record.value?.length ?? 0
  }

  /** Everything before `next` has been seen. */
  cover(next: bigint): void {
    if (next > (this.#repeated?.last ?? -1n)) this.#repeatedIsComplete = true
    const tail = this.#chunks.at(-1)
    if (tail !== undefined && tail !== this.#repeated && tail.end < next) tail.end = next
  }

  /** Takes the oldest chunk away, unless it still waits for records that it must hold. */
  take(): Chunk | undefined {
    if (!this.takeable) return undefined
    const chunk = this.#chunks.shift()
    if (chunk !== undefined) this.#takenUpTo = chunk.end
    return chunk
  }

  /** Whether there is something for {@link take}. */
  get takeable(): boolean {
    return this.#repeatedIsComplete && this.#chunks.length > 0
  }

  /** What {@link take} would bring, now and in the next rounds. */
  get waiting(): { records: number; bytes: number } {
    let records = 0
    let bytes = 0
    for (const chunk of this.takeable ? this.#chunks : []) {
      records += chunk.rows.length + chunk.refused.length
      bytes += chunk.bytes
    }
    return { records, bytes }
  }

  #chunkFor(offset: bigint): Chunk {
    if (this.#repeated !== undefined && offset < this.#repeated.end) return this.#repeated
    this.#repeatedIsComplete = true
    let open = this.#chunks.at(-1)
    if (open === undefined || open === this.#repeated || this.#isFull(open)) {
      const from = open?.end ?? this.#takenUpTo
      open = emptyChunk({ from, end: from, last: undefined }, false)
      this.#chunks.push(open)
    }
    open.end = offset + 1n
    open.last = offset
    return open
  }

  #isFull({ rows, refused, bytes }: Chunk): boolean {
    return rows.length + refused.length >= this.#limits.rows || bytes >= this.#limits.bytes
  }
}
