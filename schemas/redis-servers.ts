import { once } from 'node:events'
import { Cluster, Command, Redis, type RedisOptions } from 'ioredis'
import { redisUrlsIn } from './redis-urls.ts'

/** A connection to one server, or to a cluster, in which commands find theirs by the key. */
export type RedisClient = Redis | Cluster

/**
 * Whether `REDIS_URL` names nodes of a cluster: several are, and one is asked.
 * @throws what keeps Redis away, or Error if it does not answer within so many milliseconds
 */
export async function isCluster(redisUrl: string, withinMs: number): Promise<boolean> {
  if (redisUrlsIn(redisUrl).length > 1) return true
  const redis = new Redis(redisUrl, {
    lazyConnect: true,
    connectTimeout: withinMs,
    commandTimeout: withinMs,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  })
  let obstacle: Error | undefined
  redis.on('error', (error) => (obstacle = error))
  try {
    await redis.connect()
    return /^cluster_enabled:1/m.test(await redis.info('cluster'))
  } catch (error) {
    throw obstacle ?? error
  } finally {
    redis.disconnect()
  }
}

type NodeOptions = Omit<RedisOptions, 'enableOfflineQueue' | 'retryStrategy' | 'scripts' | 'lazyConnect'>

/** Of a single server, and of each node of a cluster. */
export interface ConnectionOptions extends NodeOptions {
  /** Milliseconds until the next attempt; null: there is none. */
  retryStrategy(attempt: number): number | null
}

/**
 * A connection to what `REDIS_URL` leads to, in a cluster with one to each of its primaries. It is not opened before `connect()`, and
 * refuses commands of servers that are away. A command that was cut off is never sent again by itself: it may have been heard.
 */
export function connectionTo(redisUrl: string, clustered: boolean, options: ConnectionOptions): RedisClient {
  return clustered
    ? connectionToCluster(redisUrl, options)
    : new Redis(redisUrl, { ...options, lazyConnect: true, enableOfflineQueue: false })
}

/**
 * Refuses commands while it is away. ioredis' own option for that refuses them as well while one node is being connected, which happens at the first
 * command for it.
 */
class PromptCluster extends Cluster {
  /** ioredis' own never settles where nodes are there and the cluster is not well. */
  override async connect(): Promise<void> {
    const connected = super.connect()
    connected.catch(() => undefined)
    const settled = new AbortController()
    const closed = once(this, 'close', { signal: settled.signal }).then(() => {
      throw new Error('no node of the cluster answers, or it is not well: CLUSTER INFO tells')
    })
    closed.catch(() => undefined)
    await Promise.race([connected, closed]).finally(() => settled.abort())
  }

  override sendCommand(...[command, ...how]: Parameters<Cluster['sendCommand']>): unknown {
    // What finds out whether the cluster is well is asked before it is ready.
    if (this.status === 'ready' || command.name === 'cluster') return super.sendCommand(command, ...how)
    command.reject(new Error('Redis is away'))
    return command.promise
  }
}

/** Between two looks which server has what, beside those that something gives cause for. */
const LOOK_AROUND_EVERY_MS = 5_000

function connectionToCluster(redisUrl: string, options: ConnectionOptions): Cluster {
  const { retryStrategy, ...ofNodes } = options
  const named = redisUrlsIn(redisUrl).map((url) => {
    const { hostname, port } = new URL(url)
    return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 6379) }
  })
  const known = [...named]
  const cluster = new PromptCluster(known, {
    lazyConnect: true,
    retryDelayOnFailover: 0,
    slotsRefreshInterval: LOOK_AROUND_EVERY_MS,
    clusterRetryStrategy: retryStrategy,
    // Certificates are for names.
    dnsLookup: (address, done) => done(null, address),
    redisOptions: { ...ofNodes, ...accountIn(redisUrl) },
  })
  cluster.on('refresh', () => {
    // Those that were named may be gone when all of them are looked for anew.
    const found = cluster.nodes().map(({ options: { host, port } }) => ({ host: host!, port: port! }))
    known.splice(named.length, Infinity, ...found)
    if (found.length === 0)
      cluster.emit(
        'error',
        new Error('no node of the cluster has slots and tells its address: set cluster-announce-ip'),
      )
  })
  return cluster
}

/** How all nodes are to be spoken to: as the first one that is named. */
export function accountIn(redisUrl: string): RedisOptions {
  const { protocol, username, password } = new URL(redisUrlsIn(redisUrl)[0]!)
  return {
    ...(username !== '' && { username: decodeURIComponent(username) }),
    ...(password !== '' && { password: decodeURIComponent(password) }),
    ...(protocol === 'rediss:' && { tls: {} }),
  }
}

/** The slot of a key, or of a channel of sharded Pub/Sub. */
export const slotOf = (key: string): number => new Command('get', [key]).getSlot()

/** The address of the primary that has a slot, as far as is known. */
export const primaryOf = (cluster: Cluster, slot: number): string | undefined => cluster.slots[slot]?.[0]

/** What may be asked of one server at once: by server, those whose keys it has. */
export function byServer<T>(redis: RedisClient, all: Iterable<T>, keyOf: (each: T) => string): T[][] {
  if (!(redis instanceof Cluster)) return [[...all]]
  // With its replicas, as ioredis compares them.
  return [...Map.groupBy(all, (each) => redis.slots[slotOf(keyOf(each))]?.join()).values()]
}

/** A connection to each server that takes writes. */
export const primariesIn = (redis: RedisClient): Redis[] =>
  redis instanceof Cluster ? redis.nodes('master') : [redis]

/** Calls back whenever a server answers again: it may be another one, or have lost its last second. */
export function onServerBack(redis: RedisClient, back: () => void): void {
  redis.on('ready', back)
  if (redis instanceof Cluster) redis.on('+node', (node: Redis) => node.on('ready', back))
}
