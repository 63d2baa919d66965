import fc from 'fast-check'
import { partitionByKey } from '../../../../pipelines/engine/kafka/partition-by-key.ts'

/** One record of a source topic, in the order in which they are processed over all of its partitions. */
export interface Sent {
  seq: number
  /** By what it is keyed through the repartition topic. */
  key: string
  time: number
  /** Of the source topic. */
  partition: number
  crash: 'no' | 'before it' | 'before its commit'
}

/** A record, and what the tasks knew when it was processed. */
export interface Arrival extends Sent {
  /** Stream time of its source partition, itself included. */
  carried: number
  /** The least of those of all source partitions. */
  watermark: number
  /** Of the repartition topic. */
  to: number
}

/** A time after all others. */
export const END = 1_000

/** A partition that is behind holds up the others from its first record on: so each begins with one that is before all. */
const opening = (partitions: number, time: number) =>
  Array.from({ length: partitions }, (_, partition) => ({
    key: 'all',
    time,
    partition,
    crash: 'no' as const,
  }))

/**
 * Records of a few keys, out of order, from partitions that drain unevenly: long runs of one while another stands, and which one is ahead
 * in event time is left to chance. Each partition begins with a record before all others and ends with one after all.
 */
export const unevenSources = (partitions: number): fc.Arbitrary<Sent[]> => {
  const record = fc.record({
    key: fc.constantFrom('a', 'b', 'a:1', ''),
    time: fc.integer({ min: -30, max: 60 }),
    crash: fc.constantFrom('no', 'no', 'no', 'no', 'no', 'before it', 'before its commit'),
  })
  const run = fc.record({
    partition: fc.nat(partitions - 1),
    records: fc.array(record, { minLength: 1, maxLength: 6 }),
  })
  return fc.array(run, { maxLength: 10, size: 'max' }).map((runs) => {
    const middle = runs.flatMap(({ partition, records }) => records.map((each) => ({ ...each, partition })))
    const all = [...opening(partitions, -1_000), ...middle, ...opening(partitions, END)]
    return all.map((each, seq) => ({ ...each, seq }))
  })
}

/** What the tasks know of each record: of plain lists. */
export function arrivals(sent: readonly Sent[], partitions: number): Arrival[] {
  const times = Array<number>(partitions).fill(-Infinity)
  return sent.map((each) => {
    const carried = (times[each.partition] = Math.max(times[each.partition]!, each.time))
    const to = partitionByKey(Buffer.from(each.key), partitions)
    return { ...each, carried, watermark: Math.min(...times), to }
  })
}
