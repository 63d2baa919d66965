import type { Admin, Kafka } from 'kafkajs'
import { setTimeout as delay } from 'node:timers/promises'

export interface TopicSpec {
  /** As Kafka knows it, prefix included. */
  topic: string
  partitions: number
  config: Readonly<Record<string, string>>
}

/** A topic is not as it must be; the message says how to mend it. */
export class TopicError extends Error {
  override readonly name = 'TopicError'
}

/**
 * Runs `work` with an admin client that is closed afterwards; runs it again while the brokers ask for that, so it has to be
 * safe to repeat.
 */
export async function withAdmin<T>(kafka: Kafka, work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafka.admin()
  await admin.connect()
  try {
    return await onceSettled(() => work(admin))
  } finally {
    await admin.disconnect()
  }
}

const SETTLING_MS = 30_000
const RETRY_MS = 50

/**
 * A topic that was just created reaches the brokers one by one, and a partition may be between two leaders: until then they
 * deny that it exists, or that it has one. kafkajs's admin gives up at the first such answer.
 */
async function onceSettled<T>(ask: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + SETTLING_MS
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if ((error as { retriable?: boolean }).retriable !== true || performance.now() > deadline) throw error
      await delay(RETRY_MS)
    }
  }
}

/** How many partitions each of these topics has. @throws TopicError for a topic that does not exist. */
export async function partitionCounts(admin: Admin, names: string[]): Promise<Map<string, number>> {
  const existing = new Set(await admin.listTopics())
  const missing = names.filter((name) => !existing.has(name))
  if (missing.length > 0) {
    throw new TopicError(
      `Topics ${missing.join(', ')} do not exist: run \`continuo migrate\`, or check TOPIC_PREFIX`,
    )
  }
  return countsOf(admin, names)
}

async function countsOf(admin: Admin, names: string[]): Promise<Map<string, number>> {
  const { topics } = await admin.fetchTopicMetadata({ topics: names })
  return new Map(topics.map(({ name, partitions }) => [name, partitions.length]))
}

/**
 * Creates the topics that are missing. @throws TopicError where one exists with another number of partitions:
 * rows of one key would be looked for in the wrong place.
 */
export async function ensureTopics(
  kafka: Kafka,
  specs: TopicSpec[],
  replicationFactor: number,
): Promise<void> {
  await withAdmin(kafka, async (admin) => {
    const existing = new Set(await admin.listTopics())
    const missing = specs.filter(({ topic }) => !existing.has(topic))
    if (missing.length > 0) {
      await admin.createTopics({
        waitForLeaders: false,
        topics: missing.map(({ topic, partitions, config }) => ({
          topic,
          numPartitions: partitions,
          replicationFactor,
          configEntries: Object.entries(config).map(([name, value]) => ({ name, value })),
        })),
      })
    }
    const counts = await countsOf(
      admin,
      specs.map(({ topic }) => topic),
    )
    for (const { topic, partitions } of specs) {
      const found = counts.get(topic)
      if (found !== partitions) {
        throw new TopicError(
          `Topic ${topic} has ${found} partitions, not ${partitions}: set PARTITIONS to what it was made with, ` +
            'or start anew under another TOPIC_PREFIX and APPLICATION_ID',
        )
      }
    }
  })
}
