import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  channelKeys,
  type ChannelNotice,
  type PublishedMessage,
  type ClientInfo,
} from '../../../schemas/channels.ts'
import { publishLua } from '../../../schemas/publishing.ts'
import type { RedisClient } from '../../../schemas/redis-servers.ts'
import { rulesOfPlace } from './namespaces.ts'
import type { LogSnapshot, Position, Publication } from './position.ts'

export interface ReadLimits {
  /** Publications a read brings at most. */
  maxPublications: number
  /** Bytes of their data at most, as UTF-8, unless it is a single one. */
  maxBytes: number
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

type Open = (meta: string, log: string, epoch: string, logSeconds: number) => Promise<(string | null)[]>

const openLua = publishLua + readFileSync(join(import.meta.dirname, 'open.lua'), 'utf8')

/** Channels to which clients publish are begun by who comes first. */
export function redisChannelLog(redis: RedisClient, keyPrefix: string, limits: ReadLimits): ChannelLog {
  redis.defineCommand('openChannel', { lua: openLua, numberOfKeys: 2 })
  const open = (redis as unknown as { openChannel: Open }).openChannel.bind(redis)
  async function begin(place: string): Promise<Position> {
    const { meta, log } = channelKeys(keyPrefix, place)
    const { seconds = 0 } = rulesOfPlace(place)?.history ?? {}
    return positionIn(await open(meta, log, randomUUID().slice(0, 8), seconds))
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

/** A message as it came. */
export interface HeardMessage extends PublishedMessage {
  /** Its data as JSON, if they could be cut out: whoever sends them on as JSON need not write them anew. */
  json?: string
}

/** Takes a Pub/Sub message apart, or returns undefined if no publisher of ours wrote it. */
export function publishedMessage(text: string): HeardMessage | ChannelNotice | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  const { epoch, offset, data, info, join, leave } = (value ?? {}) as Partial<
    PublishedMessage & Record<'join' | 'leave', { info: ClientInfo }>
  >
  if (isInfo(join?.info)) return { join }
  if (isInfo(leave?.info)) return { leave }
  if (typeof epoch !== 'string' || !Number.isSafeInteger(offset) || data === undefined) return undefined
  if (isInfo(info)) return { epoch, offset: offset!, data, info }
  const json = Object.keys(value as object).length === 3 ? jsonOfData(text) : undefined
  return { epoch, offset: offset!, data, ...(json !== undefined && { json }) }
}

/** Of a message that is JSON and has these three fields; undefined if it has them in another order, or is of several lines, which a frame could not hold. */
function jsonOfData(text: string): string | undefined {
  const [begin] = /^\{"epoch":"[^"\\]*","offset":\d+,"data":/.exec(text) ?? []
  return begin !== undefined && text.endsWith('}') && !text.includes('\n')
    ? text.slice(begin.length, -1)
    : undefined
}

function isInfo(value: unknown): value is ClientInfo {
  const { client, user } = (value ?? {}) as Partial<ClientInfo>
  return typeof client === 'string' && typeof user === 'string'
}
