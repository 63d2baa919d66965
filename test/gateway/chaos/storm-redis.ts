import { randomUUID } from 'node:crypto'
import { mkdtemp, readdir, rm, stat, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { positionIn } from '../../../gateway/live/channels/log-reader.ts'
import type { Position } from '../../../gateway/live/protocol/position.ts'
import { channelKeys } from '../../../schemas/channels.ts'
import { startStack } from '../../../stack/index.ts'
import { until } from '../../kit/until.ts'

/** A Redis of the storm's own, to be killed; its append-only file is synced once a second. */
export interface StormRedis {
  url: string
  keyPrefix: string
  /** Where a channel stands, by its place; fails at once if Redis is away. */
  positionOf(place: string): Promise<Position>
  /** By SIGKILL. */
  kill(): Promise<void>
  /** Resolves when it answers again. */
  start(): Promise<void>
  /** Bytes of its append-only file. */
  written(): Promise<number>
  /** Takes the end from that file, down to so many bytes: as a power cut does. */
  tear(bytes: number): Promise<void>
  close(): Promise<void>
}

export async function stormRedis(): Promise<StormRedis> {
  const dataDir = await mkdtemp(join(tmpdir(), 'continuo-storm-'))
  const stack = await startStack({ dataDir, only: ['redis'], ports: { redis: 0 }, progress: () => undefined })
  const url = stack.urls.redisUrl!
  const keyPrefix = `storm-${randomUUID()}:`
  const redis = new Redis(url, {
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => 50,
  })
  // It comes back; who asks meanwhile is told by the answer.
  redis.on('error', () => undefined)
  const answers = async () => {
    await until(() => redis.status === 'ready', { what: 'Redis to answer', within: 60_000 })
  }
  await answers()
  return {
    url,
    keyPrefix,
    positionOf: async (place) =>
      positionIn(await redis.hmget(channelKeys(keyPrefix, place).meta, 'epoch', 'offset')),
    kill: () => stack.kill('redis'),
    async start() {
      await stack.start('redis')
      await answers()
    },
    written: async () => (await stat(await appendOnlyFile(dataDir))).size,
    tear: async (bytes) => truncate(await appendOnlyFile(dataDir), bytes),
    async close() {
      redis.disconnect()
      await stack.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

async function appendOnlyFile(dataDir: string): Promise<string> {
  const folder = join(dataDir, 'redis', 'appendonlydir')
  const files = (await readdir(folder)).filter((name) => name.endsWith('.incr.aof'))
  return join(folder, files.sort().at(-1)!)
}
