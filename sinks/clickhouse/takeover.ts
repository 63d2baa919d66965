import type { ClickHouseClient } from '@clickhouse/client'
import type { Kafka } from 'kafkajs'
import type { Logger } from 'pino'
import { committedOffsets, partitionEnds } from '../../pipelines/engine/kafka/offsets.ts'
import { type TopicPartition, partitionKey } from '../../pipelines/engine/raw-record.ts'
import { topicIds } from '../../pipelines/engine/kafka/topic-ids.ts'
import { endOfRows } from './landed.ts'
import { type ChunkLimits, PartitionBuffer } from './partition-buffer.ts'
import { type Origin, rangeInDoubt } from './range.ts'

export interface TakeoverOptions {
  kafka: Kafka
  groupId: string
  client: ClickHouseClient
  /** Undefined for one whose rows have their places elsewhere. */
  tableOf(topic: string): Promise<string> | undefined
  limits: ChunkLimits
  log: Logger
}

/** A partition newly ours: its buffer, and from where to read. */
export interface Taken {
  buffer: PartitionBuffer
  position: bigint
}

/**
 * Finds where the previous owner stopped, or where its rows do if the group's offsets are gone. A range that it recorded but may not have inserted is settled first: exactly
 * this range is read again, and of its rows those inserted that the table has not.
 */
export async function takeOver(gained: TopicPartition[], options: TakeoverOptions): Promise<Taken[]> {
  const { kafka, groupId, limits, log } = options
  const topics = [...new Set(gained.map(({ topic }) => topic))]
  const [ids, ends, committed] = await Promise.all([
    topicIds(kafka, topics),
    partitionEnds(kafka, topics),
    committedOffsets(kafka, groupId, topics),
  ])
  const taken: Taken[] = []
  for (const each of gained) {
    const key = partitionKey(each)
    const origin = { ...each, topicId: ids.get(each.topic)! }
    const first = ends.get(key)?.low ?? 0n
    const { offset, metadata } = committed.get(key) ?? { offset: -1n, metadata: null }
    if (offset >= first) {
      taken.push(settle(origin, offset, metadata, options))
      continue
    }
    if (offset >= 0n) log.error({ ...origin, unread: Number(first - offset) }, 'records expired unread')
    const behind = offset < 0n ? await behindRows(origin, options) : undefined
    const position = behind !== undefined && behind > first ? behind : first
    taken.push({ buffer: new PartitionBuffer(origin, position, limits), position })
  }
  return taken
}

/** Where rows of a partition end whose group has committed nothing, or forgotten it; undefined where there are none. */
async function behindRows(
  origin: Origin,
  { client, tableOf, groupId, log }: TakeoverOptions,
): Promise<bigint | undefined> {
  const table = await tableOf(origin.topic)
  const behind = table === undefined ? undefined : await endOfRows(client, table, origin)
  if (behind !== undefined)
    log.warn(
      { ...origin, groupId, position: Number(behind) },
      'the group has no offset of this partition, but its table has rows: going on behind them (are offsets.retention.minutes of the brokers too few?)',
    )
  return behind
}

function settle(origin: Origin, committed: bigint, metadata: string | null, options: TakeoverOptions): Taken {
  const { limits, log } = options
  const doubt = rangeInDoubt(committed, metadata)
  if (doubt !== undefined)
    log.info({ ...origin, from: Number(doubt.from), end: Number(doubt.end) }, 'settling a range in doubt')
  return { buffer: new PartitionBuffer(origin, committed, limits, doubt), position: committed }
}
