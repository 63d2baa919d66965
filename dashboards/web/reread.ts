import { getAnswer } from './api.ts'

export interface RereadHandlers<Answer> {
  /** `askedAt`: when the store was asked, ms since 1970. Answers after how many ms to read again. */
  loaded(answer: Answer, askedAt: number): number
  failed(reason: string): void
  /** What to send along. Default: nothing. */
  headers?(): Promise<Record<string, string>>
}

const RETRY_MS = 5_000

/**
 * Reads JSON of this page's server now, and again and again; after a failure sooner. `refresh` reads at once: what a reading before it still brings is not
 * heard, nor is anything after `stop`.
 */
export function reread<Answer>(path: string, on: RereadHandlers<Answer>): { refresh(): void; stop(): void } {
  let timer: ReturnType<typeof setTimeout> | undefined
  let newest = 0

  const attempt = async (isHeard: () => boolean): Promise<number> => {
    try {
      const { answer, askedAt } = await getAnswer<Answer>(path, await on.headers?.())
      return isHeard() ? on.loaded(answer, askedAt) : 0
    } catch (error) {
      if (isHeard()) on.failed(error instanceof Error ? error.message : String(error))
      return RETRY_MS
    }
  }
  const read = async (): Promise<void> => {
    clearTimeout(timer)
    const its = ++newest
    const isHeard = (): boolean => its === newest
    const next = await attempt(isHeard)
    if (isHeard()) timer = setTimeout(() => void read(), next)
  }
  void read()
  return {
    refresh: () => void read(),
    stop() {
      newest++
      clearTimeout(timer)
    },
  }
}
