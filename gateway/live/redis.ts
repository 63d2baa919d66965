import { Redis, type RedisOptions } from 'ioredis'
import type { Logger } from 'pino'
import {
  type ConnectionOptions,
  type RedisClient,
  accountIn,
  connectionTo,
  isCluster,
} from '../../schemas/redis-servers.ts'
import { messageOf } from './errors.ts'
import { Feed } from './feed.ts'

/** Milliseconds until a command is given up: longer, and a client would have asked again. */
const commandTimeout = 2_000

const options = {
  commandTimeout,
  connectTimeout: commandTimeout,
  maxRetriesPerRequest: 0,
  autoResubscribe: false,
  keepAlive: 10_000,
  retryStrategy: (attempt) => Math.min(50 * 2 ** Math.min(attempt, 5), 1_000) * (0.5 + Math.random() / 2),
} as const satisfies ConnectionOptions

const single: RedisOptions = { ...options, lazyConnect: true, enableOfflineQueue: false }

/** Between two looks whether the other end is still there, ms: a machine that is gone without a word would be missed by the system in a quarter of an hour. */
const LOOK_EVERY_MS = 2_000
/** Looks without an answer, after which a connection is made anew: whoever is only slow would be slower for it. */
const MOST_SILENT = 3
/** Where the name leads to a server that takes no writes for longer, it is not asked all the time where it leads. */
const READONLY_REST_MS = 10_000

/**
 * A connection to one server that comes back by itself for ever and, while it is away, refuses commands at once instead of keeping
 * them: who asks then gets a temporary error. Subscriptions are renewed by their owner, which then looks for what it
 * missed. It is not opened before `connect()`.
 */
export function redisConnection(url: string, log: Logger, lookEvery = LOOK_EVERY_MS): Redis {
  let followedAt = -Infinity
  /** After a failover this may be what was the primary: who is it now is where the name leads. */
  function reconnectOnError({ message }: Error): boolean {
    if (!message.startsWith('READONLY') || performance.now() - followedAt < READONLY_REST_MS) return false
    followedAt = performance.now()
    return true
  }
  return watched(reported(new Redis(url, { ...single, reconnectOnError }), log), log, lookEvery)
}

/** Has a connection made anew whose other end answers no more. */
function watched(redis: Redis, log: Logger, lookEvery: number): Redis {
  let silent = 0
  const answered = () => void (silent = 0)
  redis.on('ready', answered)
  const look = setInterval(() => {
    if (redis.status !== 'ready') return
    if (silent < MOST_SILENT) redis.ping().then(answered, () => undefined)
    else if (silent === MOST_SILENT) {
      log.warn('redis has not answered for several seconds, connecting to it anew')
      redis.disconnect(true)
    }
    silent++
  }, lookEvery).unref()
  redis.once('end', () => clearInterval(look))
  return redis
}

/** The same to one server of the cluster that `REDIS_URL` leads to, by its address. */
function nodeConnection(url: string, server: string, log: Logger): Redis {
  const [, host, port] = /^(.*):(\d+)$/.exec(server)!
  const redis = new Redis({ ...single, ...accountIn(url), host: host!, port: Number(port) })
  return watched(reported(redis, log), log, LOOK_EVERY_MS)
}

/** The same to all servers of that cluster. */
function clusterConnection(url: string, log: Logger): RedisClient {
  const cluster = connectionTo(url, true, options)
  cluster.on('+node', (node: Redis) => watched(node, log, LOOK_EVERY_MS))
  return reported(cluster, log)
}

/**
 * The same to whatever `REDIS_URL` leads to. While that does not answer, it is taken for a single server.
 * @param onMistaken called when it turns out to have been a cluster: nothing of it can be used
 */
async function redisClient(url: string, log: Logger, onMistaken: () => void): Promise<RedisClient> {
  try {
    if (await isCluster(url, commandTimeout)) return clusterConnection(url, log)
  } catch (error) {
    log.warn(
      { why: messageOf(error) },
      'redis does not answer, and is taken for one server: look at REDIS_URL',
    )
    const redis = redisConnection(url, log)
    redis.once('ready', () => {
      void isCluster(url, commandTimeout).then(
        (is) => {
          if (!is) return
          log.error('redis is a cluster, which could not be known while it did not answer: start again')
          onMistaken()
        },
        () => undefined,
      )
    })
    return redis
  }
  return redisConnection(url, log)
}

/** Logs once that it is away, and once that it is back. */
function reported<R extends RedisClient>(redis: R, log: Logger): R {
  let away = false
  redis.on('error', (error) => {
    if (!away) log.warn({ why: messageOf(error) }, 'redis does not answer, trying again: look at REDIS_URL')
    away = true
  })
  redis.on('ready', () => {
    if (away) log.info('redis answers again')
    away = false
  })
  return redis
}

/**
 * Two connections to each server of Redis, not yet open: one asks, and one hears what is published.
 * @param onMistaken as of {@link redisClient}
 */
export async function openRedis(url: string, log: Logger, onMistaken: () => void) {
  const commands = await redisClient(url, log, onMistaken)
  const connect = (server: string | undefined) =>
    server === undefined ? redisConnection(url, log) : nodeConnection(url, server, log)
  const feed = new Feed({ commands, connect, log })
  return {
    commands,
    feed,
    answers: () => commands.status === 'ready' && feed.isReady,
    /** Resolves when all have been tried once. They go on trying by themselves; what keeps them away is logged by their own handler. */
    async connect(): Promise<void> {
      feed.start()
      await commands.connect().catch(() => undefined)
      await feed.tried()
    },
    disconnect(): void {
      commands.disconnect()
      feed.stop()
    },
  }
}
