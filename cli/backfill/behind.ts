import type { Kafka } from 'kafkajs'
import { withAdmin } from '../../pipelines/engine/kafka/admin.ts'
import { partitionEnds } from '../../pipelines/engine/kafka/offsets.ts'
import { readRanges } from '../../pipelines/engine/kafka/read-ranges.ts'
import { type TopicPartition, partitionKey } from '../../pipelines/engine/raw-record.ts'

/** A group, and what it reads, as Kafka knows both. */
export interface Reader {
  groupId: string
  topics: readonly string[]
}

type Ends = ReadonlyMap<string, bigint>

/** Up to so many offsets it is worth reading, whether they are records or only the ends of transactions. */
const COUNTED_EXACTLY = 2_000

/**
 * How far some readers are behind. Of a topic that goes on growing nobody has ever read all: it is asked about what was there
 * at the look before.
 */
export class Behind {
  readonly #kafka: Kafka
  readonly #readers: readonly Reader[]
  #ends: Ends = new Map()

  constructor(kafka: Kafka, readers: readonly Reader[]) {
    this.#kafka = kafka
    this.#readers = readers
  }

  /** Records that each reader has still to read; undefined at the first look, which only remembers what there is. */
  async look(): Promise<number[] | undefined> {
    const before = this.#ends
    const now = await partitionEnds(
      this.#kafka,
      this.#readers.flatMap(({ topics }) => topics),
    )
    this.#ends = new Map([...now].map(([key, { high }]) => [key, high]))
    if (before.size === 0) return undefined
    const lows = new Map([...now].map(([key, { low }]) => [key, low]))
    return Promise.all(this.#readers.map((reader) => this.#unread(reader, before, lows)))
  }

  async #unread({ groupId, topics }: Reader, ends: Ends, lows: Ends): Promise<number> {
    const committed = await withAdmin(this.#kafka, (admin) =>
      admin.fetchOffsets({ groupId, topics: [...topics] }),
    )
    const rest = committed.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, offset }) => {
        const key = partitionKey({ topic, partition })
        const low = lows.get(key) ?? 0n
        const from = BigInt(offset) > low ? BigInt(offset) : low
        return { topic, partition, from, until: ends.get(key) ?? 0n }
      }),
    )
    const left = rest.filter(({ from, until }) => from < until)
    const offsets = left.reduce((sum, { from, until }) => sum + Number(until - from), 0)
    return offsets > COUNTED_EXACTLY ? offsets : countRecords(this.#kafka, left)
  }
}

async function countRecords(
  kafka: Kafka,
  ranges: readonly (TopicPartition & { from: bigint; until: bigint })[],
): Promise<number> {
  const until = new Map(ranges.map((each) => [partitionKey(each), each.until]))
  let records = 0
  await readRanges({
    kafka,
    ranges,
    onRead: (partition, read) => {
      const end = until.get(partitionKey(partition)) ?? 0n
      records += read.filter(({ offset }) => offset < end).length
    },
  })
  return records
}
