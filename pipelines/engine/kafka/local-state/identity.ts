import type { PartitionEnds } from '../offsets.ts'
import { StateFileError } from './state-file-error.ts'
import type { StoreEntry } from './state-file.ts'

/** What a snapshot is of. */
export interface Identity {
  cluster: string
  /** Of the changelog, as Kafka knows it. */
  topic: string
  topicId: string
  partition: number
}

/** How state lies in the file; a version of the program that writes otherwise takes the next number. */
export const FORMATS = { log: 1, table: 2 } as const
export type Format = (typeof FORMATS)[keyof typeof FORMATS]

/** What is written into it. */
export const identify = (format: Format, identity: Identity) => ({ format, ...identity })

/**
 * How long a snapshot is good for, ms: half of what the changelog keeps deletions for, or what has been deleted since would be there
 * again.
 */
export const GOOD_FOR_MS = 12 * 3_600_000
/** How long a changelog keeps deletions, ms. */
export const DELETIONS_KEPT_MS = 2 * GOOD_FOR_MS

/** @throws StateFileError unless a changelog that begins and ends so goes on where the snapshot ends; `now` is in ms since 1970. */
export function requireOf(
  format: Format,
  identity: Identity,
  entry: StoreEntry,
  { low, high }: PartitionEnds,
  now: number,
): void {
  const found = entry.identity as ReturnType<typeof identify>
  const known = identify(format, identity)
  if (found.format !== known.format)
    throw new StateFileError('another_format', `it has format ${found.format}, not ${known.format}`)
  if (found.cluster !== known.cluster)
    throw new StateFileError('another_cluster', `it is of cluster ${found.cluster}, not ${known.cluster}`)
  if (found.topic !== known.topic || found.partition !== known.partition)
    throw new StateFileError(
      'another_changelog',
      `it is of ${found.topic}:${found.partition}, not ${known.topic}:${known.partition}`,
    )
  if (found.topicId !== known.topicId)
    throw new StateFileError('changelog_made_anew', `${known.topic} has been deleted and made anew since`)
  const offset = BigInt(entry.offset)
  if (offset > high)
    throw new StateFileError(
      'ahead_of_changelog',
      `it is of offset ${offset}, and ${known.topic} ends at ${high}`,
    )
  if (offset < low)
    throw new StateFileError(
      'behind_changelog',
      `it is of offset ${offset}, and ${known.topic} begins at ${low}`,
    )
  if (now - entry.writtenAt > GOOD_FOR_MS)
    throw new StateFileError('too_old', 'the changelog may have forgotten what was deleted since')
}
