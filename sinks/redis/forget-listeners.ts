import { channelKeys, channelOf, ownChannels, presenceKey } from '../../schemas/channels.ts'
import { type CountLeased, countLeased } from '../../schemas/leases.ts'
import type { Scripted } from '../../schemas/redis-scripts.ts'
import { type RedisClient, primariesIn } from '../../schemas/redis-servers.ts'
import { type Revocation, revocationIn, revocationKeys } from '../../schemas/revocations.ts'
import { listsKeys } from './lists-store.ts'
import { ScriptConnection } from './redis-store.ts'

export interface ForgetListenersOptions {
  redisUrl: string
  keyPrefix: string
}

const KEYS_A_LOOK = 1_000

/**
 * Removes all that Redis has under the names of listeners: their own channels, who of them is there, and the positions by which the lists are
 * kept up, so that the sink makes them anew of the topic, and whose tokens are revoked. Safe to repeat. Answers how many keys that were.
 * @throws what keeps Redis away, or Error if it does not answer for 5 s
 */
export const forgetListeners = ({ redisUrl, keyPrefix }: ForgetListenersOptions): Promise<number> =>
  withRedis(redisUrl, async (redis) => {
    const any = '*'
    const literal = literally(keyPrefix)
    const patterns = [
      ...Object.values(ownChannels).map((own) => channelKeys(literal, channelOf(own, any)).meta),
      ...Object.values(ownChannels).map((own) => channelKeys(literal, channelOf(own, any)).log),
      presenceKey(literal, any),
    ]
    let removed = 0
    for (const match of patterns)
      // Each by itself: on a cluster they lie in slots of their own.
      for await (const key of keysLike(redis, match)) removed += await redis.unlink(key)
    await revokeOfEverybody(redis, keyPrefix)
    return removed + (await redis.del(listsKeys(keyPrefix).positions))
  })

/** What was revoked of listeners is revoked of everybody: whose it was nobody can tell by the name that is to be forgotten. */
async function revokeOfEverybody(redis: RedisClient, keyPrefix: string): Promise<void> {
  const { log } = revocationKeys(keyPrefix)
  for (const entry of await redis.xrange(log, '-', '+')) {
    const [id] = entry
    const { revocation, isReadable } = revocationIn(entry)
    // What nobody can read may name somebody, too.
    if ('tokenId' in revocation || (isReadable && revocation.listener === undefined)) continue
    const { issuedBefore } = revocation
    const ofAll: Revocation = { issuedBefore }
    await redis.multi().xadd(log, '*', 'revocation', JSON.stringify(ofAll)).xdel(log, id).exec()
  }
}

/**
 * Whether a gateway has said of any listener that they are looking, and not taken it back: it runs, or was killed a moment ago.
 * @throws as {@link forgetListeners}
 */
export const isAnybodyPresent = ({ redisUrl, keyPrefix }: ForgetListenersOptions): Promise<boolean> =>
  withRedis(redisUrl, async (redis) => {
    for await (const key of keysLike(redis, presenceKey(literally(keyPrefix), '*')))
      if ((await redis.countLeased(key)) > 0) return true
    return false
  })

async function withRedis<T>(url: string, work: (redis: Scripted<CountLeased>) => Promise<T>): Promise<T> {
  const connection = new ScriptConnection<CountLeased>(url, countLeased)
  try {
    await connection.connect()
    return await work(connection.redis)
  } finally {
    connection.close()
  }
}

async function* keysLike(redis: RedisClient, match: string): AsyncGenerator<string> {
  for (const primary of primariesIn(redis))
    for await (const keys of primary.scanStream({ match, count: KEYS_A_LOOK })) yield* keys as string[]
}

/** As a pattern that matches this text alone. */
const literally = (text: string) => text.replace(/[*?[\]\\]/g, '\\$&')
