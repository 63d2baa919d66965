import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ClickHouseClient } from '@clickhouse/client'
import { Redis } from 'ioredis'
import { withAdmin } from '../../../pipelines/engine/kafka/admin.ts'
import type { Topic } from '../../../schemas/topic.ts'
import { connectClickhouse } from '../../../sinks/clickhouse/client.ts'
import { type Stack, startStack } from '../../../stack/index.ts'
import { continuo, done } from '../../contracts/place.ts'
import { KafkaRoom } from '../../pipelines/kafka-room.ts'
import { clickhouseProxy } from '../clickhouse/clickhouse-proxy.ts'

export const PARTITIONS = 2
/** Processes that share the work of a sink. */
export const SHARES = 2

/** An installation whose Redis and ClickHouse are its own, to be killed; Kafka and the registry are those of the run, if there are any. */
export interface Place {
  stack: Stack
  dataDir: string
  room: KafkaRoom
  clickhouse: ClickHouseClient
  redis: Redis
  /** Between ClickHouse and each process of its sink. */
  proxies: Awaited<ReturnType<typeof clickhouseProxy>>[]
  /** What its processes are started with. */
  env: Record<string, string>
  close(): Promise<void>
}

export async function makePlace(): Promise<Place> {
  const dataDir = await mkdtemp(join(tmpdir(), 'continuo-chaos-'))
  const given = process.env['KAFKA_BROKERS'] !== undefined && process.env['SCHEMA_REGISTRY_URL'] !== undefined
  const stack = await startStack({
    dataDir,
    only: [...(given ? [] : (['kafka', 'schemaRegistry'] as const)), 'redis', 'clickhouse'],
    ports: { kafka: 0, schemaRegistry: 0, redis: 0, clickhouse: 0 },
    progress: () => undefined,
  })
  const {
    kafkaBrokers = process.env['KAFKA_BROKERS']!,
    schemaRegistryUrl = process.env['SCHEMA_REGISTRY_URL']!,
  } = stack.urls
  const [redisUrl, clickhouseUrl] = [stack.urls.redisUrl!, stack.urls.clickhouseUrl!]
  const name = `chaos-${randomUUID()}`
  const key = Buffer.alloc(32, 6).toString('base64')
  const env = {
    KAFKA_BROKERS: kafkaBrokers,
    SCHEMA_REGISTRY_URL: schemaRegistryUrl,
    REDIS_URL: redisUrl,
    CLICKHOUSE_URL: clickhouseUrl,
    CLICKHOUSE_DATABASE: 'chaos',
    TOPIC_PREFIX: `${name}.`,
    APPLICATION_ID: name,
    REDIS_PREFIX: `${name}:`,
    PARTITIONS: String(PARTITIONS),
    K_ANONYMITY: '1',
    LOG_LEVEL: 'warn',
    PSEUDONYM_KEY: key,
    DEAD_LETTER_KEY: key,
  }
  await done(continuo(env, 'migrate'))
  const room = await KafkaRoom.enter(
    { topicPrefix: env.TOPIC_PREFIX, applicationId: name },
    { kafkaBrokers, schemaRegistryUrl },
  )
  const clickhouse = connectClickhouse({ url: clickhouseUrl, database: env.CLICKHOUSE_DATABASE })
  const redis = new Redis(redisUrl, { retryStrategy: () => 50 })
  // It comes back; who asks meanwhile is told by the answer.
  redis.on('error', () => undefined)
  const proxies = await Promise.all(Array.from({ length: SHARES }, () => clickhouseProxy(clickhouseUrl)))
  return {
    stack,
    dataDir,
    room,
    clickhouse,
    redis,
    proxies,
    env,
    async close() {
      for (const proxy of proxies) proxy.close()
      redis.disconnect()
      await clickhouse.close()
      if (given) await room.remove()
      await stack.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** Where each partition of a topic ends now. */
export async function endsOf({ room }: Place, topic: Topic<unknown>): Promise<Map<number, number>> {
  const offsets = await withAdmin(room.kafka, (admin) => admin.fetchTopicOffsets(room.nameOf(topic)))
  return new Map(offsets.map(({ partition, high }) => [partition, Number(high)]))
}
