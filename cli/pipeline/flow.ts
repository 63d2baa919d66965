import type { Admin, Kafka } from 'kafkajs'
import { readRanges } from '../../pipelines/engine/kafka/read-ranges.ts'
import { partitionKey } from '../../pipelines/engine/raw-record.ts'
import type { Standing } from '../status/look.ts'
import type { Flow } from './stage-health.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000

/** For each stage, in order: how much came lately, and since when its oldest record waits, by the times of Kafka's records. */
export async function flows(
  { kafka, admin, signal }: { kafka: Kafka; admin: Admin; signal: AbortSignal },
  stages: readonly (readonly Standing[])[],
  now: number,
): Promise<Flow[]> {
  const topics = [...new Set(stages.flat().map(({ topic }) => topic))]
  const [minuteAgo, hourAgo, waiting] = await Promise.all([
    offsetsAt(admin, topics, now - MINUTE_MS),
    offsetsAt(admin, topics, now - HOUR_MS),
    Promise.all(stages.map((standing) => oldestWaiting(kafka, standing, signal))),
  ])
  return stages.map((standing, at) => {
    const since = (then: ReadonlyMap<string, bigint>) =>
      standing.reduce((sum, each) => sum + came(each, then.get(partitionKey(each))), 0)
    return {
      inPerSecond: (since(minuteAgo) * 1_000) / MINUTE_MS,
      inLastHour: since(hourAgo),
      waitingSince: waiting[at],
    }
  })
}

const came = ({ high }: Standing, then: bigint | undefined): number =>
  then === undefined || then > high ? 0 : Number(high - then)

/** The first offsets from that time on, by partition. */
async function offsetsAt(admin: Admin, topics: readonly string[], at: number): Promise<Map<string, bigint>> {
  const offsets = await Promise.all(
    topics.map(async (topic) =>
      (await admin.fetchTopicOffsetsByTimestamp(topic, at)).map(
        ({ partition, offset }) => [partitionKey({ topic, partition }), BigInt(offset)] as const,
      ),
    ),
  )
  return new Map(offsets.flat())
}

/** When the first record came that a group has not done with. One batch is fetched of each partition. */
async function oldestWaiting(
  kafka: Kafka,
  standing: readonly Standing[],
  signal: AbortSignal,
): Promise<number | undefined> {
  const times = new Map<string, number>()
  await readRanges({
    kafka,
    signal,
    uncommitted: true,
    bytesAFetch: 1,
    ranges: standing
      .filter(({ next, high }) => next < high)
      .map(({ topic, partition, next }) => ({ topic, partition, from: next, until: next + 1n })),
    onRead(partition, [first]) {
      if (first !== undefined && !times.has(partitionKey(partition)))
        times.set(partitionKey(partition), first.timestamp)
    },
  })
  return times.size === 0 ? undefined : Math.min(...times.values())
}
