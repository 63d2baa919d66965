import type { Redis } from 'ioredis'
import { primariesIn } from '../../../schemas/redis-servers.ts'
import { redisHostsIn } from '../../../schemas/redis-urls.ts'
import type { Config } from '../../config.ts'
import { ServiceAwayError } from '../../reachable.ts'
import { connectedRedis } from '../../redis/connected.ts'
import type { Container, Looking } from '../search/looking.ts'
import type { Place } from './place.ts'

const KEYS_A_LOOK = 1_000
const ROWS_A_LOOK = 1_000
const BYTES_A_LOOK = 1024 * 1024

/** Every key of the database, on each primary of a cluster, whoever has written it, with what lies under it by its type; the slow log, and names of channels. */
export const redisPlace = (config: Config): Place => ({
  async look(looking, advance) {
    const redis = await connectedRedis(config.REDIS_URL).catch(notThere(config))
    try {
      const primaries = primariesIn(redis)
      const sizes = await Promise.all(primaries.map((primary) => primary.dbsize()))
      advance.begin(sizes.reduce((sum, size) => sum + size, 0))
      for (const primary of primaries) {
        for await (const keys of primary.scanBufferStream({ count: KEYS_A_LOOK })) {
          for (const key of keys as Buffer[]) await lookUnder(looking, primary, key)
          advance.by((keys as Buffer[]).length)
        }
        await lookBeside(looking, primary)
      }
    } finally {
      redis.disconnect()
    }
  },
})

const notThere =
  ({ REDIS_URL }: Config) =>
  (cause: unknown): never => {
    const what = `Redis at ${redisHostsIn(REDIS_URL)} (REDIS_URL) does not answer, or refuses: ${(cause as Error).message}`
    throw new ServiceAwayError(what, { cause })
  }

async function lookUnder(looking: Looking, redis: Redis, key: Buffer): Promise<void> {
  const type = await redis.type(key)
  const container: Container = { name: `type ${type}` }
  looking.open(container)
  looking.rows += 1
  looking.bytes += key.length
  looking.look(container, key, () => `key ${key.toString()}`)
  const read = readers[type]
  // A key may go while it is looked at.
  if (read !== undefined) await read({ looking, redis, key, container })
  else if (type !== 'none')
    looking.problems.push(looking.hide(`key ${key.toString()}: its type, ${type}, is not known here`))
}

interface Under {
  looking: Looking
  redis: Redis
  key: Buffer
  container: Container
}

const readers: Readonly<Record<string, (under: Under) => Promise<void>>> = {
  async string(under) {
    const { looking, redis, key, container } = under
    const length = await redis.strlen(key)
    if (length <= BYTES_A_LOOK) {
      const value = await redis.getBuffer(key)
      return lookAtAll(only([value ?? Buffer.alloc(0)]), under, () => 'value')
    }
    const parts = partsOf(redis, key, length)
    await looking.lookThrough(container, parts, (at) => `key ${key.toString()}, byte ${at}`)
  },
  hash: (under) =>
    lookAtAll(
      portionsOf((cursor) => under.redis.hscanBuffer(under.key, cursor, 'COUNT', ROWS_A_LOOK)),
      under,
      (rows, at) => (at % 2 === 0 ? 'name of a field' : `field ${rows[at - 1]!.toString()}`),
    ),
  set: (under) =>
    lookAtAll(
      portionsOf((cursor) => under.redis.sscanBuffer(under.key, cursor, 'COUNT', ROWS_A_LOOK)),
      under,
      () => 'member',
    ),
  zset: (under) =>
    lookAtAll(
      portionsOf((cursor) => under.redis.zscanBuffer(under.key, cursor, 'COUNT', ROWS_A_LOOK)),
      under,
      (_, at) => (at % 2 === 0 ? 'member' : 'score'),
    ),
  list: (under) => lookAtAll(itemsOf(under), under, () => 'item'),
  stream: (under) => lookAtAll(entriesOf(under), under, ([id]) => `entry ${id!.toString()}`),
}

async function lookAtAll(
  portions: AsyncIterable<Buffer[]>,
  { looking, container, key }: Pick<Under, 'looking' | 'container'> & { key?: Buffer },
  where: (rows: Buffer[], at: number) => string,
): Promise<void> {
  const prefix = key === undefined ? '' : `key ${key.toString()}, `
  for await (const rows of portions)
    for (const [at, bytes] of rows.entries()) {
      looking.bytes += bytes.length
      looking.look(container, bytes, () => prefix + where(rows, at))
    }
}

/** Of a text that is too long to be had at once. */
async function* partsOf(redis: Redis, key: Buffer, length: number): AsyncGenerator<Buffer> {
  for (let from = 0; from < length; from += BYTES_A_LOOK)
    yield redis.getrangeBuffer(key, from, from + BYTES_A_LOOK - 1)
}

async function* portionsOf(
  scan: (cursor: string) => Promise<[cursor: Buffer, found: Buffer[]]>,
): AsyncGenerator<Buffer[]> {
  let cursor = '0'
  do {
    const [next, found] = await scan(cursor)
    yield found
    cursor = next.toString()
  } while (cursor !== '0')
}

async function* itemsOf({ redis, key }: Under): AsyncGenerator<Buffer[]> {
  for (let from = 0; ; from += ROWS_A_LOOK) {
    const items = await redis.lrangeBuffer(key, from, from + ROWS_A_LOOK - 1)
    yield items
    if (items.length < ROWS_A_LOOK) return
  }
}

/** An entry at a time: its id, then names and values in turn; and what groups and consumers of the stream are called. */
async function* entriesOf({ redis, key }: Under): AsyncGenerator<Buffer[]> {
  for (let from = '-'; ;) {
    const entries = await redis.xrangeBuffer(key, from, '+', 'COUNT', ROWS_A_LOOK)
    for (const [id, fields] of entries) yield [id, ...fields]
    if (entries.length < ROWS_A_LOOK) break
    from = `(${entries.at(-1)![0].toString()}`
  }
  const about = await redis.callBuffer('XINFO', 'STREAM', key, 'FULL')
  yield [Buffer.from('groups'), ...buffersIn(about)]
}

async function lookBeside(looking: Looking, redis: Redis): Promise<void> {
  const beside: Record<string, [string, ...string[]]> = {
    'the slow log': ['SLOWLOG', 'GET', '-1'],
    'names of channels': ['PUBSUB', 'CHANNELS'],
    'names of sharded channels': ['PUBSUB', 'SHARDCHANNELS'],
    'names of clients': ['CLIENT', 'LIST'],
  }
  for (const [name, [command, ...args]] of Object.entries(beside))
    try {
      const told = await redis.callBuffer(command, ...args)
      const container = { name }
      looking.open(container)
      await lookAtAll(only(buffersIn(told)), { looking, container }, (_, at) => `part ${at}`)
    } catch (error) {
      looking.problems.push(looking.hide(`${name}: ${(error as Error).message}`))
    }
}

async function* only(buffers: Buffer[]): AsyncGenerator<Buffer[]> {
  yield buffers
}

/** All texts in an answer, however deep. */
const buffersIn = (answer: unknown): Buffer[] =>
  Buffer.isBuffer(answer) ? [answer] : Array.isArray(answer) ? answer.flatMap(buffersIn) : []
