import type { ModelClickThrough } from '../queries/click-through.ts'
import { reread } from './reread.ts'

export interface ClickThroughHandlers {
  /** Newest version first. */
  loaded(versions: ModelClickThrough[]): void
  failed(reason: string): void
}

const EVERY_MS = 30_000

/** Reads what became of recommendations in the last seven days, now and every half minute; after a failure sooner. */
export function followClickThrough(on: ClickThroughHandlers): void {
  reread<{ versions: ModelClickThrough[] }>('/api/click-through?days=7', {
    loaded({ versions }) {
      on.loaded(versions)
      return EVERY_MS
    },
    failed: (reason) => on.failed(reason),
  })
}
