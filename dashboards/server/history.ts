import type { ClickHouseClient } from '@clickhouse/client'
import { type ModelClickThrough, clickThrough } from '../queries/click-through.ts'
import { type MinuteOfPlays, playsByMinute } from '../queries/plays-by-minute.ts'
import { publish } from '../../schemas/k-anonymity.ts'
import { sharing } from './sharing.ts'

/** A span of time up to the end of the running minute, in ms since 1970; `to` exclusive. */
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

/** Reads the last `minutes` minutes, the running one included; simultaneous readers share one query. */
export function minuteHistory(
  client: ClickHouseClient,
  now: () => number,
  k: number,
): (minutes: number) => Promise<MinuteHistory> {
  return sharing(async (minutes) => {
    const span = lately(now(), minutes * MINUTE)
    const { rows } = publish('minute', await playsByMinute.run(client, dates(span)), k)
    return { ...span, k, minutes: rows }
  })
}

/** Reads what became of recommendations in the last `days` times 24 hours; simultaneous readers share one query. */
export function clickThroughHistory(
  client: ClickHouseClient,
  now: () => number,
  k: number,
): (days: number) => Promise<ClickThroughHistory> {
  return sharing(async (days) => {
    const span = lately(now(), days * DAY)
    const { rows } = publish('modelVersion', await clickThrough.run(client, dates(span)), k)
    return { ...span, k, versions: rows }
  })
}

function lately(now: number, length: number): Span {
  const to = Math.floor(now / MINUTE + 1) * MINUTE
  return { from: to - length, to }
}

const dates = ({ from, to }: Span) => ({ from: new Date(from), to: new Date(to) })
