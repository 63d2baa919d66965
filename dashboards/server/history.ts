import type { ClickHouseClient } from '@clickhouse/client'
import { LRUCache } from 'lru-cache'
import { type MinuteOfPlays, playsByMinute } from '../queries/plays-by-minute.ts'

/** The last minutes as ClickHouse has them; `from` and `to` in ms since 1970, `to` exclusive. */
export interface MinuteHistory {
  from: number
  to: number
  minutes: MinuteOfPlays[]
}

const MINUTE = 60_000

/** How long one answer serves all who ask: many screens must not mean many queries. */
const SHARED_FOR_MS = 1_000

/** Reads the last `minutes` minutes, the running one included; simultaneous readers share one query. */
export function minuteHistory(
  client: ClickHouseClient,
  now: () => number,
): (minutes: number) => Promise<MinuteHistory> {
  const cache = new LRUCache<number, MinuteHistory>({
    max: 100,
    ttl: SHARED_FOR_MS,
    fetchMethod: async (minutes) => {
      const to = Math.floor(now() / MINUTE + 1) * MINUTE
      const from = to - minutes * MINUTE
      return {
        from,
        to,
        minutes: await playsByMinute.run(client, { from: new Date(from), to: new Date(to) }),
      }
    },
  })
  return (minutes) => cache.forceFetch(minutes)
}
