import type { RedisClient } from '../../../schemas/redis-servers.ts'
import type { HistoryQuery } from '../protocol/commands.ts'
import { isSameStream, type Position } from '../protocol/position.ts'
import { logReader, type LogPart, type ReadLimits } from './log-reader.ts'

/**
 * Reads what a channel keeps, by where it lies: fewer messages than the limit if they would be too large. Undefined if that is not what was asked for:
 * the stream began anew since that position, or the message next to it is kept no more.
 * @throws if Redis does not answer
 */
export type ReadHistory = (place: string, query: HistoryQuery) => Promise<LogPart | undefined>

export function redisHistory(redis: RedisClient, keyPrefix: string, limits: ReadLimits): ReadHistory {
  const read = logReader(redis, keyPrefix, limits)
  return async (place, { limit, since, reverse }) => {
    // One at least: whether there is a gap is seen by the first.
    const most = limit < 0 ? undefined : Math.max(limit, 1)
    const page = await read(place, { since: since?.offset, reverse, most })
    if (since !== undefined && !isNext(since, page, reverse)) return undefined
    return limit === 0 ? { ...page, publications: [] } : page
  }
}

/** Whether what was read begins right at the position, in that direction. */
function isNext(since: Position, { epoch, offset: top, publications }: LogPart, reverse: boolean): boolean {
  if (!isSameStream(since, epoch)) return false
  const first = publications[0]?.offset
  const before = Math.min(since.offset - 1, top)
  if (reverse) return before < 1 || first === before
  return first === undefined ? since.offset === top : first === since.offset + 1
}
