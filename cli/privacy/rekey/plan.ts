import type { Kafka } from 'kafkajs'
import { committedOffsets, partitionEnds } from '../../../pipelines/engine/kafka/offsets.ts'
import { type TopicPartition, partitionOf } from '../../../pipelines/engine/raw-record.ts'
import { RekeyError } from './errors.ts'
import type { Subject } from './subjects.ts'

export interface PlanOptions {
  kafka: Kafka
  applicationId: string
  /** That is pending, or will be. */
  epoch: number
  subjects: readonly Subject[]
}

/** How far a partition has come: what lies before `end` is from before the new epoch. */
export interface Place extends TopicPartition {
  next: bigint
  end: bigint
  /** How many of its rows have been written anew. Markers are none. */
  written: number
  /** Whether who may be behind has been told where it goes on. */
  followed: boolean
}

const METADATA = /^end=(\d+) written=(\d+)( followed)?$/

export const metadataOf = ({ end, written, followed }: Pick<Place, 'end' | 'written' | 'followed'>) =>
  `end=${end} written=${written}${followed ? ' followed' : ''}`

/** The group whose offsets say how far it has come. */
export const groupIdOf = ({ applicationId, epoch }: Pick<PlanOptions, 'applicationId' | 'epoch'>) =>
  `${applicationId}.rekey.${epoch}`

/** Where topics ended when it was begun, by {@link partitionKey}; empty if it has not been. */
export async function plannedPlaces(options: PlanOptions): Promise<Map<string, Place>> {
  const names = options.subjects.map(({ name }) => name)
  const places = new Map<string, Place>()
  for (const [key, { offset, metadata }] of await committedOffsets(
    options.kafka,
    groupIdOf(options),
    names,
  )) {
    const [, end, written, followed] = METADATA.exec(metadata ?? '') ?? []
    if (offset >= 0n && end !== undefined)
      places.set(key, {
        ...partitionOf(key),
        next: offset,
        end: BigInt(end),
        written: Number(written),
        followed: followed !== undefined,
      })
  }
  return places
}

/** How far all partitions have come. @throws RekeyError if that is lost of some: names would be mapped once more, or not at all */
export async function wholePlan(options: PlanOptions): Promise<Map<string, Place>> {
  const places = await plannedPlaces(options)
  const names = options.subjects.map(({ name }) => name)
  const lost = [...(await partitionEnds(options.kafka, names))].find(
    ([key, { high }]) => high > 0n && !places.has(key),
  )
  if (lost === undefined) return places
  throw new RekeyError(
    `Kafka has forgotten how far epoch ${options.epoch} has come in ${lost[0]}, an offset of ${groupIdOf(options)} (offsets.retention.minutes): ` +
      'what has a new name there cannot be told from what has not. Bring back topics and PSEUDONYM_KEYS as they were before it was begun',
  )
}
