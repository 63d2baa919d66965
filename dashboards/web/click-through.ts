import type { clickThrough } from '../server/endpoints/click-through.ts'
import type { AnswerOf } from '../server/endpoints/endpoint.ts'
import { reread } from './reread.ts'

export type ClickThrough = AnswerOf<typeof clickThrough>

export interface ClickThroughHandlers {
  loaded(answer: ClickThrough): void
  failed(reason: string): void
}

const EVERY_MS = 30_000

/** Reads what became of recommendations in the last seven days, now and every half minute; after a failure sooner. */
export function followClickThrough(on: ClickThroughHandlers): void {
  reread<ClickThrough>('/api/click-through', {
    loaded(answer) {
      on.loaded(answer)
      return EVERY_MS
    },
    failed: (reason) => on.failed(reason),
  })
}
