import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import type { PublishedMessage, TopArtistsUpdate } from '../../../schemas/channels.ts'
import { channelKeys, channels } from '../../../schemas/channels.ts'
import { totalsKeys } from '../../../sinks/redis/keys.ts'
import { TotalsStore, type TotalsStoreOptions } from '../../../sinks/redis/totals-store.ts'
import { services } from '../../kit/services.ts'

const EMPTY = "for _, key in ipairs(redis.call('KEYS', ARGV[1])) do redis.call('DEL', key) end"

/** A corner of the shared Redis, or of one that is named: a key prefix of its own, emptied when the test is over. */
export async function redisRoom(named?: string) {
  const redisUrl = named ?? (await services()).redisUrl
  const keyPrefix = `test-${randomUUID()}:`
  const redis = new Redis(redisUrl)
  const keys = channelKeys(keyPrefix, channels.topArtists)
  const stores: TotalsStore[] = []

  const room = {
    redisUrl,
    redis,
    keyPrefix,
    keys,
    totals: totalsKeys(keyPrefix),

    async store(options: Partial<TotalsStoreOptions> = {}): Promise<TotalsStore> {
      const store = new TotalsStore({ redisUrl, keyPrefix, k: 1, ...options })
      stores.push(store)
      await store.connect()
      return store
    },

    /** The messages in the channel's log. */
    async log(): Promise<{ offset: number; data: TopArtistsUpdate }[]> {
      const entries = await redis.xrange(keys.log, '-', '+')
      return entries.map(([id, fields]) => ({
        offset: Number(id.split('-')[0]),
        data: JSON.parse(fields[1]!) as TopArtistsUpdate,
      }))
    },

    /** Collects what is published from now on. */
    async listen(): Promise<PublishedMessage[]> {
      const messages: PublishedMessage[] = []
      const subscriber = redis.duplicate()
      await subscriber.ssubscribe(keys.publish)
      subscriber.on('smessage', (_, text: string) => messages.push(JSON.parse(text) as PublishedMessage))
      closing.push(() => subscriber.disconnect())
      return messages
    },

    async keysHeld(): Promise<string[]> {
      return (await redis.keys(`${keyPrefix}*`)).sort()
    },

    /** In one step, as a server loses what it had: what is written meanwhile goes with all, or comes behind it whole. */
    async empty(): Promise<void> {
      await redis.eval(EMPTY, 0, `${keyPrefix}*`)
    },

    async close(): Promise<void> {
      await room.empty()
      for (const store of stores) store.close()
      for (const close of closing) close()
      redis.disconnect()
    },
  }
  const closing: (() => void)[] = []
  return room
}
