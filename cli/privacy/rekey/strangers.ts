import type { Kafka } from 'kafkajs'
import { partitionEnds } from '../../../pipelines/engine/kafka/offsets.ts'
import { partitionOf } from '../../../pipelines/engine/raw-record.ts'
import { counted } from '../../status/text.ts'
import { RekeyError } from './errors.ts'
import type { Place } from './plan.ts'
import { countRows } from './standing.ts'
import type { Subject } from './subjects.ts'

/** What somebody else has written to a topic since its end was planned, in words; undefined: nothing. State is written by groups alone, which have stopped. */
export async function tellStrangers(
  kafka: Kafka,
  subject: Subject,
  places: ReadonlyMap<string, Place>,
): Promise<string | undefined> {
  if (subject.marked === undefined) return undefined
  const rows = await strangeRows(kafka, subject.name, places)
  if (rows === 0) return undefined
  return `somebody has written ${counted(rows, 'record')} to ${subject.name} since its end was planned, under old names, which nobody has read`
}

/** @throws RekeyError where somebody has written to a topic before anything was brought into the epoch, so that it can be taken back */
export async function requireNoStrangers(
  kafka: Kafka,
  subjects: readonly Subject[],
  places: ReadonlyMap<string, Place>,
): Promise<void> {
  for (const subject of subjects) {
    const found = await tellStrangers(kafka, subject, places)
    if (found !== undefined)
      throw new RekeyError(
        `${found}: stop gateways and imports, start what reads it and stop that when \`continuo status\` tells of no lag, then try again`,
      )
  }
}

/** How many rows lie behind the planned ends that are none of ours. Where rows go by their age, or for newer ones of their key, it may be fewer than there were. */
async function strangeRows(kafka: Kafka, topic: string, places: ReadonlyMap<string, Place>): Promise<number> {
  const ends = await partitionEnds(kafka, [topic])
  const ranges = [...ends].map(([key, { low, high }]) => {
    const end = places.get(key)?.end ?? 0n
    return { ...partitionOf(key), from: end > low ? end : low, until: high }
  })
  const ours = [...ends.keys()].reduce((sum, key) => sum + (places.get(key)?.written ?? 0), 0)
  return Math.max(0, (await countRows(kafka, ranges)) - ours)
}
