import { setTimeout as delay } from 'node:timers/promises'
import type { Admin, Kafka } from 'kafkajs'
import type { TopologyDescription } from '../../pipelines/engine/index.ts'
import { deleteGroups, emptyTopics } from '../../pipelines/engine/kafka/reset-topology.ts'
import { FIRST_VERSION } from '../../pipelines/engine/versioned.ts'
import { replayTopic } from '../../schemas/dead-letter.ts'
import { connectClickhouse } from '../../sinks/clickhouse/client.ts'
import type { Feed } from '../../sinks/clickhouse/feeds.ts'
import { clickhouseGroup } from '../../sinks/clickhouse/sink.ts'
import { replayGroup } from '../../sinks/redis/replayed-letters.ts'
import { redisGroup } from '../../sinks/redis/totals-sink.ts'
import { namesOfVersions, removeTableOf } from '../../sinks/clickhouse/version-tables.ts'
import { Ledger } from '../backfill/ledger.ts'
import { type Config, clickhouseOf } from '../config.ts'
import { carriedOf } from '../sinks/carried.ts'
import { sinkStages } from '../sinks/stages.ts'
import { madeMessage } from '../versions/versions-in-kafka.ts'
import { type TopologyVersion, historyTopicOf, kafkaNameOf } from '../versions/versions.ts'

/** What there is of a version beside what a topology begins anew without. */
export interface Leftovers {
  which: TopologyVersion
  /** As Kafka knows them. */
  topics: string[]
  feeds: Feed[]
  /** By the feed's table, what it is called. */
  tables: Map<Feed, string>
  /** Groups of sinks that carry this version alone. */
  groups: string[]
}

const SINKS_GO_WITHIN_MS = 30_000
const LOOK_EVERY_MS = 200

/** What there is of a version that is not in service. */
export async function leftoversOf(
  which: TopologyVersion,
  { outputs, repartitioned }: TopologyDescription,
  admin: Admin,
  config: Config,
): Promise<Leftovers> {
  const existing = new Set(await admin.listTopics())
  const stages = ['', `${sinkStages.clickhouse}.`, `${sinkStages.redis}.`].map(
    (sink) => sink + kafkaNameOf(which),
  )
  const replays = stages.map((stage) => replayTopic(stage).name)
  const topics = [...outputs, ...repartitioned, ...replays, historyTopicOf(kafkaNameOf(which))]
    .map((name) => config.TOPIC_PREFIX + name)
    .filter((topic) => existing.has(topic))
  const { feeds } = carriedOf(which)
  const tables = new Map<Feed, string>()
  await withClickhouse(config, async (client) => {
    for (const feed of feeds) {
      const name = (await namesOfVersions(client, feed.table)).get(which.version)
      if (name !== undefined && name !== feed.table) tables.set(feed, name)
    }
  })
  const groups = which.version === FIRST_VERSION ? [] : groupsOf(config.APPLICATION_ID, kafkaNameOf(which))
  return { which, topics, feeds, tables, groups }
}

const groupsOf = (...version: [applicationId: string, name: string]): string[] => [
  clickhouseGroup(...version),
  redisGroup(...version),
  replayGroup(redisGroup(...version)),
]

export function linesOfLeftovers({ which: { version }, topics, tables }: Leftovers): string[] {
  const stays = version === FIRST_VERSION
  return [
    ...topics.map((topic) => (stays ? `all records of ${topic}; the topic stays` : `topic ${topic}`)),
    ...[...tables.values()].map((name) =>
      stays ? `all rows of table ${name}; the table stays` : `table ${name}`,
    ),
  ]
}

/** Removes them. Cut off, it is to be repeated: until all is gone the version is remembered as one that is being removed. */
export async function removeLeftovers(
  { which, topics, tables, groups }: Leftovers,
  { admin, kafka, config }: { admin: Admin; kafka: Kafka; config: Config },
): Promise<void> {
  const place = { kafka, config }
  const ledger = await Ledger.open({ ...place, topology: which.topology })
  try {
    const known = await ledger.recordOf(which)
    if (known !== undefined) await ledger.write([madeMessage(which, { ...known, removing: true })])
    await untilEmpty(admin, groups)
    await deleteGroups(admin, groups)
    if (which.version === FIRST_VERSION) await emptyTopics(admin, topics)
    else if (topics.length > 0) await admin.deleteTopics({ topics })
    await withClickhouse(config, async (client) => {
      for (const feed of tables.keys()) await removeTableOf(client, feed)
    })
    if (known !== undefined) await ledger.write([madeMessage(which, null)])
  } finally {
    await ledger.close()
  }
}

/** Sinks end with a version that is being removed by themselves. */
async function untilEmpty(admin: Admin, groups: string[]): Promise<void> {
  const deadline = performance.now() + SINKS_GO_WITHIN_MS
  while (groups.length > 0 && performance.now() < deadline) {
    const { groups: found } = await admin.describeGroups(groups)
    if (found.every(({ members }) => members.length === 0)) return
    await delay(LOOK_EVERY_MS)
  }
}

async function withClickhouse<T>(
  config: Config,
  work: (client: ReturnType<typeof connectClickhouse>) => Promise<T>,
): Promise<T> {
  const client = connectClickhouse(clickhouseOf(config))
  try {
    return await work(client)
  } finally {
    await client.close()
  }
}
