import type { ClickHouseClient } from '@clickhouse/client'
import type { Kafka } from 'kafkajs'
import type { Logger } from 'pino'
import { committedOffsets, partitionEnds } from '../../pipelines/engine/kafka/offsets.ts'
import { type TopicPartition, partitionKey } from '../../pipelines/engine/raw-record.ts'
import { topicIds } from '../../pipelines/engine/kafka/topic-ids.ts'
import { hasLanded } from './insert.ts'
import { type ChunkLimits, PartitionBuffer } from './partition-buffer.ts'
import { type Origin, rangeInDoubt } from './range.ts'

export interface TakeoverOptions {
  kafka: Kafka
  groupId: string
  client: ClickHouseClient
  /** Undefined for one whose rows have their places elsewhere: a range of it that is in doubt is read again, and only what is missing inserted. */
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
 * Finds where the previous owner stopped. A range that it recorded but may not have inserted is settled first: if the
 * table has it, it only remains to be committed; else exactly this range is read and inserted again.
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
      taken.push(await settle(origin, offset, metadata, options))
      continue
    }
    if (offset >= 0n) log.error({ ...origin, unread: Number(first - offset) }, 'records expired unread')
    taken.push({ buffer: new PartitionBuffer(origin, first, limits), position: first })
  }
  return taken
}

async function settle(
  origin: Origin,
  committed: bigint,
  metadata: string | null,
  { client, tableOf, limits, log }: TakeoverOptions,
): Promise<Taken> {
  const doubt = rangeInDoubt(committed, metadata)
  if (doubt === undefined) {
    return { buffer: new PartitionBuffer(origin, committed, limits), position: committed }
  }
  const table = await tableOf(origin.topic)
  const landed = table !== undefined && (await hasLanded(client, table, origin, doubt))
  log.info(
    { ...origin, from: Number(doubt.from), end: Number(doubt.end), landed },
    'settling a range in doubt',
  )
  const position = landed ? doubt.end : doubt.from
  return { buffer: new PartitionBuffer(origin, position, limits, doubt), position }
}
