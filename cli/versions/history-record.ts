import type { HistoryEnd, PlaysRange } from '../../sinks/clickhouse/plays-history.ts'

/** How far a version that begins with all history has come with it; where that ends, the live topic is read on. */
export interface HistoryRecord extends HistoryEnd {
  /** Plays that there were when it was begun. */
  rows: number
  /** Of these, how many have been written to a topic of the version's own, from which it reads them. */
  written: number
  /** What has still to be written, in this order. */
  left: PlaysRange[]
  /** It has processed them all, and its group stands where the live topic goes on. */
  read: boolean
}
