import type { Admin, Kafka } from 'kafkajs'
import { topics } from '../../schemas/topics.ts'
import { EVENT_ID_CHARACTERS } from './ids.ts'
import { readRanges } from './read-ranges.ts'
import { partitionEnds } from './topic-ends.ts'

/** The key of a ledger entry: whose plays, by pseudonym, and which, their event ids one behind the other. */
export const ledgerKey = (listener: string, eventIds: readonly string[]): string =>
  `${listener}:${eventIds.join('')}`

/**
 * Tells each event id that has ever been imported for this listener. Call it once the listener's transactional id is fenced: what an
 * earlier import had begun is then either in the ledger or will never be.
 */
export async function readLedger(
  { kafka, admin, topicPrefix }: { kafka: Kafka; admin: Admin; topicPrefix: string },
  listener: string,
  onEventId: (eventId: string) => void,
): Promise<void> {
  const topic = `${topicPrefix}${topics.importedPlays.name}`
  const prefix = ledgerKey(listener, [])
  const ranges = (await partitionEnds(admin, topic)).map(({ partition, low, high }) => ({
    topic,
    partition,
    from: low,
    to: high,
  }))
  await readRanges(kafka, ranges, (_, messages) => {
    for (const { key } of messages) {
      if (key === null || key.toString('latin1', 0, prefix.length) !== prefix) continue
      for (let at = prefix.length; at < key.length; at += EVENT_ID_CHARACTERS)
        onEventId(key.toString('latin1', at, at + EVENT_ID_CHARACTERS))
    }
  })
}
