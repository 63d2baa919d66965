import { LRUCache } from 'lru-cache'
import { NO_ANSWER, type PushAnswer } from '../provider.ts'

/** So many pushes in a row without an answer, and a service is taken for one that gives none. */
const MANY = 20
const LEFT_ALONE_MS = 30_000
/** Push services that are known at a time. */
const MOST_ORIGINS = 1_000

/** Which push services do not answer: they are left alone for a time, so that those who wait for them do not hold up the others. */
export class SilentServices {
  readonly #unanswered = new LRUCache<string, { count: number; until: number }>({ max: MOST_ORIGINS })

  /** ms until a service is to be asked again; 0 where it may be asked now. Once that time is over, one who asks is let through. */
  leftAloneFor(origin: string, now: number): number {
    const known = this.#unanswered.get(origin)
    if (known === undefined || known.count < MANY) return 0
    if (known.until > now) return known.until - now
    known.until = now + LEFT_ALONE_MS
    return 0
  }

  take(origin: string, answer: PushAnswer, now: number): void {
    if (!(answer.kind === 'later' && answer.reason === NO_ANSWER)) {
      this.#unanswered.delete(origin)
      return
    }
    const count = (this.#unanswered.get(origin)?.count ?? 0) + 1
    this.#unanswered.set(origin, { count, until: now + LEFT_ALONE_MS })
  }
}
