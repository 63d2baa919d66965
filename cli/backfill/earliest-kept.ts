import type { Kafka } from 'kafkajs'
import type { Topology } from '../../pipelines/engine/index.ts'
import { partitionEnds } from '../../pipelines/engine/kafka/offsets.ts'
import { readRanges } from '../../pipelines/engine/kafka/read-ranges.ts'
import {
  type RawRecord,
  type TopicPartition,
  partitionKey,
  partitionOf,
} from '../../pipelines/engine/raw-record.ts'
import { unfedTask } from '../../pipelines/engine/unfed-task.ts'
import type { Codec } from '../../schemas/codec.ts'

/** What a topic still has. */
export interface KeptTopic {
  /** Name without prefix. */
  topic: string
  /** Offsets between its first and its last record: at least so many as records. */
  records: number
  /** Event time of the first record of each partition, the earliest of them, ms since 1970; undefined where none has a time that can be used. */
  earliest: number | undefined
}

const BYTES_A_FETCH = 64 * 1024

export interface KeptOptions {
  kafka: Kafka
  codec: Codec
  topicPrefix: string
}

/** How far back the inputs of a topology reach. A topic that holds nothing has 0 records. */
export async function earliestKept(
  topology: Topology,
  inputs: readonly string[],
  { kafka, codec, topicPrefix }: KeptOptions,
): Promise<KeptTopic[]> {
  const ends = await partitionEnds(
    kafka,
    inputs.map((name) => topicPrefix + name),
  )
  const ranges = [...ends].map(([key, { low, high }]) => ({ ...partitionOf(key), from: low, until: high }))
  const firsts = await firstRecords(kafka, ranges)
  await codec.load(firsts.map(({ value }) => value))
  const task = unfedTask(topology, { codec })
  return inputs.map((topic) => {
    const its = <R extends TopicPartition>(all: readonly R[]) =>
      all.filter((each) => each.topic === topicPrefix + topic)
    const times = its(firsts).flatMap((record) => task.timeOf(topic, record) ?? [])
    return {
      topic,
      records: its(ranges).reduce((sum, { from, until }) => sum + Number(until - from), 0),
      earliest: times.length === 0 ? undefined : Math.min(...times),
    }
  })
}

/** The first committed record of each range that has one. */
async function firstRecords(
  kafka: Kafka,
  ranges: readonly (TopicPartition & { from: bigint; until: bigint })[],
): Promise<RawRecord[]> {
  const found = new Map<string, RawRecord>()
  const read = new AbortController()
  const left = new Set(ranges.filter(({ from, until }) => from < until).map(partitionKey))
  await readRanges({
    kafka,
    ranges,
    bytesAFetch: BYTES_A_FETCH,
    signal: read.signal,
    onRead(partition, [first]) {
      if (first === undefined) return
      const key = partitionKey(partition)
      if (left.delete(key)) found.set(key, first)
      if (left.size === 0) read.abort()
    },
  })
  return [...found.values()]
}
