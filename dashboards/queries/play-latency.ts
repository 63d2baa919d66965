import { query } from './query.ts'

/** How long plays took into ClickHouse, in ms; null where there were none. */
export interface PlayLatency {
  plays: number
  p50: number | null
  p95: number | null
  p99: number | null
}

/** The latency of plays that came to ClickHouse in [`from`, `to`) and were played since `playedFrom`: one row. */
export const playLatency = query<{ from: Date; to: Date; playedFrom: Date }, PlayLatency>('play-latency')
