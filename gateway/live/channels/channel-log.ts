import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { channelKeys, type ClientInfo } from '../../../schemas/channels.ts'
import { publishLua } from '../../../schemas/publishing.ts'
import { withScripts } from '../../../schemas/redis-scripts.ts'
import type { RedisClient } from '../../../schemas/redis-servers.ts'
import type { Position, Publication } from '../protocol/position.ts'
import { rulesOfPlace } from './namespaces.ts'

export interface ReadLimits {
  /** Publications a read brings at most. */
  maxPublications: number
  /** Bytes of their data at most, as UTF-8, unless it is a single one. */
  maxBytes: number
}

/** A channel at one moment: its top, and the publications after the asked offset, as far as they are kept and allowed. */
export interface LogSnapshot {
  epoch: string
  top: number
  /** Ascending by offset. */
  publications: Publication[]
}

/** Reads what publishers keep of a channel, by its place. All throw if Redis does not answer. */
export interface ChannelLog {
  /** Has a channel begin that was never published to, so that it has an epoch; answers as `top`. */
  begin(place: string): Promise<Position>
  /** The position after everything that was published so far. */
  top(place: string): Promise<Position>
  /**
   * The channel's top and what it keeps after `offset`, as one moment of Redis. What is beyond the limits is left out,
   * which `recover` sees as a gap.
   */
  readAfter(place: string, offset: number): Promise<LogSnapshot>
}

interface Calls {
  openChannel(meta: string, log: string, epoch: string, logSeconds: number): Promise<(string | null)[]>
}

const openLua = publishLua + readFileSync(join(import.meta.dirname, 'open.lua'), 'utf8')
const scripts = { openChannel: { lua: openLua, numberOfKeys: 2 } }

/** Channels to which clients publish are begun by who comes first. */
export function redisChannelLog(redis: RedisClient, keyPrefix: string, limits: ReadLimits): ChannelLog {
  const scripted = withScripts<Calls>(redis, scripts)
  async function begin(place: string): Promise<Position> {
    const { meta, log } = channelKeys(keyPrefix, place)
    const { seconds = 0 } = rulesOfPlace(place)?.history ?? {}
    return positionIn(await scripted.openChannel(meta, log, randomUUID().slice(0, 8), seconds))
  }
  return {
    begin,

    async top(place) {
      if (rulesOfPlace(place)?.subscribers.includes('publish')) return begin(place)
      return positionIn(await redis.hmget(channelKeys(keyPrefix, place).meta, 'epoch', 'offset'))
    },

    async readAfter(place, offset) {
      const { meta, log } = channelKeys(keyPrefix, place)
      const replies = await redis
        .multi()
        .hmget(meta, 'epoch', 'offset')
        .xrange(log, `${offset + 1}-0`, '+', 'COUNT', limits.maxPublications)
        .exec()
      const [fields, entries] = results(replies) as [(string | null)[], [string, string[]][]]
      const { epoch, offset: top } = positionIn(fields)
      return { epoch, top, publications: publicationsIn(entries, limits.maxBytes) }
    },
  }
}

/** What a channel's meta says, as HMGET answers it for `epoch` and `offset`. */
export function positionIn([epoch, offset]: (string | null)[]): Position {
  return { epoch: epoch ?? '', offset: Number(offset ?? 0) }
}

/** @throws what a command of a transaction was refused with */
export function results(replies: [Error | null, unknown][] | null): unknown[] {
  if (replies === null) throw new Error('Redis aborted the read of a channel')
  return replies.map(([error, result]) => {
    if (error) throw error
    return result
  })
}

/** Entries of a channel's log, as far as they have so many bytes; the first whatever its size, as a queue takes it: otherwise nobody would ever get beyond it. */
export function publicationsIn(entries: [string, string[]][], maxBytes: number): Publication[] {
  const publications: Publication[] = []
  let bytes = 0
  for (const [id, fields] of entries) {
    const data = fieldOf(fields, 'data') ?? 'null'
    const info = fieldOf(fields, 'info')
    bytes += Buffer.byteLength(data)
    if (bytes > maxBytes && publications.length > 0) break
    publications.push({
      offset: Number.parseInt(id, 10),
      data: JSON.parse(data) as unknown,
      ...(info !== undefined && { info: JSON.parse(info) as ClientInfo }),
    })
  }
  return publications
}

function fieldOf(fields: string[], name: string): string | undefined {
  for (let at = 0; at < fields.length; at += 2) if (fields[at] === name) return fields[at + 1]
  return undefined
}
