import fc from 'fast-check'
import { partitionByKey } from '../../../../pipelines/engine/kafka/partition-by-key.ts'
import type { TopologyDriver } from '../../../../pipelines/engine/testing/drive.ts'
import type { Topic } from '../../../../schemas/topic.ts'
import { type Reading, readings } from '../windowing/folding.ts'

type Crash = 'before it' | 'before its commit'

/** One record of a source topic, in the order in which they are processed over all of its partitions. */
export interface Sent {
  seq: number
  /** By what it is keyed through the repartition topic. */
  key: string
  time: number
  /** Of the source topic. */
  partition: number
  crash: 'no' | Crash
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

const KEYS = ['a', 'b', 'a:1', '', 'all']

/** A record as it is sent: its `value` is the number of its key, see {@link keyOf}. */
const readingOf = ({ seq, key, time }: Sent): Reading => ({ seq, time, value: KEYS.indexOf(key) })

export const keyOf = ({ value }: Reading): string => KEYS[value]!

/** Another topic of readings. */
export const readingsNamed = (name: string): typeof readings => ({ ...readings, name })

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
export const unevenSources = (
  partitions: number,
  crashes: readonly Crash[] = ['before it'],
): fc.Arbitrary<Sent[]> => {
  const record = fc.record({
    key: fc.constantFrom('a', 'b', 'a:1', ''),
    time: fc.integer({ min: -30, max: 60 }),
    crash: fc.constantFrom(...Array<'no'>(5).fill('no'), ...crashes),
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

/** Sources of 1 to `most` partitions, and how many they are. */
export const upTo = (most: number, make: (partitions: number) => fc.Arbitrary<Sent[]>) =>
  fc.integer({ min: 1, max: most }).chain((partitions) => fc.tuple(fc.constant(partitions), make(partitions)))

/** Sends what begins the `sources` together, and the rest one by one, with their crashes. */
export async function drain(
  kafka: TopologyDriver,
  sent: readonly Sent[],
  sources: number,
  placeOf: (each: Sent) => { topic?: Topic<Reading>; partition: number } = ({ partition }) => ({ partition }),
): Promise<void> {
  const sendingOf = (each: Sent) => {
    const { topic = readings, partition } = placeOf(each)
    return [topic, readingOf(each), { partition }] as const
  }
  await kafka.sendAll(sent.slice(0, sources).map(sendingOf))
  for (const each of sent.slice(sources)) {
    if (each.crash === 'before it') kafka.crash()
    if (each.crash === 'before its commit') kafka.crashBeforeCommit()
    await kafka.send(...sendingOf(each))
  }
}
