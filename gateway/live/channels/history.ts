import { channelKeys } from '../../../schemas/channels.ts'
import type { RedisClient } from '../../../schemas/redis-servers.ts'
import type { HistoryQuery } from '../protocol/commands.ts'
import { isSameStream, type Position, type Publication } from '../protocol/position.ts'
import { positionIn, publicationsIn, results, type ReadLimits } from './channel-log.ts'

/** The channel's position, and what was asked for of its history: fewer messages than the limit if they would be too large. */
export interface HistoryPage extends Position {
  publications: Publication[]
}

/**
 * Reads what a channel keeps, by where it lies. Undefined if that is not what was asked for: the stream began anew since that position, or the
 * message next to it is kept no more.
 * @throws if Redis does not answer
 */
export type ReadHistory = (place: string, query: HistoryQuery) => Promise<HistoryPage | undefined>

export function redisHistory(redis: RedisClient, keyPrefix: string, limits: ReadLimits): ReadHistory {
  return async (place, { limit, since, reverse }) => {
    const { meta, log } = channelKeys(keyPrefix, place)
    const count = limit < 0 ? limits.maxPublications : Math.min(limit, limits.maxPublications)
    // One at least: whether there is a gap is seen by the first.
    const asked = Math.max(count, 1)
    const reading = redis.multi().hmget(meta, 'epoch', 'offset')
    if (reverse)
      reading.xrevrange(log, since ? `${Math.max(0, since.offset - 1)}-0` : '+', '-', 'COUNT', asked)
    else reading.xrange(log, since ? `(${since.offset}-0` : '-', '+', 'COUNT', asked)
    const [fields, entries] = results(await reading.exec()) as [(string | null)[], [string, string[]][]]
    const top = positionIn(fields)
    const publications = publicationsIn(entries, limits.maxBytes)
    if (since !== undefined && !isNext(since, top, entries[0]?.[0], reverse)) return undefined
    return { ...top, publications: count === 0 ? [] : publications }
  }
}

/** Whether what was read begins right at the position, in that direction. */
function isNext(since: Position, top: Position, firstId: string | undefined, reverse: boolean): boolean {
  if (!isSameStream(since, top.epoch)) return false
  const first = firstId === undefined ? undefined : Number.parseInt(firstId, 10)
  const before = Math.min(since.offset - 1, top.offset)
  if (reverse) return before < 1 || first === before
  return first === undefined ? since.offset === top.offset : first === since.offset + 1
}
