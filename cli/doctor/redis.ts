import { Redis } from 'ioredis'
import { redisUrlsIn } from '../../schemas/redis-urls.ts'
import { type Check, bad, check, ok, unknown, warn } from '../../sinks/finding.ts'
import { type ClockOffset, measureClock } from './clock.ts'
import type { Around } from './group.ts'

/** What Redis tells of itself. */
export interface SeenRedis {
  /** INFO, by field. */
  info: ReadonlyMap<string, string>
  /** CONFIG GET; undefined where this user may not ask, or nobody. */
  settings: ReadonlyMap<string, string> | undefined
  clock: ClockOffset
}

type RedisCheck = Check<SeenRedis>

const WITHIN_MS = 10_000

export async function lookAtRedis({ config, now }: Around): Promise<SeenRedis> {
  const redis = new Redis(redisUrlsIn(config.REDIS_URL)[0]!, {
    commandTimeout: WITHIN_MS,
    maxRetriesPerRequest: 1,
  })
  redis.on('error', () => undefined)
  try {
    const info = new Map(
      (await redis.info()).split('\r\n').flatMap((line) => {
        const [, name, value] = /^(\w+):(.*)$/.exec(line) ?? []
        return name === undefined || value === undefined ? [] : [[name, value] as const]
      }),
    )
    const settings = await redis.config('GET', '*').then(
      (list) => pairs(list as string[]),
      () => undefined,
    )
    const clock = await measureClock(now, async () => {
      const [seconds, microseconds] = await redis.time()
      return Number(seconds) * 1_000 + Number(microseconds) / 1_000
    })
    return { info, settings, clock }
  } finally {
    redis.disconnect()
  }
}

const pairs = (list: readonly string[]): Map<string, string> =>
  new Map(list.flatMap((name, at) => (at % 2 === 0 ? [[name, list[at + 1]!] as const] : [])))

const OLDEST = 7

const version: RedisCheck = check('version', ({ info }) => {
  const redis = info.get('redis_version') ?? '0'
  const valkey = info.get('valkey_version')
  const found = valkey === undefined ? `Redis ${redis}` : `Valkey ${valkey}, as Redis ${redis}`
  if (Number.parseInt(redis) >= OLDEST) return ok(found)
  return bad(found, `Redis or Valkey ${OLDEST} or newer`)
})

const persistence: RedisCheck = check('persistence', ({ info, settings }) => {
  if (info.get('aof_enabled') !== '1') {
    const saves = (settings?.get('save') ?? '') !== ''
    const lost = saves ? 'all since its last snapshot' : 'everything'
    return warn(
      `no append-only file: a restart loses ${lost}, and screens go back until Kafka has been read again`,
      'CONFIG SET appendonly yes, and appendonly yes in its configuration',
    )
  }
  if (info.get('aof_last_write_status') !== 'ok')
    return bad(
      'its append-only file cannot be written, so it refuses writes',
      'look at its log and at its disk',
    )
  const fsync = settings?.get('appendfsync')
  if (fsync === undefined)
    return unknown(
      'append-only file; CONFIG GET is refused, so how often it reaches the disk is not known',
      'see to it that appendfsync is everysec or always, or let the user of REDIS_URL CONFIG GET',
    )
  if (fsync === 'no')
    return warn(
      'append-only file, but appendfsync no: a crash of its machine loses half a minute',
      'CONFIG SET appendfsync everysec',
    )
  const lost = fsync === 'always' ? 'nothing' : 'a second, which the sinks read again from Kafka'
  return ok(`append-only file, appendfsync ${fsync}: a crash loses ${lost}`)
})

const eviction: RedisCheck = check('eviction', ({ info }) => {
  const policy = info.get('maxmemory_policy') ?? 'unknown'
  if (policy === 'noeviction') return ok(policy)
  const found = `maxmemory-policy ${policy}: when memory is full, totals or the positions beside them go without a word`
  return bad(found, 'CONFIG SET maxmemory-policy noeviction, and the same in its configuration')
})

const FULL = 0.8
const mebibytes = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MiB`

const memory: RedisCheck = check('memory', ({ info }) => {
  const [used, most] = ['used_memory', 'maxmemory'].map((field) => Number.parseInt(info.get(field) ?? ''))
  if (Number.isNaN(used! + most!))
    return unknown(
      'its INFO does not say how much it may take',
      'look where it runs: full, it refuses writes and screens stand still',
    )
  if (most === 0) return ok(`${mebibytes(used!)}, without a limit`)
  const found = `${mebibytes(used!)} of ${mebibytes(most!)}`
  if (used! < FULL * most!) return ok(found)
  return warn(`${found}: full, it refuses writes and screens stand still`, 'a higher maxmemory')
})

const replication: RedisCheck = check('role', ({ info }) => {
  if (info.get('cluster_enabled') === '1')
    return unknown(
      'a node of a cluster: of the others nothing has been seen',
      'set REDIS_URL to each of them, and look again',
    )
  if (info.get('role') === 'master')
    return ok(`takes writes, ${info.get('connected_slaves') ?? '0'} replicas`)
  const found = `a replica of ${info.get('master_host') ?? 'another'}, which takes no writes`
  return bad(found, 'set REDIS_URL to the one that it follows, or REPLICAOF NO ONE')
})

const notifications: RedisCheck = check('keyspace events', ({ settings }) => {
  const events = settings?.get('notify-keyspace-events')
  if (events === undefined)
    return unknown(
      'CONFIG GET is refused',
      'nothing, unless somebody has set notify-keyspace-events, which costs with each write',
    )
  if (events === '') return ok('none are sent')
  return warn(
    `notify-keyspace-events ${events}: each write is told to nobody of Continuo`,
    "CONFIG SET notify-keyspace-events '', unless something else listens",
  )
})

export const redisChecks: readonly RedisCheck[] = [
  version,
  replication,
  persistence,
  eviction,
  memory,
  notifications,
]
