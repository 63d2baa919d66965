import type { Admin, Kafka } from 'kafkajs'
import { topics } from '../../schemas/topics.ts'
import { readRanges } from './read-ranges.ts'
import { partitionEnds } from './topic-ends.ts'

/** The key of a ledger entry: whose play, by pseudonym, and which. */
export const ledgerKey = (listener: string, eventId: string): string => `${listener}:${eventId}`

/**
 * The event ids that have ever been imported for this listener. Call it once the listener's transactional id is fenced: what an
 * earlier import had begun is then either in the ledger or will never be.
 */
export async function importedEventIds(
  kafka: Kafka,
  admin: Admin,
  topicPrefix: string,
  listener: string,
): Promise<Set<string>> {
  const topic = `${topicPrefix}${topics.importedPlays.name}`
  const prefix = ledgerKey(listener, '')
  const found = new Set<string>()
  const ranges = (await partitionEnds(admin, topic)).map(({ partition, low, high }) => ({
    topic,
    partition,
    from: low,
    to: high,
  }))
  await readRanges(kafka, ranges, (_, messages) => {
    for (const { key } of messages) {
      const text = key?.toString() ?? ''
      if (text.startsWith(prefix)) found.add(text.slice(prefix.length))
    }
  })
  return found
}
