import type { AnswerOf } from '../server/endpoints/endpoint.ts'
import type { playsByMinute } from '../server/endpoints/plays-by-minute.ts'
import { MINUTE_MS } from './model/minute-series.ts'
import { reread } from './reread.ts'

type History = AnswerOf<typeof playsByMinute>

export interface HistoryHandlers {
  loaded(history: History): void
  failed(reason: string): void
}

/** How long after the end of a minute its plays have usually landed; spread at random, so that screens do not ask all at once. */
const SETTLING_MS = { least: 2_000, spread: 6_000 }

/** Reads the last hour from ClickHouse now and after the end of every minute; after a failure sooner. `refresh` reads at once. */
export const followHistory = (on: HistoryHandlers): { refresh(): void } =>
  reread<History>('/api/plays-by-minute?minutes=60', {
    loaded(history) {
      on.loaded(history)
      return MINUTE_MS - (Date.now() % MINUTE_MS) + SETTLING_MS.least + Math.random() * SETTLING_MS.spread
    },
    failed: (reason) => on.failed(reason),
  })
