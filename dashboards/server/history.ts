import type { ClickHouseClient } from '@clickhouse/client'
import { type ClickThroughRow, type ModelClickThrough, clickThrough } from '../queries/click-through.ts'
import { type MinuteOfPlays, playsByMinute } from '../queries/plays-by-minute.ts'
import { canBeParted, publish } from '../../schemas/k-anonymity.ts'
import { sharing } from './sharing.ts'

/** A span of time up to the end of the running minute, or day, in ms since 1970; `to` exclusive. */
interface Span {
  from: number
  to: number
}

/** What has fewer than `k` listeners is left out; listeners are told in steps of it. */
interface Public extends Span {
  k: number
}

/** The last minutes as ClickHouse has them. */
export interface MinuteHistory extends Public {
  minutes: MinuteOfPlays[]
}

/** What became of recommendations in the last days. */
export interface ClickThroughHistory extends Public {
  /** Newest first. */
  versions: ModelClickThrough[]
}

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
/** There is no choice of spans, nor do they move by the minute: what one has beside another would be of a few. */
const CLICK_THROUGH_DAYS = 7

/** Reads the last `minutes` minutes, the running one included; simultaneous readers share one query. */
export function minuteHistory(
  client: ClickHouseClient,
  now: () => number,
  k: number,
): (minutes: number) => Promise<MinuteHistory> {
  return sharing(async (minutes) => {
    const span = lately(now(), minutes, MINUTE)
    const rows = publish('minute', await playsByMinute.run(client, dates(span)), k)
    return { ...span, k, minutes: rows }
  })
}

/** Reads what became of recommendations in the last seven days of UTC, the running one included; simultaneous readers share one query. */
export function clickThroughHistory(
  client: ClickHouseClient,
  now: () => number,
  k: number,
): () => Promise<ClickThroughHistory> {
  const read = sharing(async (days) => {
    const span = lately(now(), days, DAY)
    const rows = publish('modelVersion', await clickThrough.run(client, dates(span)), k)
    return { ...span, k, versions: rows.map((row) => told(row, k)) }
  })
  return () => read(CLICK_THROUGH_DAYS)
}

const told = ({ clickedBy, leftBy, clicks, clickThrough, ...row }: ClickThroughRow, k: number) => ({
  ...row,
  ...(canBeParted(clickedBy, leftBy, k) ? { clicks, clickThrough } : { clicks: null, clickThrough: null }),
})

function lately(now: number, many: number, unit: number): Span {
  const to = Math.floor(now / unit + 1) * unit
  return { from: to - many * unit, to }
}

const dates = ({ from, to }: Span) => ({ from: new Date(from), to: new Date(to) })
