import type { Redis } from 'ioredis'
import { channelKeys, type PublishedMessage } from '../../../schemas/channels.ts'
import type { LogSnapshot, Position, Publication } from './position.ts'

export interface ReadLimits {
  /** Publications a read brings at most. */
  maxPublications: number
  /** Bytes of their data at most, as UTF-8. */
  maxBytes: number
}

/** Reads what publishers keep of a channel. Both throw if Redis does not answer. */
export interface ChannelLog {
  /** The position after everything that was published so far. */
  top(channel: string): Promise<Position>
  /**
   * The channel's top and what it keeps after `offset`, as one moment of Redis. What is beyond the limits is left out,
   * which `recover` sees as a gap.
   */
  readAfter(channel: string, offset: number): Promise<LogSnapshot>
}

export function redisChannelLog(redis: Redis, keyPrefix: string, limits: ReadLimits): ChannelLog {
  return {
    async top(channel) {
      return position(await redis.hmget(channelKeys(keyPrefix, channel).meta, 'epoch', 'offset'))
    },

    async readAfter(channel, offset) {
      const { meta, log } = channelKeys(keyPrefix, channel)
      const replies = await redis
        .multi()
        .hmget(meta, 'epoch', 'offset')
        .xrange(log, `${offset + 1}-0`, '+', 'COUNT', limits.maxPublications)
        .exec()
      const [fields, entries] = results(replies) as [(string | null)[], [string, string[]][]]
      const { epoch, offset: top } = position(fields)
      return { epoch, top, publications: within(limits.maxBytes, entries) }
    },
  }
}

function position([epoch, offset]: (string | null)[]): Position {
  return { epoch: epoch ?? '', offset: Number(offset ?? 0) }
}

function results(replies: [Error | null, unknown][] | null): unknown[] {
  if (replies === null) throw new Error('Redis aborted the read of a channel')
  return replies.map(([error, result]) => {
    if (error) throw error
    return result
  })
}

function within(maxBytes: number, entries: [string, string[]][]): Publication[] {
  const publications: Publication[] = []
  let bytes = 0
  for (const [id, fields] of entries) {
    const data = fields[fields.indexOf('data') + 1] ?? 'null'
    bytes += Buffer.byteLength(data)
    if (bytes > maxBytes) break
    publications.push({ offset: Number.parseInt(id, 10), data: JSON.parse(data) as unknown })
  }
  return publications
}

/** Takes a Pub/Sub message apart, or returns undefined if no publisher of ours wrote it. */
export function publishedMessage(text: string): PublishedMessage | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  const { epoch, offset, data } = (value ?? {}) as Partial<PublishedMessage>
  if (typeof epoch !== 'string' || !Number.isSafeInteger(offset) || data === undefined) return undefined
  return { epoch, offset: offset!, data }
}
