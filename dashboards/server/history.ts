import type { ClickHouseClient } from '@clickhouse/client'
import { type ModelClickThrough, clickThrough } from '../queries/click-through.ts'
import { type MinuteOfPlays, playsByMinute } from '../queries/plays-by-minute.ts'
import { sharing } from './sharing.ts'

/** A span of time up to the end of the running minute, in ms since 1970; `to` exclusive. */
interface Span {
  from: number
  to: number
}

/** The last minutes as ClickHouse has them. */
export interface MinuteHistory extends Span {
  minutes: MinuteOfPlays[]
}

/** What became of recommendations in the last days. */
export interface ClickThroughHistory extends Span {
  /** Newest first. */
  versions: ModelClickThrough[]
}

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

/** Reads the last `minutes` minutes, the running one included; simultaneous readers share one query. */
export function minuteHistory(
  client: ClickHouseClient,
  now: () => number,
): (minutes: number) => Promise<MinuteHistory> {
  return sharing(async (minutes) => {
    const span = lately(now(), minutes * MINUTE)
    return { ...span, minutes: await playsByMinute.run(client, dates(span)) }
  })
}

/** Reads what became of recommendations in the last `days` times 24 hours; simultaneous readers share one query. */
export function clickThroughHistory(
  client: ClickHouseClient,
  now: () => number,
): (days: number) => Promise<ClickThroughHistory> {
  return sharing(async (days) => {
    const span = lately(now(), days * DAY)
    return { ...span, versions: await clickThrough.run(client, dates(span)) }
  })
}

function lately(now: number, length: number): Span {
  const to = Math.floor(now / MINUTE + 1) * MINUTE
  return { from: to - length, to }
}

const dates = ({ from, to }: Span) => ({ from: new Date(from), to: new Date(to) })
