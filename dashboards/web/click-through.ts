import type { ModelClickThrough } from '../queries/click-through.ts'
import { reread } from './reread.ts'

export interface PublishedClickThrough {
  /** Newest first. */
  versions: ModelClickThrough[]
  /** Versions of fewer listeners are left out. */
  k: number
}

export interface ClickThroughHandlers {
  loaded(answer: PublishedClickThrough): void
  failed(reason: string): void
}

const EVERY_MS = 30_000

/** Reads what became of recommendations in the last seven days, now and every half minute; after a failure sooner. */
export function followClickThrough(on: ClickThroughHandlers): void {
  reread<PublishedClickThrough>('/api/click-through', {
    loaded(answer) {
      on.loaded(answer)
      return EVERY_MS
    },
    failed: (reason) => on.failed(reason),
  })
}
