import { randomUUID } from 'node:crypto'
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { ClickHouseClient } from '@clickhouse/client'
import { Redis } from 'ioredis'
import { withAdmin } from '../../pipelines/engine/kafka/admin.ts'
import { committedOffsets } from '../../pipelines/engine/kafka/offsets.ts'
import { readToEnd } from '../../pipelines/engine/kafka/read-to-end.ts'
import { groupOf } from '../../pipelines/engine/kafka/run-topology.ts'
import { partitionKey } from '../../pipelines/engine/raw-record.ts'
import type { SealingKey } from '../../schemas/seal.ts'
import type { Topic } from '../../schemas/topic.ts'
import { connectClickhouse } from '../../sinks/clickhouse/client.ts'
import { services } from '../kit/services.ts'
import { KafkaRoom } from '../pipelines/kafka-room.ts'
import { PARTITIONS } from './rows.ts'

const program = join(import.meta.dirname, '../../cli/main.ts')

/** An installation of its own on the services of the run, made by `continuo migrate`. */
export interface Place {
  room: KafkaRoom
  clickhouse: ClickHouseClient
  redis: Redis
  pseudonymKey: Buffer
  deadLetterKey: SealingKey
  /** What its processes are started with. */
  env: Record<string, string>
  close(): Promise<void>
}

/** A verb that runs; `out` is what it has printed, once it has ended. */
export interface Verb {
  child: ChildProcess
  ended: Promise<{ code: number | null; out: string; err: string }>
}

export async function makePlace(): Promise<Place> {
  const name = `mixed-${randomUUID()}`
  const database = name.replaceAll('-', '_')
  const [pseudonymKey, bytes] = [Buffer.alloc(32, 5), Buffer.alloc(32, 6)]
  const env = {
    TOPIC_PREFIX: `${name}.`,
    APPLICATION_ID: name,
    CLICKHOUSE_DATABASE: database,
    REDIS_PREFIX: `${name}:`,
    PSEUDONYM_KEY: pseudonymKey.toString('base64'),
    DEAD_LETTER_KEY: bytes.toString('base64'),
    // Plays that are not there yet, as `anonymise` is being killed, are no plays that nobody sends.
    PARTITIONS: String(PARTITIONS),
    MAX_TASK_IDLE_MS: '600000',
    LOG_LEVEL: 'warn',
  }
  await done(continuo(env, 'migrate'))
  const { clickhouseUrl, redisUrl } = await services()
  const room = await KafkaRoom.enter({ topicPrefix: env.TOPIC_PREFIX, applicationId: name })
  const clickhouse = connectClickhouse({ url: clickhouseUrl, database })
  const redis = new Redis(redisUrl)
  return {
    room,
    clickhouse,
    redis,
    pseudonymKey,
    deadLetterKey: { id: 'k1', bytes },
    env,
    async close() {
      await room.remove()
      await clickhouse.command({ query: `DROP DATABASE ${database}` })
      await clickhouse.close()
      const keys = await redis.keys(`${env.REDIS_PREFIX}*`)
      if (keys.length > 0) await redis.del(keys)
      await redis.quit()
    },
  }
}

/** Starts `continuo …`. */
export function continuo(env: Record<string, string>, ...args: string[]): Verb {
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve))
  const ended = Promise.all([exit, text(child.stdout), text(child.stderr)]).then(([code, out, err]) => ({
    code,
    out,
    err,
  }))
  return { child, ended }
}

/** What a verb has printed. @throws Error where it has not ended well */
export async function done({ child, ended }: Verb): Promise<string> {
  const { code, out, err } = await ended
  if (code !== 0)
    throw new Error(`${child.spawnargs.slice(2).join(' ')} ended with ${String(code)}: ${err}${out}`)
  return out
}

/** Looks at where a topic ends now; answers whether a group has still to commit some of that. */
export async function behind(
  { room }: Place,
  group: string,
  topic: Topic<unknown>,
): Promise<() => Promise<boolean>> {
  const { kafka, address } = room
  const name = room.nameOf(topic)
  const last = new Map<string, bigint>()
  const partitions = await withAdmin(kafka, (admin) => admin.fetchTopicOffsets(name))
  await readToEnd(
    kafka,
    partitions.map(({ partition }) => ({ topic: name, partition })),
    (record) => last.set(partitionKey(record), record.offset),
  )
  return async () => {
    const committed = await committedOffsets(kafka, groupOf(address.applicationId, group), [name])
    return [...last].some(([partition, offset]) => (committed.get(partition)?.offset ?? -1n) <= offset)
  }
}

/** Where a topic's partitions end, together: grows as something is written to it. */
export async function heightOf({ room }: Place, topic: Topic<unknown>): Promise<number> {
  const offsets = await withAdmin(room.kafka, (admin) => admin.fetchTopicOffsets(room.nameOf(topic)))
  return offsets.reduce((sum, { high }) => sum + Number(high), 0)
}
