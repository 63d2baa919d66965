import { randomUUID } from 'node:crypto'
import { mkdtemp, readdir, rm, stat, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { positionIn } from '../../../gateway/live/channels/channel-log.ts'
import type { Position } from '../../../gateway/live/channels/position.ts'
import { channelKeys, channelOf } from '../../../schemas/channels.ts'
import { pseudonyms } from '../../../schemas/pseudonym.ts'
import { type Stack, startStack } from '../../../stack/index.ts'
import { until } from '../../kit/until.ts'
import { cliKeys } from '../kit/cli.ts'
import { OWN, PUBLIC, artistChannels, listenerName } from './serials.ts'

/** A Redis of the storm's own, to be killed. */
export interface Place {
  stack: Stack
  redisUrl: string
  keyPrefix: string
  /** Answers or fails at once: it never waits for a Redis that is down. */
  redis: Redis
  /** Where the channel of the n-th client's listener lies. */
  own: readonly string[]
  listeners: readonly string[]
  /** Where a channel stands. */
  positionOf(place: string): Promise<Position>
  /** Where all stand. */
  positions(): Promise<Map<string, Position>>
  /** Bytes that Redis has written to its append-only file. */
  written(): Promise<number>
  /** Takes the end from that file, down to so many bytes: as a power cut does, to one that is synced once a second. */
  tear(bytes: number): Promise<void>
  /** Resolves when Redis answers. */
  answers(): Promise<void>
  close(): Promise<void>
}

export async function makePlace(clients: number): Promise<Place> {
  const dataDir = await mkdtemp(join(tmpdir(), 'continuo-storm-'))
  const stack = await startStack({ dataDir, only: ['redis'], ports: { redis: 0 }, progress: () => undefined })
  const redisUrl = stack.urls.redisUrl!
  const keyPrefix = `storm-${randomUUID()}:`
  const options = { enableOfflineQueue: false, autoResendUnfulfilledCommands: false, maxRetriesPerRequest: 0 }
  const redis = new Redis(redisUrl, { ...options, retryStrategy: () => 50 })
  // It comes back; who asks meanwhile is told by the answer.
  redis.on('error', () => undefined)
  const { listener } = pseudonyms([Buffer.from(cliKeys.PSEUDONYM_KEY, 'base64')])
  const listeners = Array.from({ length: clients }, (_, at) => listener(listenerName(at)))
  const own = listeners.map((each) => channelOf(OWN, each))
  const positionOf = async (place: string) =>
    positionIn(await redis.hmget(channelKeys(keyPrefix, place).meta, 'epoch', 'offset'))
  const answers = async () => {
    await until(() => redis.status === 'ready', { what: 'Redis to answer', within: 60_000 })
  }
  await answers()
  return {
    ...{ stack, redisUrl, keyPrefix, redis, own, listeners, positionOf, answers },
    async positions() {
      const places = [PUBLIC, ...artistChannels, ...own]
      return new Map(await Promise.all(places.map(async (each) => [each, await positionOf(each)] as const)))
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
