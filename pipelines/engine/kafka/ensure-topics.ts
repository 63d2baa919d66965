import kafkajs, { type Admin, type Kafka, type KafkaJSProtocolError } from 'kafkajs'
import { withAdmin } from './admin.ts'
import { partitionEnds } from './offsets.ts'

export interface TopicSpec {
  /** As Kafka knows it, prefix included. */
  topic: string
  partitions: number
  config: Readonly<Record<string, string>>
}

/** A topic is not as it must be; the message says how to mend it. */
export class TopicError extends Error {
  override readonly name = 'TopicError'
  /** Whether it may do to ask again. */
  readonly retriable: boolean

  constructor(
    message: string,
    { retriable = false, ...options }: ErrorOptions & { retriable?: boolean } = {},
  ) {
    super(message, options)
    this.retriable = retriable
  }
}

/** How many partitions each of these topics has. @throws TopicError for a topic that does not exist. */
export async function partitionCounts(admin: Admin, names: string[]): Promise<Map<string, number>> {
  const existing = new Set(await admin.listTopics())
  const missing = names.filter((name) => !existing.has(name))
  if (missing.length > 0) {
    throw new TopicError(
      `Topics ${missing.join(', ')} do not exist: run \`continuo migrate\` (a new topic belongs into a file of ` +
        'schemas/migrations), or check TOPIC_PREFIX',
    )
  }
  return countsOf(admin, names)
}

/** How many partitions each of these topics has, which are there. */
export async function countsOf(admin: Admin, names: string[]): Promise<Map<string, number>> {
  const { topics } = await admin.fetchTopicMetadata({ topics: names })
  return new Map(topics.map(({ name, partitions }) => [name, partitions.length]))
}

/** Creates topics, none of which is there. @throws TopicError naming those that brokers refuse, and why */
export async function createTopics(
  admin: Admin,
  specs: readonly TopicSpec[],
  replicationFactor: number,
): Promise<void> {
  if (specs.length === 0) return
  try {
    await admin.createTopics({
      waitForLeaders: false,
      topics: specs.map(({ topic, partitions, config }) => ({
        topic,
        numPartitions: partitions,
        replicationFactor,
        configEntries: configEntries(config),
      })),
    })
  } catch (error) {
    throw explained(error, replicationFactor)
  }
}

/**
 * kafkajs's error of several topics names neither them nor what was wrong. That brokers are too few for the copies may pass: one that
 * has just started, or that was too busy for its heartbeat, does not count until it is heard of.
 */
function explained(error: unknown, replicationFactor: number): unknown {
  if (!(error instanceof kafkajs.KafkaJSAggregateError)) return error
  const refused = error.errors
    .filter((each) => each instanceof kafkajs.KafkaJSProtocolError)
    .filter(({ type }) => type !== 'TOPIC_ALREADY_EXISTS') as (KafkaJSProtocolError & { topic: string })[]
  const names = refused.map(({ topic }) => topic).join(', ')
  if (refused.every(({ type }) => type === 'INVALID_REPLICATION_FACTOR')) {
    return new TopicError(
      `Fewer than ${replicationFactor} of Kafka's brokers are in service, and of ${names} there are to be as many copies: ` +
        'set REPLICATION_FACTOR to what there is, or see why brokers are missing',
      { cause: error, retriable: true },
    )
  }
  const reasons = [...new Set(refused.map(({ message, type }) => `${message} (${type})`))].join('; ')
  return new TopicError(`Kafka does not make ${names}: ${reasons}. Its log may say more`, { cause: error })
}

/** Settings of a topic, as requests have them. */
export const configEntries = (config: TopicSpec['config']) =>
  Object.entries(config).map(([name, value]) => ({ name, value }))

/**
 * Creates the topics that are missing, and waits until each of their partitions is led. Where one is not yet, kafkajs sends all again that
 * goes out with it, and the others get the same records twice. @throws TopicError where one exists with another number of partitions:
 * rows of one key would be looked for in the wrong place.
 */
export async function ensureTopics(
  kafka: Kafka,
  specs: TopicSpec[],
  replicationFactor: number,
): Promise<void> {
  const created = new Set<string>()
  await withAdmin(kafka, async (admin) => {
    const existing = new Set(await admin.listTopics())
    const missing = specs.filter(({ topic }) => !existing.has(topic))
    for (const { topic } of missing) created.add(topic)
    await createTopics(admin, missing, replicationFactor)
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
  // Who answers where a partition ends is its leader.
  if (created.size > 0) await partitionEnds(kafka, created)
}
