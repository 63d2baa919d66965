import type { Kafka } from 'kafkajs'
import {
  type CommittedOffset,
  committedOffsets,
  partitionEnds,
} from '../../../pipelines/engine/kafka/offsets.ts'
import { withAdmin } from '../../../pipelines/engine/kafka/admin.ts'
import { readRanges } from '../../../pipelines/engine/kafka/read-ranges.ts'
import { groupOf } from '../../../pipelines/engine/kafka/run-topology.ts'
import { partitionKey, partitionOf } from '../../../pipelines/engine/raw-record.ts'
import { isMarker } from '../../../pipelines/engine/stamp.ts'
import { rangeInDoubt } from '../../../sinks/clickhouse/range.ts'
import { sinkGroup } from '../../../sinks/running-sink.ts'
import { topologyNames } from '../../shapes.ts'
import { RekeyError } from './errors.ts'
import type { Subject } from './subjects.ts'

/** A group that reads some of the topics, and where it stands, by {@link partitionKey}. */
export interface Reader {
  groupId: string
  offsets: ReadonlyMap<string, CommittedOffset>
}

export interface StandingOptions {
  kafka: Kafka
  applicationId: string
  subjects: readonly Subject[]
}

/** Push leaves what has to wait in its topic: it may be behind, where that is not emptied. (What Redis has is made anew, wherever its sink stood.) */
export const mayWait = (applicationId: string, groupId: string) => groupId === `${applicationId}.push`

/** All groups of this installation that have read some of the topics. @throws RekeyError while any process is in one */
export async function stoppedReaders({ kafka, applicationId, subjects }: StandingOptions): Promise<Reader[]> {
  const groupIds = await withAdmin(kafka, async (admin) => {
    const { groups } = await admin.listGroups()
    return groups
      .map(({ groupId }) => groupId)
      .filter((groupId) => groupId.startsWith(`${applicationId}.`) && !groupId.includes('.rekey.'))
  })
  const names = subjects.map(({ name }) => name)
  const readers: Reader[] = []
  for (const groupId of groupIds) {
    const offsets = await committedOffsets(kafka, groupId, names)
    if ([...offsets.values()].some(({ offset }) => offset >= 0n)) readers.push({ groupId, offsets })
  }
  await requireStopped({ kafka, applicationId }, readers)
  return readers
}

/** @throws RekeyError while any process is in a group of a reader or a topology */
export async function requireStopped(
  { kafka, applicationId }: Pick<StandingOptions, 'kafka' | 'applicationId'>,
  readers: readonly Reader[],
): Promise<void> {
  const writers = topologyNames.map((topology) => groupOf(applicationId, topology))
  const all = new Set([...writers, ...readers.map(({ groupId }) => groupId)])
  const { groups } = await withAdmin(kafka, (admin) => admin.describeGroups([...all]))
  const running = groups.filter(({ members }) => members.length > 0).map(({ groupId }) => groupId)
  if (running.length === 0) return
  throw new RekeyError(
    `there are processes in ${running.join(', ')}: stop what writes first – gateway, imports, anonymise – then, when \`continuo status\` tells of no lag, all the others`,
  )
}

/**
 * @throws RekeyError where a group has not read all up to these ends, by {@link partitionKey}: its rows would be behind it, under new names, or
 * in state under old ones
 */
export async function requireDrained(
  readers: readonly Reader[],
  ends: ReadonlyMap<string, bigint>,
  { kafka, applicationId, subjects }: StandingOptions,
): Promise<void> {
  const behind: string[] = []
  const emptied = new Set(subjects.filter(({ how }) => how === 'empty').map(({ name }) => name))
  const lows = await partitionEnds(
    kafka,
    subjects.map(({ name }) => name),
  )
  for (const { groupId, offsets } of readers) {
    const waits = mayWait(applicationId, groupId) || groupId === sinkGroup('redis-lists', applicationId)
    for (const [topic, partitions] of partitionsOf(offsets)) {
      if ((waits && !emptied.has(topic)) || !partitions.some(({ offset }) => offset >= 0n)) continue
      const ranges = partitions.flatMap(({ partition, offset }) => {
        const key = partitionKey({ topic, partition })
        const low = lows.get(key)?.low ?? 0n
        const from = offset > low ? offset : low
        return [{ topic, partition, from, until: ends.get(key) ?? 0n }]
      })
      const rows = await countRows(kafka, ranges)
      if (rows > 0) behind.push(`${groupId} has ${rows} records of ${topic} still to read`)
      else if (partitions.some(({ offset, metadata }) => rangeInDoubt(offset, metadata) !== undefined))
        behind.push(`${groupId} was killed amid an insert of ${topic}`)
    }
  }
  if (behind.length === 0) return
  throw new RekeyError(
    `${behind.join('\n')}\nstart these again, without anonymise, the gateway and imports, and stop them when \`continuo status\` tells of no lag`,
  )
}

function partitionsOf(offsets: Reader['offsets']) {
  const all = [...offsets].map(([key, committed]) => ({ ...partitionOf(key), ...committed }))
  return Map.groupBy(all, ({ topic }) => topic)
}

/** How many rows there are. What tasks tell each other of time is none: some of it is written by whoever stops. */
export async function countRows(
  kafka: Kafka,
  ranges: readonly { topic: string; partition: number; from: bigint; until: bigint }[],
): Promise<number> {
  const until = new Map(ranges.map((each) => [partitionKey(each), each.until]))
  let rows = 0
  await readRanges({
    kafka,
    ranges,
    onRead: (place, records) => {
      const end = until.get(partitionKey(place))!
      rows += records.filter((record) => record.offset < end && !isMarker(record)).length
    },
  })
  return rows
}
